"""Processes that follow a mailbox are killed (SIGKILL) while mail comes in."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.mailbox_bench import MailboxBench, until

pytestmark = [pytest.mark.integration, pytest.mark.drill]

#: A worker's mailboxes alone, with leases that end soon.
_PROCESS = """
import sys, threading
from workers.channels.email.imap import hold, watch
hold.LEASE_SECONDS = watch.LEASE_SECONDS = 1.5
hold._RENEW_SECONDS = 0.3
watch._HELD_SECONDS = 0.2
from workers.channels.email.imap.watching import MailboxService
from workers.settings import WorkerSettings
MailboxService(WorkerSettings()).start()
threading.Event().wait()
"""


@contextmanager
def process(bench: MailboxBench) -> Iterator["subprocess.Popen[bytes]"]:
    environment = os.environ | {"ATENDE_CHANNELS_DIR": str(bench.folder)}
    child = subprocess.Popen([sys.executable, "-c", _PROCESS], env=environment)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def holder_of(
    bench: MailboxBench, workers: list["subprocess.Popen[bytes]"]
) -> "subprocess.Popen[bytes]":
    """The worker that has the mailbox; waits until one has."""

    def holders() -> list["subprocess.Popen[bytes]"]:
        name = bench.stores.mailboxes.health("email").holder
        return [each for each in workers if f"-{each.pid}-" in name]

    until(lambda: bool(holders()))
    return holders()[0]


def test_a_hundred_mails_survive_the_deaths_of_their_workers(bench: MailboxBench) -> None:
    with process(bench) as first, process(bench) as second, process(bench) as third:
        bench.opened()
        workers = [first, second, third]
        for number in range(100):
            if number in {30, 60}:  # while the mails before are being posted
                dead = holder_of(bench, workers)
                dead.kill()
                workers.remove(dead)
            bench.deliver(number)
        until(lambda: len(bench.posts()) >= 100, 60)
        time.sleep(1)
    assert bench.posts() == [str(number) for number in range(100)]

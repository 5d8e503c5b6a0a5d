"""The service follows every mailbox of the channels' folder, and stops within seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.mailbox_bench import MailboxBench, until
from tests.mute_proxy import MuteProxy
from workers.channels.email.imap.watching import MailboxService
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration


@contextmanager
def service(bench: MailboxBench, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ATENDE_CHANNELS_DIR", str(bench.folder))
    mailboxes = MailboxService(WorkerSettings())
    mailboxes.start()
    try:
        yield
    finally:
        started = time.monotonic()
        mailboxes.stop()
        assert time.monotonic() - started < 8


def test_a_dead_mailbox_holds_up_no_other(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MuteProxy(bench.office.ports.imap).running() as proxy:
        bench.write_other("dead", imap_port=proxy.port, folders=["Other"])
        bench.write_other("refused", password="wrong", folders=["Third"])
        proxy.mute_all = True
        with service(bench, monkeypatch):
            bench.opened()
            bench.deliver(1)
            bench.awaits(1)
            until(lambda: bool(bench.stores.mailboxes.health("refused").fault))
            assert proxy.accepted == 1  # it waits for the server's first word


def test_a_mailbox_that_is_added_later_is_followed(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bench.folder / "email.json"
    content = file.read_bytes()
    file.unlink()
    with service(bench, monkeypatch):
        time.sleep(1.5)
        file.touch(mode=0o600)
        file.write_bytes(content)
        bench.opened()
        file.unlink()
        until(lambda: not bench.stores.mailboxes.health("email").holder)
        file.touch(mode=0o600)
        file.write_bytes(content)
        until(lambda: bool(bench.stores.mailboxes.health("email").holder))
        bench.deliver(1)
        bench.awaits(1)


def test_a_stop_gives_the_mailbox_to_the_next_worker_at_once(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(bench, monkeypatch):
        bench.opened()
    assert bench.stores.mailboxes.health("email").holder == ""

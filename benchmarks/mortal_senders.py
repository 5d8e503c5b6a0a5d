"""Workers that send WhatsApp messages and are killed between any two lines of it.

    python -m benchmarks.mortal_senders --processes 6 --seed 1

It reads its settings from `ATENDE_*`, and ends at SIGTERM or with its parent. Each process is a
fork that delivers what is due and ends itself by SIGKILL at a random line of the code that sends.
Its place is taken at once by another. It writes a line for each that ended so.
"""

import argparse
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Final

import workers.channels.whatsapp
import workers.contracts
import workers.delivery
from benchmarks.reaper import Reaper
from workers.channels.whatsapp.graph import GraphClient, GraphTimes
from workers.channels.whatsapp.limits import Limits, Pace
from workers.channels.whatsapp.sender import Desk, WhatsAppSender
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.conversations import ConversationStore
from workers.contracts.outbox import Outbox
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import NoSender, Senders
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings

#: Folders whose lines a process may end at: all between the outbox and the socket that is ours.
PLACES: Final = tuple(
    path
    for package in (workers.channels.whatsapp, workers.contracts, workers.delivery)
    for path in package.__path__
)
#: Lines of that code after which a process has ended at the latest; a delivery has some 250.
LONGEST_LIFE: Final = 1500
#: Time limits of a call: shorter than the delivery's hold, as in production.
TIMES: Final = GraphTimes(connect=1.0, silence=0.15, whole=0.5)
_PAUSE_SECONDS: Final = 0.05


def work(settings: WorkerSettings, reaper: Reaper, parent: int) -> None:
    """Deliver what is due until the end."""
    redis = connect(settings)
    desk = Desk(
        ChannelBook.open(settings),
        ConversationStore(redis, settings),
        SendStore(redis, settings),
        Limits(redis, Pace(number_rate=10_000, number_burst=10_000)),
        GraphClient(TIMES),
        lambda outcome, *_: outcome.text,
    )
    sender = WhatsAppSender(desk, lambda: datetime.now(UTC))
    client = CallbackClient(allow_private=False, timeout=1.0, per_host=1)
    webhook = WebhookSender(client, "unused")
    senders = Senders(webhook=webhook, whatsapp=sender, email=NoSender())
    questions, outbox = QuestionStore(redis, settings), Outbox(redis, settings)

    def send(question_id: str) -> None:
        deliver(question_id, questions, outbox, senders, settings)

    dispatch(outbox, settings, lambda _: None, most=0)  # registers its scripts
    sys.settrace(reaper.trace)
    while os.getppid() == parent:
        if not dispatch(outbox, settings, send, most=3):
            time.sleep(_PAUSE_SECONDS)


def main() -> None:
    """Keep so many processes at work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logs.configure("CRITICAL")
    settings, chance = WorkerSettings(), random.Random(options.seed)  # noqa: S311 - no secret
    parent, me = os.getppid(), os.getpid()
    children: set[int] = set()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        while os.getppid() == parent:
            while len(children) < options.processes:
                reaper = Reaper(chance.randrange(1, LONGEST_LIFE), PLACES)
                child = os.fork()
                if child == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    work(settings, reaper, me)
                    os._exit(0)
                children.add(child)
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended:
                children.discard(ended)
                sys.stdout.write("killed\n")
                sys.stdout.flush()
            else:
                time.sleep(0.005)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()

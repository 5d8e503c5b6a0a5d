"""Messages on WhatsApp that were sent twice, of a thousand whose fate is unknown: the aim is none.

A strict Graph API takes most messages and never answers, or dies after it has read them, or lets a
gateway answer in its place; some it did not take. Its statuses come late and repeated, mixed, and
a third never comes. Meanwhile the processes that send are killed between any two lines of their
code. At the end each answer was sent once, or not at all and a person was called.

    python -m benchmarks.ambiguous_sends [--answers 1250] [--processes 6] [--seed 1]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from redis import Redis

from benchmarks.control_plane import server
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import say
from workers.channels.whatsapp.events import StatusEvent
from workers.channels.whatsapp.statuses import Statuses
from workers.channels.whatsapp.webhook import events_of
from workers.contracts import channel_files, keys, logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.question import Delivery, Outcome, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.faults import Fault, Way
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.limits import Limits

COMMAND: Final = "python -m benchmarks.ambiguous_sends"
NAME: Final = "recepcao"
ANSWER: Final = Outcome(status=Status.ANSWERED, text="O jejum é de 8 horas.")
#: What becomes of a call, and how often.
WAYS: Final[tuple[tuple[Fault | None, int], ...]] = (
    (Fault(Way.SILENCE, accepts=True), 40),
    (Fault(Way.CLOSE, accepts=True), 25),
    (Fault(Way.STATUS, http=504, accepts=True), 10),
    (Fault(Way.SILENCE, accepts=False), 10),
    (Fault(Way.CLOSE, accepts=False), 10),
    (Fault(Way.LATE, seconds=0.05), 5),
)
#: Share of messages whose statuses never come; the others come this many seconds late at most.
LOST, LATEST_SECONDS = 0.33, 2.0


@dataclass
class Result:
    """What the run showed.

    Attributes:
        ambiguous: messages that became ambiguous: a time-out, a broken connection, a kill.
        kills: processes that ended in the middle.
        messages: how many messages Meta took of each answer.
        lost: answers of which no message went out, and to which no person was called.
    """

    ambiguous: int = 0
    kills: int = 0
    seconds: float = 0.0
    messages: Counter[str] = field(default_factory=Counter)
    persons: int = 0
    lost: int = 0

    @property
    def twice(self) -> int:
        """Answers that a patient got more than once."""
        return sum(count > 1 for count in self.messages.values())


class Drill:
    """A clinic whose answers go out under all of this.

    Args:
        redis: an empty server.
        settings: leads to it, and to the channel's file.
        graph: the strict Graph API.
        chance: decides what fails.
    """

    def __init__(
        self, redis: Redis, settings: WorkerSettings, graph: StrictGraph, chance: random.Random
    ) -> None:
        self._redis, self._graph, self._chance = redis, graph, chance
        self._conversations = ConversationStore(redis, settings)
        self._questions = QuestionStore(redis, settings)
        self._sends = SendStore(redis, settings)
        self._statuses = Statuses(ChannelBook.open(settings), self._sends)
        self._due: list[tuple[float, StatusEvent]] = []
        self._read = 0
        self._lost: dict[str, bool] = {}
        self.ids: list[str] = []

    def answer(self, count: int) -> None:
        """So many patients ask, and their answers wait to be sent."""
        for number in range(count):
            self.ids.append(self._answer(number))
        faults = [fault for fault, weight in WAYS for _ in range(weight)]
        for _ in range(4 * count):  # more calls than there will be
            fault = self._chance.choice(faults)
            if fault is not None:
                self._graph.faults.order(fault)

    def _answer(self, number: int) -> str:
        phone = self._graph.patient(None, f"+5541{900_000_000 + number}")
        message = PatientMessage(id=phone.writes("Jejum?"), text="Jejum?", sent_at=time.time())
        user_id = phone.patient.user_id
        self._conversations.admit(
            ChannelKey("clinica", NAME), [f"user:{user_id}"], {"user_id": user_id}, None, message, 0
        )
        (burst,) = self._conversations.take_due(1)
        conversation = burst.conversation.id
        request = Request(
            tenant="clinica",
            question="Jejum?",
            asked_at=time.time(),
            conversation_id=conversation,
            reply_to=WhatsAppAddress(channel=NAME, conversation=conversation, message=message.id),
        )
        return self._conversations.ask(burst, request, ANSWER).id

    def take_statuses(self) -> None:
        """Take in what Meta has posted, late, in any order, some of it twice and some never."""
        posts = self._graph.courier.posts[self._read :]
        self._read += len(posts)
        now = time.monotonic()
        for post in posts:
            for event in events_of(post.body.decode()):
                if isinstance(event, StatusEvent) and not self._is_lost(event.origin.id):
                    for _ in range(self._chance.choice((1, 1, 2))):
                        self._due.append((now + self._chance.random() * LATEST_SECONDS, event))
        due = [event for at, event in self._due if at <= now]
        self._due = [(at, event) for at, event in self._due if at > now]
        self._chance.shuffle(due)
        for event in due:
            self._statuses.take(event)

    def _is_lost(self, message_id: str) -> bool:
        return self._lost.setdefault(message_id, self._chance.random() < LOST)

    def pending(self) -> int:
        """Deliveries that have not ended."""
        return int(self._redis.zcard(keys.OUTBOX))

    def result(self) -> Result:
        """What came of it."""
        counters = cast("dict[str, str]", self._redis.hgetall(keys.COUNTERS))
        result = Result(ambiguous=int(counters.get("sends:ambiguous", 0)))
        for _, chat in self._graph.exchange.chats(self._graph.number):
            marks = [bubble.opaque for bubble in chat.bubbles if bubble.by == "assistant"]
            result.messages.update(mark for mark in marks if mark)
        for question_id in self.ids:
            question = self._questions.get(question_id)
            conversation = self._conversations.get(
                (question and question.request.conversation_id) or ""
            )
            called = conversation is not None and conversation.handoff is not None
            result.persons += called
            delivered = question is not None and question.delivery is Delivery.DELIVERED
            result.lost += not called and not (delivered and result.messages[question_id])
        return result


@contextmanager
def senders(processes: int, seed: int) -> Iterator["subprocess.Popen[str]"]:
    """The processes that send and are killed."""
    command = [sys.executable, "-m", "benchmarks.mortal_senders"]
    command += ["--processes", str(processes), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            yield process
        finally:
            process.terminate()


def run(settings: WorkerSettings, graph: StrictGraph, options: argparse.Namespace) -> Result:
    """The whole drill, on an empty server.

    Args:
        settings: the environment of this process says the same, for the senders.
        graph: the strict Graph API, running.
        options: `answers`, `processes`, `seed`, `minutes` for which a status is waited for.
    """
    redis, chance = connect(settings), random.Random(options.seed)  # noqa: S311 - no secret
    graph.number.limits = Limits(1e6)
    channel = graph.channel(NAME) | {"ambiguous_minutes": options.minutes}
    channel_files.save(WhatsAppChannel.model_validate(channel), settings.channels_dir)
    drill = Drill(redis, settings, graph, chance)
    drill.answer(options.answers)
    started, told = time.monotonic(), 0.0
    with senders(options.processes, options.seed) as process:
        while drill.pending():
            drill.take_statuses()
            time.sleep(0.05)
            if time.monotonic() - told > 10:  # noqa: PLR2004 - seconds between two lines
                told = time.monotonic()
                say("sends", f"{drill.pending()} of {options.answers} answers are still pending")
        process.terminate()
        kills = (process.stdout.read() if process.stdout else "").count("killed")
    result = drill.result()
    result.kills, result.seconds = kills, time.monotonic() - started
    redis.close()
    return result


def main() -> None:
    """Print the table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1250)
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.1)
    options = parser.parse_args()
    logs.configure("CRITICAL")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        queue = stack.enter_context(server(folder))
        os.environ |= environment(queue.redis_url, folder / "channels")
        graph = stack.enter_context(StrictGraph().running())
        result = run(WorkerSettings(), graph, options)
    figures = [
        Figure("answers sent twice on WhatsApp", (result.twice,), "", 0, COMMAND, most=True),
        Figure(
            "answers that neither went out nor called a person", (result.lost,), "", 0, COMMAND,
            most=True,
        ),
        Figure("WhatsApp messages of unknown fate", (result.ambiguous,), "", 1000, COMMAND),
        Figure("senders killed between two lines", (result.kills,), "", None, COMMAND),
    ]  # fmt: skip
    show(figures)
    keep(figures)
    keep_details(
        "ambiguous_sends",
        {
            "answers": options.answers,
            "ambiguous": result.ambiguous,
            "kills": result.kills,
            "messages": result.messages.total(),
            "persons": result.persons,
            "seconds": round(result.seconds),
        },
    )


def environment(redis_url: str, channels: Path) -> dict[str, str]:
    """The settings of a drill, with short times."""
    return {
        "ATENDE_REDIS_URL": redis_url,
        "ATENDE_CHANNELS_DIR": str(channels),
        "ATENDE_CALLBACK_TIMEOUT_SECONDS": "0.5",
        "ATENDE_DELIVERY_LEASE_SECONDS": "1",
    }


if __name__ == "__main__":
    main()

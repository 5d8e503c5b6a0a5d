"""What an installation holds while a drill runs, and after it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from workers.contracts import keys
from workers.contracts.conversation import Conversation
from workers.contracts.conversations import ConversationStore
from workers.contracts.drains import live_drains
from workers.contracts.inbound import Inbound
from workers.contracts.question import Lane, Question, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: Longest wait for a delivery's next attempt that a drill waits for; the third comes after 300 s.
_SOON_SECONDS: Final = 60.0
#: An intake asks for posts more often than so.
_IDLE_MS: Final = 1000


@dataclass
class Faults:
    """What should not be: names, and what each is about."""

    faults: dict[str, list[str]] = field(default_factory=dict)

    def blame(self, name: str, about: str) -> None:
        """Note what should not be."""
        self.faults.setdefault(name, []).append(about)

    def count(self, *names: str) -> int:
        """How many of these faults there are."""
        return sum(len(self.faults.get(name, [])) for name in names)


class DrillState:
    """Reads what an installation holds.

    Args:
        redis: the server.
        settings: lead to it.
    """

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self.redis = redis
        self.questions = QuestionStore(redis, settings)
        self.conversations = ConversationStore(redis, settings)
        self.sends = SendStore(redis, settings)
        self.inbound = Inbound(redis, settings)

    def at_work(self, name: str, since: float) -> bool:
        """Whether a process that was started then (Unix seconds) does its work; the API: always."""
        if name == "worker":
            return any(drain.at > since for drain in live_drains(self.redis))
        if name == "callbacks":
            if not self.redis.exists(keys.INBOUND):
                return False
            consumers = self.redis.xinfo_consumers(keys.INBOUND, keys.INTAKE)
            return any(int(each["idle"]) < _IDLE_MS for each in consumers)
        return True

    def open_work(self) -> dict[str, int]:
        """What is still to be done, by kind; empty once everything has settled."""
        sizes = {
            "posts": self.inbound.waiting(),
            "bursts": int(self.redis.zcard(keys.BURSTS)),
            "deliveries": int(self.redis.zcard(keys.OUTBOX)),
            "questions": sum(int(self.redis.xlen(keys.lane(lane))) for lane in Lane),
        }
        return {name: size for name, size in sizes.items() if size}

    def hurry(self) -> int:
        """Make deliveries due that the schedule of retries puts off for long; how many."""
        soon = int((time.time() + _SOON_SECONDS) * 1000)
        late = cast("list[str]", self.redis.zrangebyscore(keys.OUTBOX, soon, "+inf"))
        if late:
            self.redis.zadd(keys.OUTBOX, dict.fromkeys(late, 0), xx=True)
        return len(late)

    def all_conversations(self) -> Iterator[tuple[str, Conversation]]:
        """All that there are, by id."""
        for name in self.redis.scan_iter(keys.conversation("*"), count=1000):
            conversation = self.conversations.get(str(name).rpartition(":")[2])
            if conversation is not None:
                yield conversation.id, conversation

    def all_questions(self) -> Iterator[tuple[str, Question]]:
        """Likewise."""
        for name in self.redis.scan_iter(keys.question("*"), count=1000):
            question = self.questions.get(str(name).rpartition(":")[2])
            if question is not None:
                yield question.id, question

    def counters(self) -> dict[str, str]:
        """What the scripts counted."""
        return cast("dict[str, str]", self.redis.hgetall(keys.COUNTERS))

    def check_ends(self, faults: Faults, questions: dict[str, Question]) -> None:
        """Each question has one outcome, and none was ended twice."""
        for question in questions.values():
            if not question.status.ended or question.outcome is None:
                faults.blame("question without an outcome", question.id)
            elif question.status is Status.FAILED and question.outcome.reason != "poison":
                faults.blame("question failed", f"{question.id} {question.outcome.reason}")
        counts = self.counters().items()
        ended = sum(int(size) for name, size in counts if name.startswith("ended:"))
        if ended != len(questions):
            faults.blame("ended twice or never", f"{ended} ends of {len(questions)} questions")

    def check_settled(self, faults: Faults) -> None:
        """Nothing is left to be done."""
        for name, size in self.open_work().items():
            faults.blame("not settled", f"{size} {name}")

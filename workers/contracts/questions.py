"""Questions in Redis, as the API and the tasks use them: accept, read, wait, cancel, expire."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import ResponseError

from workers.contracts import keys, scripts
from workers.contracts.errors import RecordError
from workers.contracts.question import Delivery, Lane, Mark, Outcome, Question, Request, Status
from workers.contracts.reply import WebhookAddress

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: Questions that one script call accepts at most: others wait for Redis that long, about 3 ms.
_MOST_PER_CALL = 250
#: A row of the script's reply: verdict, id or number of waiting questions, status.
_Row = tuple[str, str, str]
#: A waiter reads the record again after so long. The announcement of the end wakes it at once;
#: this bounds the wait where the announcement was lost.
_LOST_ANNOUNCEMENT_SECONDS = 2.0


class Verdict(StrEnum):
    """What became of a question that was handed in."""

    CREATED = "created"
    REPEATED = "repeated"  #: same idempotency key, same request: the first one's id
    CONFLICT = "conflict"  #: same idempotency key, another request
    FULL = "full"  #: the lane is at its limit


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to an enqueue: `id` for created, repeated and conflict; else `waiting`.

    `status` is that question's own now; None where its record is no longer kept.
    """

    verdict: Verdict
    id: str = ""
    waiting: int = 0
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the delivery of an answer stands, and what the patient thought of it."""

    delivery: Delivery
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to hand in, with the asker's idempotency key if there is one."""

    request: Request
    idempotency_key: str | None = None


def new_id() -> str:
    """A fresh question id: 128 random bits, not guessable and in no order."""
    return secrets.token_hex(16)


def digest(request: Request) -> str:
    """SHA-256 of what the asker sent; neither times nor the order of names count."""
    address = request.reply_to
    unsent: dict[str, Any] = {"asked_at": True, "expires_at": True}
    unsent["context"] = {"__all__": {"at"}} if request.context else True
    sent = request.model_dump(mode="json", exclude=unsent)
    if address is None or isinstance(address, WebhookAddress):
        # As the first versions wrote it: a retry finds its question over an update, too.
        del sent["reply_to"]
        sent["callback_url"] = address.url if address else None
    fields = json.dumps(sent, sort_keys=True)
    lifetime = "" if request.expires_at is None else f"{request.expires_at - request.asked_at:.3f}"
    return hashlib.sha256((fields + lifetime).encode()).hexdigest()


class QuestionStore:
    """Questions in Redis. Every change is one Lua script: all of it happens, or none."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._limit = settings.queue_limit
        self._retention = settings.retention_hours * 3600
        self._idempotency = settings.idempotency_hours * 3600
        self._enqueue = redis.register_script(scripts.source("enqueue"))
        self._close = redis.register_script(scripts.source("close"))
        self._mark = redis.register_script(scripts.source("mark"))

    def enqueue(self, request: Request, idempotency_key: str | None = None) -> Admission:
        """Accept one question, or say why not."""
        return self._accept([NewQuestion(request, idempotency_key)])[0]

    def enqueue_many(self, questions: Sequence[NewQuestion]) -> list[Admission]:
        """Accept several in few round trips, each all or none by itself."""
        starts = range(0, len(questions), _MOST_PER_CALL)
        calls = (questions[start : start + _MOST_PER_CALL] for start in starts)
        return [admission for call in calls for admission in self._accept(call)]

    def _accept(self, questions: Sequence[NewQuestion]) -> list[Admission]:
        args: list[str | int] = [self._limit, self._idempotency]
        for question in questions:
            args += _arguments(question)
        return [_admission(row) for row in cast("list[_Row]", self._enqueue(args=args))]

    def get(self, question_id: str) -> Question | None:
        """The record as it is now.

        Raises:
            RecordError: what is stored cannot be read.
        """
        try:
            raw = cast("dict[str, str]", self._redis.hgetall(keys.question(question_id)))
        except UnicodeDecodeError as error:
            raise RecordError(f"question {question_id}", {}) from error
        return Question.from_hash(question_id, raw) if raw else None

    def arrivals(self, question_ids: Sequence[str]) -> dict[str, Arrival]:
        """What became of these questions' answers; those not kept, or not readable, lack."""
        ids = list(dict.fromkeys(question_ids))
        pipe = self._redis.pipeline(transaction=False)
        for question_id in ids:
            pipe.hmget(keys.question(question_id), "status", "delivery", "mark")
        arrivals = {}
        for question_id, row in zip(ids, pipe.execute(raise_on_error=False), strict=True):
            if isinstance(row, ResponseError) or row[0] is None:
                continue
            with suppress(ValueError):  # another version's word
                delivery, mark = Delivery(row[1] or Delivery.NONE), Mark(row[2]) if row[2] else None
                arrivals[question_id] = Arrival(delivery, mark)
        return arrivals

    def wait(
        self, question_id: str, seconds: float, stopping: Callable[[], bool] = lambda: False
    ) -> Question | None:
        """The record once the question has ended, or as it is after `seconds`.

        Where `stopping` says so, it returns early: at most `_LOST_ANNOUNCEMENT_SECONDS` later.
        """
        question = self.get(question_id)
        if question is None or question.status.ended or seconds <= 0:
            return question
        until = time.monotonic() + seconds
        pubsub: Any = self._redis.pubsub  # redis-py leaves it untyped
        with pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(keys.ended(question_id))
            # Read it once more after subscribing: it may have ended in between.
            while (question := self.get(question_id)) and not question.status.ended:
                if stopping():
                    break
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._listen(channel, min(left, _LOST_ANNOUNCEMENT_SECONDS))
        return question

    @staticmethod
    def _listen(channel: Any, seconds: float) -> None:  # noqa: ANN401 - redis' PubSub is untyped
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if channel.get_message(timeout=left) is not None:
                return

    def cancel(self, question_id: str) -> Status | None:
        """Cancel a question that has not ended; returns its status now, None if unknown."""
        outcome = Outcome(status=Status.CANCELLED, text="", reason="cancelled")
        return self._end(question_id, outcome, (Status.QUEUED, Status.CLAIMED))

    def expire(self, question_id: str, text: str) -> Status | None:
        """End a question that waited past its deadline, with `text` for the asker."""
        outcome = Outcome(status=Status.EXPIRED, text=text, reason="expired")
        return self._end(question_id, outcome, (Status.QUEUED,))

    def _end(
        self, question_id: str, outcome: Outcome, allowed: tuple[Status, ...]
    ) -> Status | None:
        status = self._close(
            keys=[keys.question(question_id)],
            args=[
                keys.GROUP,
                question_id,
                outcome.status.value,
                outcome.model_dump_json(exclude_defaults=True),
                self._retention,
                ",".join(allowed),
            ],
        )
        return None if status is None else Status(status)

    def mark(self, question_id: str, mark: Mark | None) -> bool:
        """Note what the patient thought of an answer; None takes it back. False: unknown."""
        return bool(self._mark(keys=[keys.question(question_id)], args=[mark or ""]))

    def past_deadline(self, most: int) -> list[str]:
        """Ids of questions whose deadline has passed."""
        ids = self._redis.zrangebyscore(
            keys.DEADLINES, "-inf", int(time.time() * 1000), start=0, num=most
        )
        return cast("list[str]", ids)

    def waiting(self) -> dict[Lane, int]:
        """Questions in each lane that have not ended: waiting or claimed."""
        return {lane: self._redis.xlen(keys.lane(lane)) for lane in Lane}

    def oldest(self, lane: Lane) -> float | None:
        """Age in seconds of the lane's oldest question that has not ended."""
        first = cast("list[tuple[str, Any]]", self._redis.xrange(keys.lane(lane), count=1))
        if not first:
            return None
        return max(0.0, time.time() - int(first[0][0].split("-")[0]) / 1000)

    def counters(self) -> Iterator[tuple[str, int]]:
        """Counts that the scripts keep, by name."""
        counts = cast("dict[str, str]", self._redis.hgetall(keys.COUNTERS))
        for name, value in sorted(counts.items()):
            yield name, int(value)


def _arguments(question: NewQuestion) -> list[str]:
    request, key = question.request, question.idempotency_key
    return [
        new_id(),
        request.model_dump_json(exclude_defaults=True),
        request.lane.value,
        "1" if request.reply_to else "0",
        "" if request.expires_at is None else str(int(request.expires_at * 1000)),
        "" if key is None else keys.idempotency(request.tenant, key),
        "" if key is None else digest(request),
    ]


def _admission(reply: _Row) -> Admission:
    verdict, value, status = reply
    if verdict == Verdict.FULL:
        return Admission(Verdict.FULL, waiting=int(value))
    return Admission(Verdict(verdict), id=value, status=Status(status) if status else None)

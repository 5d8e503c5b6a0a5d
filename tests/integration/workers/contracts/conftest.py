"""The queue on a real server, its drains driven step by step."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis

from workers.contracts import keys
from workers.contracts.claims import Claim, ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.outbox import Outbox
from workers.contracts.question import Lane, Outcome, Question, Request, Status
from workers.contracts.questions import Admission, QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings


@dataclass
class Drain:
    """One worker's claims, called without asyncio."""

    runner: asyncio.Runner
    claims: ClaimStore
    cursor: LaneCursor = field(default_factory=LaneCursor)

    def claim(self, most: int = 100, most_bulk: int = 100) -> list[Claim]:
        return self.runner.run(self.claims.claim(most, most_bulk, self.cursor))

    def claim_one(self) -> Claim:
        (claim,) = self.claim(1)
        return claim

    def wait(self, milliseconds: int, lanes: Sequence[Lane] = tuple(Lane)) -> bool:
        return self.runner.run(self.claims.wait(self.cursor, lanes, milliseconds))

    def take_over(
        self, idle: float, most: int = 100, most_bulk: int = 100, suspects: int = 100
    ) -> list[Claim]:
        return self.runner.run(self.claims.take_over(most, most_bulk, idle, suspects=suspects))

    def renew(self, *claims: Claim) -> set[str]:
        return self.runner.run(self.claims.renew(claims))

    def settle(self, *claims: Claim, status: Status = Status.ANSWERED) -> list[bool | RedisError]:
        outcome = Outcome(status=status, text="Sim.")
        return self.runner.run(self.claims.settle([Settlement(c, outcome) for c in claims]))

    def release(self, *claims: Claim) -> None:
        self.runner.run(self.claims.release(claims))


@dataclass
class Bench:
    """Everything around one empty server."""

    redis: Redis
    settings: QueueSettings
    store: QuestionStore
    outbox: Outbox
    runner: asyncio.Runner
    connection: AsyncRedis
    asked: int = 0

    def drain(self, name: str = "w1") -> Drain:
        drain = Drain(self.runner, ClaimStore(self.connection, self.settings, name))
        self.runner.run(drain.claims.open())
        return drain

    def request(
        self,
        lane: Lane = Lane.INTERACTIVE,
        *,
        callback: bool = False,
        expires_in: float | None = None,
    ) -> Request:
        self.asked += 1
        now = time.time()
        return Request(
            tenant="clinica-a",
            question=f"Pergunta {self.asked}?",
            lane=lane,
            asked_at=now,
            reply_to=WebhookAddress(url="https://bot.example/cb") if callback else None,
            expires_at=None if expires_in is None else now + expires_in,
        )

    def ask(
        self,
        lane: Lane = Lane.INTERACTIVE,
        *,
        callback: bool = False,
        expires_in: float | None = None,
    ) -> str:
        return self.admit(self.request(lane, callback=callback, expires_in=expires_in)).id

    def admit(self, request: Request, key: str | None = None) -> Admission:
        return self.store.enqueue(request, key)

    def read(self, question_id: str) -> Question:
        question = self.store.get(question_id)
        assert question is not None
        return question

    def counter(self, name: str) -> int:
        return dict(self.store.counters()).get(name, 0)

    def expires(self, question_id: str) -> bool:
        return self.redis.ttl(keys.question(question_id)) > 0


@pytest.fixture
def bench(redis: Redis, queue_settings: QueueSettings) -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        connection = connect_async(queue_settings)
        yield Bench(
            redis,
            queue_settings,
            QuestionStore(redis, queue_settings),
            Outbox(redis, queue_settings),
            runner,
            connection,
        )
        runner.run(connection.aclose())

"""Outcomes on their way into a real Valkey: refused, fenced off, or with the connection lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.drain_bench import run, until
from workers.contracts import keys
from workers.contracts.claims import Claim, ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.question import Outcome, Request, Status
from workers.contracts.questions import QuestionStore
from workers.drain import settling
from workers.drain.settling import Settler
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

ANSWER = Outcome(status=Status.ANSWERED, text="Sim.")


class Bench:
    """One worker's claims and its running settler.

    Attributes:
        batches: ids of what was written together.
    """

    def __init__(self, store: QuestionStore, claims: ClaimStore) -> None:
        self.batches: list[list[str]] = []
        self.claims = claims
        self.settler = Settler(claims, self._written, Meters())
        self._store = store

    async def claim(self, count: int) -> list[Claim]:
        for n in range(count):
            self._store.enqueue(Request(tenant="c", question=f"{n}?", asked_at=time.time()))
        return await self.claims.claim(count, count, LaneCursor())

    def settle(self, claims: list[Claim]) -> list["asyncio.Task[bool]"]:
        """Settle all at once, so that they are one batch."""
        return [asyncio.create_task(self.settler.settle(claim, ANSWER)) for claim in claims]

    def status(self, claim: Claim) -> Status:
        question = self._store.get(claim.id)
        assert question is not None
        return question.status

    def _written(self, settlements: Sequence[Settlement]) -> None:
        self.batches.append([settlement.claim.id for settlement in settlements])


@asynccontextmanager
async def running(
    store: QuestionStore, settings: WorkerSettings, worker: str = "w1"
) -> AsyncIterator[Bench]:
    redis = connect_async(settings)
    bench = Bench(store, ClaimStore(redis, settings, worker))
    await bench.claims.open()
    task = asyncio.create_task(bench.settler.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await redis.aclose()


def damage(redis: Redis, claim: Claim) -> None:
    """Make the record one that no script can read: its write is refused (WRONGTYPE)."""
    redis.rename(keys.question(claim.id), "original")
    redis.set(keys.question(claim.id), "no hash")


def repair(redis: Redis, claim: Claim) -> None:
    redis.rename("original", keys.question(claim.id))


def test_a_refused_write_holds_up_no_other_and_is_written_alone_once_it_is_accepted(
    store: QuestionStore, settings: WorkerSettings, redis: Redis
) -> None:
    async def scene() -> None:
        async with running(store, settings) as bench:
            before, damaged, after, later = await bench.claim(4)
            damage(redis, damaged)
            first, refused, third = bench.settle([before, damaged, after])
            assert await asyncio.wait_for(first, 10)
            assert await asyncio.wait_for(third, 10)
            assert bench.batches[0] == [before.id, after.id]
            await asyncio.sleep(1)  # it is refused again and again
            assert not refused.done()
            (fourth,) = bench.settle([later])
            assert await asyncio.wait_for(fourth, 10)
            assert not refused.done()
            repair(redis, damaged)
            assert await asyncio.wait_for(refused, 10)
            written = [ids for ids in bench.batches if ids]
            assert written == [[before.id, after.id], [later.id], [damaged.id]]
            claims = [before, damaged, after, later]
            assert {bench.status(claim) for claim in claims} == {Status.ANSWERED}

    run(scene)


def test_what_is_refused_for_too_long_is_given_up_alone(
    store: QuestionStore,
    settings: WorkerSettings,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "_MOST_REFUSALS", 3)

    async def scene() -> None:
        async with running(store, settings) as bench:
            damaged, good = await bench.claim(2)
            damage(redis, damaged)
            replies = await asyncio.gather(*bench.settle([damaged, good]))
            assert replies == [False, True]
            repair(redis, damaged)
            assert bench.status(damaged) == Status.CLAIMED  # it expires and is taken over
            assert [ids for ids in bench.batches if ids] == [[good.id]]

    run(scene)


def test_nobody_s_refused_outcome_is_not_written_later(
    store: QuestionStore, settings: WorkerSettings, redis: Redis
) -> None:
    async def scene() -> None:
        async with running(store, settings) as bench:
            (damaged,) = await bench.claim(1)
            damage(redis, damaged)
            (refused,) = bench.settle([damaged])
            await until(lambda: bool(bench.batches))
            refused.cancel()  # the claim was lost, or given back
            repair(redis, damaged)
            await asyncio.sleep(1)
            assert not any(bench.batches)
            assert bench.status(damaged) == Status.CLAIMED

    run(scene)


def test_a_claim_that_was_taken_over_is_lost_and_its_neighbours_are_settled(
    store: QuestionStore, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        async with running(store, settings) as bench, running(store, settings, "w2") as other:
            claims = await bench.claim(3)
            await bench.claims.release([claims[1]])
            (claim,) = await other.claims.take_over(1, 1, 60, suspects=1)
            assert claim.id == claims[1].id
            replies = await asyncio.gather(*bench.settle(claims))
            assert replies == [True, False, True]
            assert bench.status(claim) == Status.CLAIMED
            assert await asyncio.gather(*other.settle([claim])) == [True]

    run(scene)


class Wire:
    """A TCP connection to the server that can be cut after a request and before its reply."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.cutting = False
        self.cut = asyncio.Event()
        self._port = urlsplit(settings.redis_url).port
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                if sink is back and self.cutting:
                    self.cutting = False
                    await self.close()
                    self.cut.set()
                    break
                sink.write(data)
            sink.close()

        await asyncio.gather(pump(near, forth), pump(far, back))


def test_outcomes_whose_reply_was_lost_are_sent_again_once_redis_is_back(
    store: QuestionStore, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        wire = Wire(settings)
        await wire.open()
        proxied = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{wire.port}/0"})
        async with running(store, proxied) as bench:
            *claims, later = await bench.claim(4)
            wire.cutting = True
            settled = bench.settle(claims)
            await asyncio.wait_for(wire.cut.wait(), 5)
            waiting = bench.settle([later])
            await asyncio.sleep(2)
            assert not any(task.done() for task in settled + waiting)
            await wire.open()
            # What was written before the cut is written once, and reads as lost.
            assert await asyncio.gather(*settled, *waiting) == [False, False, False, True]
            assert {bench.status(claim) for claim in [*claims, later]} == {Status.ANSWERED}
            assert dict(store.counters())["ended:interactive:answered"] == 4
        await wire.close()

    run(scene)

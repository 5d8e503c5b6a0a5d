"""Retrieval in threads: who waits for whom, how large a piece is."""

import asyncio
import time
from collections.abc import Sequence
from threading import Barrier, Event
from typing import cast

import psutil
import pytest

from ingestion.knowledge.errors import KnowledgeError
from tests.drain_bench import until
from workers.answering.prepare import Prepared, Preparer, RefusedQuestion
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Request, Status
from workers.drain.flights import Flight
from workers.drain.retrieving import Retrieval, retrieval_threads
from workers.drain.slots import SlotRules, Slots
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

SECONDS = 20


class SlowPreparer:
    """Holds bulk until `go` is set, and meets at the barrier where there is one."""

    def __init__(self, barrier: Barrier | None = None) -> None:
        self.go = Event()
        self.sizes: list[int] = []
        self._barrier = barrier

    def prepare(self, requests: Sequence[Request], _: Sequence[str]) -> list[Prepared]:
        """In a thread of the retrieval."""
        self.sizes.append(len(requests))
        if self._barrier:
            self._barrier.wait(SECONDS)
        elif requests[0].lane is Lane.BULK and not self.go.wait(SECONDS):
            raise TimeoutError
        return [RefusedQuestion(Status.FAILED, each.question, "pt") for each in requests]


class BrokenPreparer:
    """Nothing can be searched."""

    def prepare(self, requests: Sequence[Request], _: Sequence[str]) -> list[Prepared]:
        """In a thread of the retrieval."""
        raise KnowledgeError(f"no store for {len(requests)}")


def flights(lane: Lane, count: int, length: int = 60) -> list[Flight]:
    return [Flight.of(claim(lane, f"{number}".ljust(length, "x"))) for number in range(count)]


def claim(lane: Lane, text: str) -> Claim:
    request = Request(tenant="clinica", question=text, lane=lane, asked_at=time.time())
    return Claim(id=text, lane=lane, entry="0-0", attempt=1, claims=1, request=request)


def retrieval_of(preparer: object, threads: int) -> Retrieval:
    return Retrieval(cast("Preparer", preparer), Slots(SlotRules(8)), Meters(), threads)


async def names_of(retrieval: Retrieval, batch: Sequence[Flight]) -> list[str]:
    return sorted([flight.claim.id async for flight, _ in retrieval.batch(batch)])


def ids_of(batch: Sequence[Flight]) -> list[str]:
    return sorted(flight.claim.id for flight in batch)


async def until_pieces(preparer: SlowPreparer, count: int) -> None:
    await until(lambda: len(preparer.sizes) >= count, SECONDS)


@pytest.mark.parametrize(
    ("cores", "compute_bound", "setting", "threads"),
    [(2, True, None, 1), (64, True, None, 1), (2, False, None, 1), (16, False, None, 4),
     (64, False, None, 4), (6, False, None, 3), (1, False, None, 1), (64, True, 5, 5)],
)  # fmt: skip
def test_threads_follow_the_cores_that_the_engine_leaves(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    compute_bound: bool,  # noqa: FBT001 - a table
    setting: int | None,
    threads: int,
) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda _: list(range(cores)))
    settings = WorkerSettings(retrieval_threads=setting)
    assert retrieval_threads(settings, compute_bound=compute_bound) == threads


def test_bulk_is_retrieved_in_all_threads_but_one_which_live_questions_find_free() -> None:
    async def scene() -> None:
        preparer = SlowPreparer()
        retrieval = retrieval_of(preparer, 3)
        bulk, live = flights(Lane.BULK, 60), flights(Lane.INTERACTIVE, 2)
        backfill = asyncio.create_task(names_of(retrieval, bulk))
        await until_pieces(preparer, 2)
        async with asyncio.timeout(SECONDS):
            assert await names_of(retrieval, live) == ids_of(live)
        assert not backfill.done()
        assert len(preparer.sizes) == 3  # two of bulk, one live
        preparer.go.set()
        assert await backfill == ids_of(bulk)
        retrieval.close()

    asyncio.run(scene())


def test_two_bulk_batches_together_leave_that_thread_free_as_well() -> None:
    async def scene() -> None:
        preparer = SlowPreparer()
        retrieval = retrieval_of(preparer, 2)
        tasks = [asyncio.create_task(names_of(retrieval, flights(Lane.BULK, 20))) for _ in range(2)]
        await until_pieces(preparer, 1)
        async with asyncio.timeout(SECONDS):
            await names_of(retrieval, flights(Lane.INTERACTIVE, 1))
        preparer.go.set()
        assert [len(names) for names in await asyncio.gather(*tasks)] == [20, 20]
        retrieval.close()

    asyncio.run(scene())


def test_a_live_batch_is_divided_among_the_threads() -> None:
    async def scene() -> None:
        preparer = SlowPreparer(Barrier(2))  # one piece alone would wait for another in vain
        retrieval = retrieval_of(preparer, 2)
        live = flights(Lane.INTERACTIVE, 10)
        assert await names_of(retrieval, live) == ids_of(live)
        assert preparer.sizes == [5, 5]
        retrieval.close()

    asyncio.run(scene())


def test_few_live_questions_share_one_search() -> None:
    async def scene() -> None:
        preparer = SlowPreparer()
        retrieval = retrieval_of(preparer, 8)
        await names_of(retrieval, flights(Lane.INTERACTIVE, 4))
        assert preparer.sizes == [4]
        retrieval.close()

    asyncio.run(scene())


@pytest.mark.parametrize(("length", "size"), [(60, 8), (4000, 1)])
def test_a_piece_of_bulk_holds_as_many_questions_as_their_length_allows(
    length: int, size: int
) -> None:
    async def scene() -> None:
        preparer = SlowPreparer()
        retrieval = retrieval_of(preparer, 1)
        bulk = flights(Lane.BULK, 20, length)
        backfill = asyncio.create_task(names_of(retrieval, bulk))
        await until_pieces(preparer, 1)
        assert preparer.sizes == [size]
        preparer.go.set()
        assert await backfill == ids_of(bulk)
        retrieval.close()

    asyncio.run(scene())


@pytest.mark.parametrize("lane", list(Lane))
def test_a_knowledge_base_that_fails_fails_the_batch(lane: Lane) -> None:
    async def scene() -> None:
        retrieval = retrieval_of(BrokenPreparer(), 4)
        with pytest.raises(KnowledgeError):
            await names_of(retrieval, flights(lane, 20))
        retrieval.close()

    asyncio.run(scene())

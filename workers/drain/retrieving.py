"""Retrieval in threads beside the loop: live questions first, bulk in short pieces."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import psutil

from workers.answering.prepare import Prepared, Preparer
from workers.contracts.question import Lane, Request
from workers.drain.flights import Flight
from workers.drain.slots import Slots
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

#: Seconds that one piece of bulk may be in retrieval: an interactive question waits no longer.
_PIECE_SECONDS: Final = 0.1
#: Most questions of a piece, where retrieval is quick.
_PIECE_SIZE: Final = 64
#: Fewest interactive questions for which another thread is taken: they share two requests.
_SHARED: Final = 4
#: What each question costs whatever its length, in characters.
_FIXED_CHARACTERS: Final = 100
#: Seconds for a character, before anything was measured: eight short questions make a piece.
_FIRST_SECONDS: Final = _PIECE_SECONDS / 8 / (_FIXED_CHARACTERS + 60)
#: Most threads by default: the interpreter runs one of them at a time where they do not embed, so
#: four answer nearly as much as eight, and the loop goes on after 7 ms instead of 46 (p95).
_MOST_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Preparation:
    """A question as it was prepared.

    Attributes:
        seconds: that its retrieval took.
    """

    item: Prepared
    seconds: float


def retrieval_threads(settings: WorkerSettings, *, compute_bound: bool) -> int:
    """How many questions or pieces are retrieved at the same time.

    An engine on the processor leaves no core: one thread. Beside one on a GPU half of the cores.
    """
    if settings.retrieval_threads is not None:
        return settings.retrieval_threads
    cores = len(psutil.Process().cpu_affinity() or ()) or psutil.cpu_count() or 1
    return 1 if compute_bound else min(_MOST_THREADS, max(1, cores // 2))


class Retrieval:
    """Prepares claimed questions in threads. Lives in one asyncio loop.

    Bulk leaves one thread free, where there are several: an interactive question waits for no
    piece of it. The only thread is held by one short piece of bulk at a time.

    Args:
        preparer: blocking; called from several threads.
        slots: say when bulk may be retrieved.
        meters: count the questions, and the time of each piece.
        threads: at least 1.
    """

    def __init__(self, preparer: Preparer, slots: Slots, meters: Meters, threads: int) -> None:
        self._preparer = preparer
        self._slots = slots
        self._meters = meters
        self._threads = threads
        self._bulk_threads = max(1, threads - 1)
        self._bulk = asyncio.Semaphore(self._bulk_threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="retrieval")
        self._seconds = _FIRST_SECONDS  # for a character

    async def batch(self, flights: Sequence[Flight]) -> AsyncIterator[tuple[Flight, Preparation]]:
        """Prepare a batch of one lane, in pieces side by side.

        Yields:
            Each question once, as soon as its piece is done.

        Raises:
            KnowledgeError: nothing can be retrieved; the other pieces are given up.
        """
        rest = list(flights)
        if not rest:
            return
        live = rest[0].claim.lane is Lane.INTERACTIVE
        size = max(_SHARED, math.ceil(len(rest) / self._threads))
        width = math.ceil(len(rest) / size) if live else self._bulk_threads
        pieces: set[asyncio.Task[list[tuple[Flight, Preparation]]]] = set()
        try:
            while rest or pieces:
                while rest and len(pieces) < width:
                    if live:
                        work, rest = self.prepare(rest[:size]), rest[size:]
                    else:
                        work = self._bulk_piece(rest)
                    pieces.add(asyncio.create_task(work))
                done, pieces = await asyncio.wait(pieces, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    for prepared in task.result():
                        yield prepared
        finally:
            for task in pieces:
                task.cancel()

    async def prepare(self, flights: Sequence[Flight]) -> list[tuple[Flight, Preparation]]:
        """Prepare some questions together, in one thread.

        Raises:
            KnowledgeError: nothing can be retrieved.
        """
        start = time.perf_counter()
        items, own_seconds = await asyncio.get_running_loop().run_in_executor(
            self._pool,
            self._prepare,
            [flight.claim.request for flight in flights],
            [flight.rewritten for flight in flights],
        )
        seconds = time.perf_counter() - start
        self._meters.retrieved(len(flights), seconds)
        self._seconds += 0.3 * (own_seconds / sum(map(_characters, flights)) - self._seconds)
        return [
            (flight, Preparation(item, seconds))
            for flight, item in zip(flights, items, strict=True)
        ]

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True)

    def _prepare(
        self, requests: Sequence[Request], rewritten: Sequence[str]
    ) -> tuple[list[Prepared], float]:
        """In a thread: the questions, and the seconds without the wait for the thread."""
        start = time.perf_counter()
        return self._preparer.prepare(requests, rewritten), time.perf_counter() - start

    async def _bulk_piece(self, rest: list[Flight]) -> list[tuple[Flight, Preparation]]:
        """Take a piece of a bulk batch out of it; nothing where a live user came meanwhile."""
        turns = [flight.turn for flight in rest]
        await self._slots.calm(turns)  # before a thread is taken: it holds no other batch up
        async with self._bulk:
            if not rest or not self._slots.may_retrieve(turns):
                return []  # another piece took the last, or a live user came meanwhile
            piece = self._piece(rest)
            for flight in piece:
                rest.remove(flight)
            return await self.prepare(piece)

    def _piece(self, flights: Sequence[Flight]) -> list[Flight]:
        """What to retrieve next: first the questions for which an interactive one waits."""
        piece: list[Flight] = []
        seconds = 0.0
        for flight in sorted(flights, key=lambda flight: flight.turn.lane == Lane.BULK):
            seconds += _characters(flight) * self._seconds
            if piece and (seconds > _PIECE_SECONDS or len(piece) == _PIECE_SIZE):
                break
            piece.append(flight)
        return piece


def _characters(flight: Flight) -> int:
    """What a question costs: embedding takes time by its length."""
    return _FIXED_CHARACTERS + len(flight.claim.request.question)

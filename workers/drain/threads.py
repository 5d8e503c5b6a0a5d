"""Threads beside the loop, in which live questions' work goes before bulk's."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar, TypeVarTuple

from workers.contracts.question import Lane

_Inputs = TypeVarTuple("_Inputs")
_Output = TypeVar("_Output")
#: Seconds for which a thread goes on before the loop hears of what it did. Where each piece of work
#: went back and forth by itself, a drain whose engine answers at once ended a fifth as many.
_SHIFT_SECONDS: Final = 0.01


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    result: asyncio.Future[Any]
    output: Any = None
    error: Exception | None = None

    def do(self) -> None:
        """In a thread."""
        try:
            self.output = self.work()
        except Exception as error:  # noqa: BLE001 - it is raised where the result is waited for
            self.error = error

    def tell(self) -> None:
        """In the loop."""
        if self.result.done():
            return  # nobody waits for it any more
        if self.error is None:
            self.result.set_result(self.output)
        else:
            self.result.set_exception(self.error)


class LaneThreads:
    """So many threads. What waits for one stands in its lane. Lives in one asyncio loop."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._idle = threads
        self._waiting: dict[Lane, deque[_Job]] = {lane: deque() for lane in Lane}

    async def run(
        self, lane: Lane, work: Callable[[*_Inputs], _Output], *inputs: *_Inputs
    ) -> _Output:
        """Do some work in a thread, once one is free.

        Raises:
            Exception: what the work raises.
        """
        job = _Job(partial(work, *inputs), asyncio.get_running_loop().create_future())
        self._waiting[lane].append(job)
        if self._idle:
            self._idle -= 1
            self._begin()
        output: _Output = await job.result
        return output

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._pool, self._shift).add_done_callback(self._end)

    def _end(self, shift: asyncio.Future[list[_Job]]) -> None:
        """Tell what was done; where more has come meanwhile, go on."""
        for job in shift.result():
            job.tell()
        if any(self._waiting.values()):
            self._begin()
        else:
            self._idle += 1

    def _shift(self) -> list[_Job]:
        """In a thread: one job after the other, live before bulk, for a short while."""
        end = time.perf_counter() + _SHIFT_SECONDS
        done: list[_Job] = []
        while job := self._next():
            if job.result.cancelled():
                continue
            job.do()
            done.append(job)
            if time.perf_counter() > end:
                break
        return done

    def _next(self) -> _Job | None:
        for lane in (Lane.INTERACTIVE, Lane.BULK):
            try:
                return self._waiting[lane].popleft()
            except IndexError:
                continue
        return None

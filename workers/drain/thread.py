"""A thread beside the loop, in which live questions' work goes before bulk's."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Final, TypeVar, TypeVarTuple

from workers.contracts.question import Lane
from workers.drain.slots import Turn

_Inputs = TypeVarTuple("_Inputs")
_Output = TypeVar("_Output")
#: Seconds for which a thread goes on before the loop hears of what it did. Where each piece of work
#: went back and forth by itself, a drain whose engine answers at once ended a fifth as many.
_SHIFT_SECONDS: Final = 0.01
#: Live questions in a row after which one of bulk has its turn: bulk is never starved.
_LIVE_IN_A_ROW: Final = 7


@dataclass(eq=False, slots=True)
class _Job:
    turn: Turn
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


class LaneThread:
    """One thread. What waits for it stands in its lane. Lives in one asyncio loop."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._busy = False
        self._waiting: list[_Job] = []
        self._lock = Lock()  # of what waits: the thread takes it out
        self._live_in_a_row = 0

    async def run(
        self, turn: Turn, work: Callable[[*_Inputs], _Output], *inputs: *_Inputs
    ) -> _Output:
        """Do some work in the thread, once it is free.

        Args:
            turn: whose lane is looked at as the thread becomes free: it may be raised meanwhile.
            work: what to do.
            inputs: of it.

        Raises:
            Exception: what the work raises.
        """
        job = _Job(turn, partial(work, *inputs), asyncio.get_running_loop().create_future())
        with self._lock:
            self._waiting.append(job)
        if not self._busy:
            self._busy = True
            self._begin()
        output: _Output = await job.result
        return output

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=True)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._pool, self._shift).add_done_callback(self._end)

    def _end(self, shift: asyncio.Future[list[_Job]]) -> None:
        """Tell what was done; where more has come meanwhile, go on."""
        for job in shift.result():
            job.tell()
        self._busy = bool(self._waiting)
        if self._busy:
            self._begin()

    def _shift(self) -> list[_Job]:
        """In the thread: one job after the other, live before bulk, for a short while."""
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
        wanted = Lane.BULK if self._live_in_a_row >= _LIVE_IN_A_ROW else Lane.INTERACTIVE
        with self._lock:
            if not self._waiting:
                return None
            first = self._waiting[0]
            job = next((each for each in self._waiting if each.turn.lane is wanted), first)
            self._waiting.remove(job)
        self._live_in_a_row = self._live_in_a_row + 1 if job.turn.lane is Lane.INTERACTIVE else 0
        return job

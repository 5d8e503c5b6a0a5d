"""Threads beside the loop, in which live questions' work goes before bulk's."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from workers.contracts.question import Lane

_Inputs = TypeVarTuple("_Inputs")
_Output = TypeVar("_Output")


class LaneThreads:
    """So many threads. What waits for one stands in its lane. Lives in one asyncio loop."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}

    async def run(
        self, lane: Lane, work: Callable[[*_Inputs], _Output], *inputs: *_Inputs
    ) -> _Output:
        """Do some work in a thread, once one is free.

        Raises:
            Exception: what the work raises.
        """
        await self._take(lane)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *inputs)
        finally:
            self._give()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True)

    async def _take(self, lane: Lane) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given the thread in the same moment
                self._give()
            raise

    def _give(self) -> None:
        """A thread is free: the next one's, live before bulk."""
        for lane in (Lane.INTERACTIVE, Lane.BULK):
            while self._waiting[lane]:
                turn = self._waiting[lane].popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1

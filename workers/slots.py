"""The engine's slots: who may generate now. Interactive questions first, some kept for them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.contracts.question import Lane


class Slots:
    """A semaphore with two lanes. Not thread-safe: it lives in one asyncio loop.

    vLLM orders only its waiting queue by priority and preempts nothing at a full batch, so the
    slots that interactive questions may need are kept free here.

    Args:
        total: questions that generate at the same time.
        reserved: slots of these that bulk questions never take; at most `total - 1`.
    """

    def __init__(self, total: int, reserved: int) -> None:
        self.total = total
        self.reserved = min(reserved, total - 1)
        self._running = dict.fromkeys(Lane, 0)
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}

    @asynccontextmanager
    async def take(self, lane: Lane) -> AsyncIterator[None]:
        """Hold one slot for the length of the block; waits until one is free for this lane."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(lane)  # the turn came in the moment of the cancellation
            raise
        try:
            yield
        finally:
            self._leave(lane)

    def running(self, lane: Lane) -> int:
        """Questions of the lane that generate now."""
        return self._running[lane]

    @property
    def quiet(self) -> bool:
        """Whether nobody waits for a slot, and at most half of them are taken."""
        waits = any(not turn.done() for queue in self._waiting.values() for turn in queue)
        return not waits and 2 * sum(self._running.values()) <= self.total

    def _leave(self, lane: Lane) -> None:
        self._running[lane] -= 1
        self._admit()

    def _admit(self) -> None:
        for lane in (Lane.INTERACTIVE, Lane.BULK):
            queue = self._waiting[lane]
            while queue and self._free(lane):
                turn = queue.popleft()
                if not turn.done():  # not cancelled while it waited
                    self._running[lane] += 1
                    turn.set_result(None)

    def _free(self, lane: Lane) -> bool:
        if sum(self._running.values()) >= self.total:
            return False
        return lane == Lane.INTERACTIVE or self._running[lane] < self.total - self.reserved

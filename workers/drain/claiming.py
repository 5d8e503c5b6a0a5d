"""What a worker claims next: what others left, then new questions as soon as it has room."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any

from workers.contracts import logs
from workers.contracts.claims import Claim, ClaimStore, LaneCursor
from workers.contracts.question import Lane
from workers.drain.capacity import Capacity, Room
from workers.drain.flights import Flights
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Milliseconds that one wait for new questions lasts.
_NEW_QUESTION_MS = 2_000
#: Longest single sleep while nothing can be claimed.
_LONGEST_SLEEP_SECONDS = 1.0


class Claimer:
    """Claims for one worker. Lives in one asyncio loop.

    Attributes:
        calls: number of claims, without take-overs.
        claimed: number of questions that they brought.
        paused: claim nothing; what is in flight goes on.
        takeover_due: before anything new, look for what other workers left.
    """

    def __init__(
        self,
        store: ClaimStore,
        flights: Flights,
        capacity: Capacity,
        settings: WorkerSettings,
        meters: Meters,
    ) -> None:
        self._store = store
        self._flights = flights
        self._capacity = capacity
        self._settings = settings
        self._meters = meters
        self._changed = asyncio.Event()
        self._bell: tuple[tuple[Lane, ...], asyncio.Task[bool]] | None = None
        self._cursor = LaneCursor()
        self._paused_until = 0.0
        self.paused = False
        self.takeover_due = True
        self.calls = 0
        self.claimed = 0

    def wake(self) -> None:
        """Say that something changed: the room, the switch, the end of the work."""
        self._changed.set()

    def next_change(self) -> Coroutine[Any, Any, bool]:
        """To be awaited: returns once something has changed after this call."""
        self._changed.clear()
        return self._changed.wait()

    def pause_for(self, seconds: float) -> None:
        """Claim nothing for a while: nothing could be done with it."""
        self._paused_until = asyncio.get_running_loop().time() + seconds

    def close(self) -> None:
        """End the wait for new questions."""
        if self._bell is not None:
            self._bell[1].cancel()

    async def next(self) -> list[Claim]:
        """The next claims; none where something changed meanwhile: call again.

        Raises:
            RedisError: Redis cannot be reached, or has lost its data.
        """
        self._changed.clear()
        pause = self._paused_until - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(min(pause, _LONGEST_SLEEP_SECONDS))
            return []
        load = self._flights.load()
        room = self._capacity.takeover_room(load)
        if self.takeover_due and not self.paused and room.total:
            # Before anything new, and only here: two claimers would both fill the same room.
            self.takeover_due = False
            if claims := await self._take_over(room):
                return claims
        room = self._capacity.room(load)
        if self.paused or room.total == 0:
            await self._changed.wait()
            return []
        claims = await self._store.claim(
            room.total,
            room.bulk,
            self._cursor,
            overdue=room.overdue,
            patience=self._settings.bulk_wait_seconds,
        )
        self._count(claims)
        if not claims:
            await self._wait(room)
        return claims

    def _count(self, claims: Sequence[Claim]) -> None:
        now = time.time()
        self.calls += 1
        self.claimed += len(claims)
        self._meters.claimed(Counter(claim.lane for claim in claims))
        for claim in claims:
            self._meters.waited(claim.lane, now - claim.request.asked_at)

    async def _take_over(self, room: Room) -> list[Claim]:
        no_suspect = not any(flight.claim.suspect for flight in self._flights)
        claims = await self._store.take_over(
            room.total, room.bulk, self._settings.takeover_seconds, suspects=int(no_suspect)
        )
        if claims:
            self._meters.taken_over(len(claims))
            _log.warning("claims_taken_over", questions=len(claims))
        return claims

    async def _wait(self, room: Room) -> None:
        """Return once a lane has a new question that fits the room, or bulk finds room again."""
        lanes = tuple(Lane) if room.bulk else (Lane.INTERACTIVE,)
        bell = self._listen(lanes)
        while not (self.paused or self.takeover_due or bell.done()):
            if self._capacity.room(self._flights.load()).bulk and not room.bulk:
                return
            self._changed.clear()
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait({bell, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        if bell.done():
            self._bell = None
            bell.result()

    def _listen(self, lanes: tuple[Lane, ...]) -> asyncio.Task[bool]:
        if self._bell is not None:
            if self._bell[0] == lanes:
                return self._bell[1]
            self._bell[1].cancel()
        bell = asyncio.create_task(self._store.wait(self._cursor, lanes, _NEW_QUESTION_MS))
        self._bell = (lanes, bell)
        return bell

"""The drain: keeps the engine full from the lanes, keeps its claims alive, stops in order."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from ingestion.knowledge.errors import KnowledgeError, StoreUnreachableError
from workers.contracts import logs
from workers.contracts.claims import Claim, ClaimStore, Doorbell
from workers.contracts.question import Lane
from workers.pipeline import Pipeline
from workers.settings import WorkerSettings
from workers.settler import Settler

_log = logs.logger(__name__)
#: Milliseconds that one wait at the doorbell lasts.
_BELL = 2_000
#: Seconds before the next try after Redis or Qdrant could not be reached.
_RETRY = 1.0


@dataclass(frozen=True, slots=True)
class Room:
    """How many questions to claim now: in all, and of these from the bulk lane."""

    total: int
    bulk: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a worker holds at most.

    Attributes:
        slots: questions that generate at the same time.
        reserved: slots that bulk questions never take.
        ahead: questions claimed beyond the slots, retrieved while the engine is busy.
    """

    slots: int
    reserved: int
    ahead: int

    @classmethod
    def of(cls, slots: int, settings: WorkerSettings) -> "Capacity":
        """From the engine's slots and the shares that are set."""
        reserved = min(slots - 1, math.ceil(slots * settings.interactive_reserve))
        return cls(slots, reserved, math.ceil(slots * settings.look_ahead))

    def room(self, interactive: int, bulk: int) -> Room:
        """What to claim with so many in flight.

        Nothing is claimed until half of the look-ahead is used up, so that a busy worker asks
        Redis once for several questions rather than once for each. An interactive question that
        finds a reserved slot free does not wait for that.
        """
        step = max(1, self.ahead // 2)
        total = self.slots + self.ahead - interactive - bulk
        least = 1 if interactive < self.reserved else step
        most_bulk = min(total, self.slots - self.reserved + self.ahead - bulk)
        return Room(total if total >= least else 0, most_bulk if most_bulk >= step else 0)


class Drain:
    """One worker's loop over the lanes. Lives in one asyncio loop.

    Args:
        claims: the lanes as this worker sees them.
        pipeline: answers claimed batches.
        settler: writes outcomes.
        capacity: how much to hold at once.
        settings: times and limits.
        report: called at every heartbeat with (in flight, claims made, questions claimed,
            stopping); says that this drain is alive.
    """

    def __init__(  # noqa: PLR0913 - the parts of a drain, each passed in
        self,
        *,
        claims: ClaimStore,
        pipeline: Pipeline,
        settler: Settler,
        capacity: Capacity,
        settings: WorkerSettings,
        report: Callable[["Drain"], Coroutine[Any, Any, None]],
    ) -> None:
        self._claims = claims
        self._pipeline = pipeline
        self._settler = settler
        self._capacity = capacity
        self._settings = settings
        self._report = report
        self._flights: dict[str, tuple[Claim, asyncio.Task[None] | None]] = {}
        self._batches: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._bell: tuple[tuple[Lane, ...], asyncio.Task[bool]] | None = None
        self._doorbell = Doorbell()
        self._paused_until = 0.0
        self._look = True  # for what other workers left
        self._dead: BaseException | None = None
        self.stopping = False
        self.claim_calls = 0
        self.claimed = 0

    @property
    def in_flight(self) -> int:
        """Questions claimed and not ended."""
        return len(self._flights)

    def stop(self) -> None:
        """Claim nothing more; `run` returns once what is in flight has ended or was released."""
        self.stopping = True
        self._changed.set()

    def die(self, error: BaseException) -> None:
        """The engine is gone: `run` raises `error` and leaves the claims to expire.

        They are not released: a question that kills engines has to be counted as poison.
        """
        self._dead = error
        self._changed.set()

    async def run(self) -> None:
        """Drain until `stop`; then finish what is in flight within the grace period."""
        await self._open()
        settling = self._watched(self._settler.run())
        beating = self._watched(self._beat())
        try:
            while not self.stopping and self._dead is None:
                try:
                    await self._turn()
                except RedisError as error:
                    # Unreachable, loading, full; or it lost its data, and the group with it.
                    _log.warning("redis_failed", error=type(error).__name__)
                    await asyncio.sleep(_RETRY)
                    await self._open()
            if self._dead is not None:
                raise self._dead
            await self._finish()
        finally:
            for task in [beating, settling, *self._batches, *self._tasks()]:
                task.cancel()
            if self._bell is not None:
                self._bell[1].cancel()

    def _watched(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A task without which the drain must not go on: its unexpected end ends `run`."""
        task = asyncio.create_task(work)

        def ended(done: "asyncio.Task[None]") -> None:
            if not done.cancelled() and (error := done.exception()) is not None:
                self.die(error)

        task.add_done_callback(ended)
        return task

    # -- claiming -------------------------------------------------------------------------------

    async def _open(self) -> None:
        try:
            await self._claims.open()
        except RedisError as error:
            _log.warning("redis_failed", error=type(error).__name__)

    def _room(self) -> Room:
        bulk = sum(claim.lane == Lane.BULK for claim, _ in self._flights.values())
        return self._capacity.room(len(self._flights) - bulk, bulk)

    async def _turn(self) -> None:
        self._changed.clear()
        pause = self._paused_until - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(min(pause, _RETRY))
            return
        room = self._room()
        if room.total == 0:
            await self._changed.wait()
            return
        if self._look:
            # Before anything new, and only here: two claimers would both fill the same room.
            self._look = False
            if claims := await self._take_over(room):
                self._start(claims)
                return
        claims = await self._claims.claim(room.total, room.bulk, self._doorbell)
        self.claim_calls += 1
        if claims:
            self._start(claims)
        else:
            await self._wait(room)

    async def _wait(self, room: Room) -> None:
        """Until a lane holds something new that there is room for, or room for bulk opens."""
        lanes = tuple(Lane) if room.bulk else (Lane.INTERACTIVE,)
        bell = self._ring(lanes)
        while not (self.stopping or self._dead or self._look or bell.done()):
            if self._room().bulk and not room.bulk:
                return
            self._changed.clear()
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait({bell, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        if bell.done():
            self._bell = None
            bell.result()

    def _ring(self, lanes: tuple[Lane, ...]) -> asyncio.Task[bool]:
        if self._bell is not None:
            if self._bell[0] == lanes:
                return self._bell[1]
            self._bell[1].cancel()
        waiting = asyncio.create_task(self._claims.wait(self._doorbell, lanes, _BELL))
        self._bell = (lanes, waiting)
        return waiting

    def _start(self, claims: Sequence[Claim]) -> None:
        self.claimed += len(claims)
        for claim in claims:
            self._abandon({claim.id})  # an older attempt of ours, if this is a takeover
            self._flights[claim.id] = (claim, None)
        for lane in Lane:
            if part := [claim for claim in claims if claim.lane == lane]:
                batch = asyncio.create_task(self._run(part))
                self._batches.add(batch)
                batch.add_done_callback(self._batches.discard)

    async def _run(self, claims: Sequence[Claim]) -> None:
        try:
            await self._pipeline.run(claims, self._fly)
        except KnowledgeError as error:
            # Nobody's question is to blame: give back what was not started, look in a moment.
            waiting = [claim for claim in claims if self._flights.get(claim.id) == (claim, None)]
            _log.error("knowledge_failed", error=str(error), released=len(waiting))
            self._paused_until = asyncio.get_running_loop().time() + 5 * _RETRY
            await self._release(waiting)
            if not isinstance(error, StoreUnreachableError):
                self.die(error)  # waiting mends no wrong collection: leave with the reason
        except Exception:  # noqa: BLE001 - whatever broke, the other batches go on
            # Left to expire, not released: a batch that breaks this code has to count as poison.
            _log.exception("batch_failed", questions=len(claims))
            self._abandon({claim.id for claim in claims})

    # -- one question's task --------------------------------------------------------------------

    def _fly(self, claim: Claim, ending: Coroutine[Any, Any, None]) -> None:
        flight = self._flights.get(claim.id)
        if flight is None or flight[0] is not claim:
            ending.close()  # lost to another worker while it was retrieved
            return
        task = asyncio.create_task(ending)
        self._flights[claim.id] = (claim, task)
        task.add_done_callback(lambda done: self._land(claim, done))

    def _land(self, claim: Claim, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("question_task_failed", question=claim.id, exc_info=error)
        flight = self._flights.get(claim.id)
        if flight is not None and flight[0] is claim:
            del self._flights[claim.id]
        self._look = self._look or claim.suspect  # the next one may be taken over now
        self._changed.set()

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for _, task in self._flights.values() if task is not None]

    def _abandon(self, ids: set[str]) -> None:
        for question_id in ids:
            claim, task = self._flights.pop(question_id, (None, None))
            if claim is not None:
                _log.warning("claim_abandoned", question=question_id)
            if task is not None:
                task.cancel()
        self._changed.set()

    # -- heartbeats, take-over, stop ------------------------------------------------------------

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        tick = min(self._settings.heartbeat_seconds, self._settings.takeover_seconds / 6)
        renewed = -math.inf
        while True:
            try:
                if loop.time() - renewed >= self._settings.heartbeat_seconds:
                    await self._renew()
                    renewed = loop.time()
                self._look = True
                self._changed.set()
                await self._report(self)
            except RedisError as error:
                _log.warning("heartbeat_missed", error=type(error).__name__)
            await asyncio.sleep(tick)

    async def _renew(self) -> None:
        self._abandon(await self._claims.renew([claim for claim, _ in self._flights.values()]))

    async def _take_over(self, room: Room) -> list[Claim]:
        alone = not any(claim.suspect for claim, _ in self._flights.values())
        claims = await self._claims.take_over(
            room.total, room.bulk, self._settings.takeover_seconds, suspects=int(alone)
        )
        if claims:
            _log.warning("claims_taken_over", questions=len(claims))
        return claims

    async def _release(self, claims: Sequence[Claim]) -> None:
        try:
            await self._claims.release(claims)
        except RedisError as error:
            _log.warning("release_missed", error=type(error).__name__)  # they expire instead
        for claim in claims:
            self._flights.pop(claim.id, None)
        self._changed.set()

    async def _finish(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.grace_seconds
        _log.info("drain_stopping", in_flight=self.in_flight, grace=self._settings.grace_seconds)
        while self._flights and self._dead is None and (left := until - loop.time()) > 0:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
        rest = [claim for claim, _ in self._flights.values()]
        for task in self._tasks():
            task.cancel()
        if rest:
            await self._release(rest)
        _log.info("drain_stopped", released=len(rest))

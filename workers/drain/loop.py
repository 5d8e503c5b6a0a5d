"""The drain: keeps the engine full from the lanes, keeps its claims alive, stops in order."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from redis.exceptions import RedisError

from ingestion.knowledge.errors import KnowledgeError, StoreUnreachableError
from workers.contracts import logs
from workers.contracts.claims import Claim, ClaimStore
from workers.contracts.question import Lane
from workers.drain.claiming import Claimer
from workers.drain.flights import Flight, Flights
from workers.drain.pipeline import Pipeline, Step
from workers.drain.settling import Settler
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Seconds before the next try after Redis could not be reached.
_RETRY = 1.0
#: Seconds before the next claim after the knowledge base could not be reached.
_RETRY_KNOWLEDGE = 5.0

#: Called at every heartbeat, to report that this drain is alive.
OnHeartbeat = Callable[["Drain"], Coroutine[Any, Any, None]]


class Drain:
    """One worker's loop over the lanes. Lives in one asyncio loop.

    Args:
        store: the lanes as this worker sees them.
        claimer: claims from them.
        flights: what is in flight; shared with the claimer.
        pipeline: answers claimed batches.
        settler: writes outcomes.
        settings: times and limits.
        on_heartbeat: called at every heartbeat.
    """

    def __init__(  # noqa: PLR0913 - the parts of a drain, each passed in
        self,
        *,
        store: ClaimStore,
        claimer: Claimer,
        flights: Flights,
        pipeline: Pipeline,
        settler: Settler,
        settings: WorkerSettings,
        on_heartbeat: OnHeartbeat,
    ) -> None:
        self._store = store
        self._claimer = claimer
        self.flights = flights
        self._pipeline = pipeline
        self._settler = settler
        self._settings = settings
        self._on_heartbeat = on_heartbeat
        self._batches: set[asyncio.Task[None]] = set()
        self._dead: BaseException | None = None
        self._over = False
        self.stopping = False

    @property
    def claim_calls(self) -> int:
        """Claims made."""
        return self._claimer.calls

    @property
    def claimed(self) -> int:
        """Questions got by them."""
        return self._claimer.claimed

    def stop(self) -> None:
        """Claim nothing more; `run` returns once what is in flight has ended or was released."""
        self.stopping = True
        self._claimer.paused = True
        self._claimer.wake()

    def pause(self, *, paused: bool) -> None:
        """Claim nothing until this is called again; what is in flight goes on."""
        self._claimer.paused = paused or self.stopping or self._dead is not None
        self._claimer.wake()

    def die(self, error: BaseException) -> None:
        """The engine is gone: `run` raises `error` and leaves the claims to expire.

        They are not released: a question that kills engines has to be counted as poison.
        """
        self._dead = error
        self._claimer.paused = True
        self._claimer.wake()

    async def run(self) -> None:
        """Drain until `stop`; then finish what is in flight within the grace period."""
        await self._open()
        settling = self._watched(self._settler.run())
        beating = self._watched(self._beat())
        try:
            while not self.stopping and self._dead is None:
                try:
                    if claims := await self._claimer.next():
                        self._start(claims)
                except RedisError as error:
                    # Unreachable, loading, full; or it lost its data, and the group with it.
                    _log.warning("redis_failed", error=type(error).__name__)
                    await asyncio.sleep(_RETRY)
                    await self._open()
            if self._dead is not None:
                raise self._dead
            await self._finish()
        finally:
            self._over = True
            for task in [beating, settling, *self._batches, *self._tasks()]:
                task.cancel()
            self._claimer.close()

    def _watched(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A task without which the drain must not go on: its unexpected end ends `run`."""
        task = asyncio.create_task(work)

        def ended(done: "asyncio.Task[None]") -> None:
            if not done.cancelled() and (error := done.exception()) is not None:
                self.die(error)

        task.add_done_callback(ended)
        return task

    async def _open(self) -> None:
        try:
            await self._store.open()
        except RedisError as error:
            _log.warning("redis_failed", error=type(error).__name__)

    # -- batches --------------------------------------------------------------------------------

    def _start(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._abandon({claim.id})  # an older attempt of ours, if this is a takeover
        flights = [Flight.of(claim) for claim in claims]
        for flight in flights:
            self.flights.add(flight)
        for lane in Lane:
            if part := [flight for flight in flights if flight.claim.lane is lane]:
                self._spawn(self._run(part))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _run(self, flights: Sequence[Flight]) -> None:
        try:
            async for flight, step in self._pipeline.steps(flights):
                self._fly(flight, step)
        except KnowledgeError as error:
            await self._give_back(error, flights)
        except Exception:  # noqa: BLE001 - whatever broke, the other batches go on
            # Left to expire, not released: a batch that breaks this code has to count as poison.
            _log.exception("batch_failed", questions=len(flights))
            self._abandon({flight.claim.id for flight in flights if flight.task is None})
        finally:
            # One that was lost meanwhile may have become a head after it was forgotten.
            for flight in flights:
                if flight not in self.flights:
                    self._pipeline.forget(flight)

    async def _give_back(self, error: KnowledgeError, flights: Sequence[Flight]) -> None:
        """Nobody's question is to blame: give back what was not started, look in a moment."""
        waiting = [each for each in flights if each in self.flights and each.task is None]
        _log.error("knowledge_failed", error=str(error), released=len(waiting))
        self._claimer.pause_for(_RETRY_KNOWLEDGE)
        await self._release(waiting)
        if not isinstance(error, StoreUnreachableError):
            self.die(error)  # waiting mends no wrong collection: leave with the reason

    # -- one question's task --------------------------------------------------------------------

    def _fly(self, flight: Flight, step: Step) -> None:
        if flight not in self.flights:
            return  # lost to another worker while it was retrieved
        flight.task = asyncio.create_task(self._pipeline.end(flight, step))
        flight.task.add_done_callback(lambda task: self._ended(flight, task))

    def _ended(self, flight: Flight, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, KnowledgeError) and flight in self.flights:
            flight.task = None  # it was not started after all
            self._spawn(self._give_back(error, [flight]))
            return
        if error is not None:  # one question's fault: its claim expires
            _log.error("question_task_failed", question=flight.claim.id, exc_info=error)
        self._land(flight)

    def _land(self, flight: Flight) -> None:
        self.flights.remove(flight)
        self._pipeline.forget(flight)
        self._claimer.look = self._claimer.look or flight.claim.suspect  # the next may be taken now
        self._claimer.wake()

    def _tasks(self) -> list["asyncio.Task[None]"]:
        return [flight.task for flight in self.flights if flight.task is not None]

    def _abandon(self, ids: set[str]) -> None:
        for question_id in ids:
            flight = self.flights.get(question_id)
            if flight is None:
                continue
            _log.warning("claim_abandoned", question=question_id)
            self._land(flight)
            if flight.task is not None:
                flight.task.cancel()

    # -- heartbeats, stop -----------------------------------------------------------------------

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        tick = min(self._settings.heartbeat_seconds, self._settings.takeover_seconds / 6)
        renewed = -math.inf
        while not self._over:  # redis-py swallows a cancellation now and then
            try:
                if loop.time() - renewed >= self._settings.heartbeat_seconds:
                    await self._renew()
                    renewed = loop.time()
                self._claimer.look = True
                self._claimer.wake()
                await self._on_heartbeat(self)
            except RedisError as error:
                _log.warning("heartbeat_missed", error=type(error).__name__)
            await asyncio.sleep(tick)

    async def _renew(self) -> None:
        self._abandon(await self._store.renew([flight.claim for flight in self.flights]))

    async def _release(self, flights: Sequence[Flight]) -> None:
        try:
            await self._store.release([flight.claim for flight in flights])
        except RedisError as error:
            _log.warning("release_missed", error=type(error).__name__)  # they expire instead
        for flight in flights:
            self._land(flight)

    async def _finish(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.grace_seconds
        _log.info("drain_stopping", in_flight=len(self.flights), grace=self._settings.grace_seconds)
        while len(self.flights) and self._dead is None and (left := until - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._claimer.change(), left)
            except TimeoutError:
                break
        rest = list(self.flights)
        for task in self._tasks():
            task.cancel()
        if rest:
            await self._release(rest)
        _log.info("drain_stopped", released=len(rest))

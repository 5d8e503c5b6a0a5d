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
from workers.monitor.lag import watch_lag
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Seconds before the next claim after Redis failed.
_REDIS_SECONDS = 1.0
#: Seconds before the next claim after the knowledge base failed.
_KNOWLEDGE_SECONDS = 5.0

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
        meters: count how late the loop comes.
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
        meters: Meters,
        settings: WorkerSettings,
        on_heartbeat: OnHeartbeat,
    ) -> None:
        self._store = store
        self._claimer = claimer
        self.flights = flights
        self._pipeline = pipeline
        self._settler = settler
        self._meters = meters
        self._settings = settings
        self._on_heartbeat = on_heartbeat
        self._batches: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._ended = False
        self.stopping = False

    @property
    def claim_calls(self) -> int:
        """Number of claims, without take-overs."""
        return self._claimer.calls

    @property
    def claimed(self) -> int:
        """Number of questions that they brought."""
        return self._claimer.claimed

    def stop(self) -> None:
        """Claim nothing more; `run` returns once what is in flight has ended or was released."""
        self.stopping = True
        self._claimer.paused = True
        self._claimer.wake()

    def pause(self, *, paused: bool) -> None:
        """Claim nothing until this is called again; what is in flight goes on."""
        self._claimer.paused = paused or self.stopping or self._failure is not None
        self._claimer.wake()

    def fail(self, error: BaseException) -> None:
        """End the drain: `run` raises `error` and leaves the claims to expire.

        They are not released: a question that kills engines has to be counted as poison.
        """
        self._failure = error
        self._claimer.paused = True
        self._claimer.wake()

    async def run(self) -> None:
        """Drain until `stop`; then finish what is in flight within the grace period."""
        await self._open()
        settler = self._watch(self._settler.run())
        heartbeat = self._watch(self._beat())
        lag = self._watch(watch_lag(self._meters))
        try:
            while not self.stopping and self._failure is None:
                try:
                    if claims := await self._claimer.next():
                        self._start_batch(claims)
                except RedisError as error:
                    # Unreachable, loading, full; or its data is lost, and the group with it.
                    _log.warning("redis_failed", error=type(error).__name__)
                    await asyncio.sleep(_REDIS_SECONDS)
                    await self._open()
            if self._failure is not None:
                raise self._failure
            await self._finish()
        finally:
            self._ended = True
            for task in [heartbeat, settler, lag, *self._batches, *self._tasks()]:
                task.cancel()
            self._claimer.close()

    def _watch(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Start a task without which the drain must not go on: its failure ends `run`."""
        task = asyncio.create_task(work)

        def check(task: "asyncio.Task[None]") -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.fail(error)

        task.add_done_callback(check)
        return task

    async def _open(self) -> None:
        try:
            await self._store.open()
        except RedisError as error:
            _log.warning("redis_failed", error=type(error).__name__)

    # -- batches ----------------------------------------------------------------------------------

    def _start_batch(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._abandon({claim.id})  # an older attempt of ours, where we take it over again
        flights = [Flight.of(claim) for claim in claims]
        for flight in flights:
            self.flights.add(flight)
        for lane in Lane:
            if batch := [flight for flight in flights if flight.claim.lane is lane]:
                self._spawn(self._run_batch(batch))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _run_batch(self, flights: Sequence[Flight]) -> None:
        try:
            async for flight, step in self._pipeline.steps(flights):
                self._start_flight(flight, step)
        except KnowledgeError as error:
            await self._give_back(error, flights)
        except Exception:  # noqa: BLE001 - whatever broke, the other batches go on
            # They expire, unreleased: a batch that breaks this code has to count as poison.
            _log.exception("batch_failed", questions=len(flights))
            self._abandon({flight.claim.id for flight in flights if flight.task is None})
        finally:
            # A flight that was lost meanwhile may have become a head after it was forgotten.
            for flight in flights:
                if flight not in self.flights:
                    self._pipeline.forget(flight)

    async def _give_back(self, error: KnowledgeError, flights: Sequence[Flight]) -> None:
        """No question is to blame: release those that were not started, claim again later."""
        waiting = [flight for flight in flights if flight in self.flights and flight.task is None]
        _log.error("knowledge_failed", error=str(error), released=len(waiting))
        self._claimer.pause_for(_KNOWLEDGE_SECONDS)
        await self._release(waiting)
        if not isinstance(error, StoreUnreachableError):
            self.fail(error)  # waiting repairs no wrong collection: leave with the reason

    # -- one question's task ----------------------------------------------------------------------

    def _start_flight(self, flight: Flight, step: Step) -> None:
        if flight not in self.flights:
            return  # lost to another worker while it was retrieved
        flight.task = asyncio.create_task(self._pipeline.end(flight, step))
        flight.task.add_done_callback(lambda task: self._flight_ended(flight, task))

    def _flight_ended(self, flight: Flight, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, KnowledgeError) and flight in self.flights:
            flight.task = None  # it was not started after all
            self._spawn(self._give_back(error, [flight]))
            return
        if error is not None:  # one question's fault: its claim expires
            _log.error("question_task_failed", question=flight.claim.id, exc_info=error)
        self._end_flight(flight)

    def _end_flight(self, flight: Flight) -> None:
        self.flights.remove(flight)
        self._pipeline.forget(flight)
        if flight.claim.suspect:
            self._claimer.takeover_due = True  # the next suspect may be taken over now
        self._claimer.wake()

    def _tasks(self) -> list["asyncio.Task[None]"]:
        return [flight.task for flight in self.flights if flight.task is not None]

    def _abandon(self, ids: set[str]) -> None:
        for question_id in ids:
            flight = self.flights.get(question_id)
            if flight is None:
                continue
            _log.warning("claim_abandoned", question=question_id)
            self._end_flight(flight)
            if flight.task is not None:
                flight.task.cancel()

    # -- heartbeats, stop -------------------------------------------------------------------------

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        tick = min(self._settings.heartbeat_seconds, self._settings.takeover_seconds / 6)
        renewed = -math.inf
        while not self._ended:  # redis-py swallows a cancellation now and then
            try:
                if loop.time() - renewed >= self._settings.heartbeat_seconds:
                    await self._renew()
                    renewed = loop.time()
                self._claimer.takeover_due = True
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
            self._end_flight(flight)

    async def _finish(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.grace_seconds
        _log.info("drain_stopping", in_flight=len(self.flights), grace=self._settings.grace_seconds)
        while len(self.flights) and not self._failure and (seconds := deadline - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._claimer.next_change(), seconds)
            except TimeoutError:
                break
        unfinished = list(self.flights)
        for task in self._tasks():
            task.cancel()
        if unfinished:
            await self._release(unfinished)
        _log.info("drain_stopped", released=len(unfinished))

"""One claimed batch from top to bottom: share, retrieve, gate, prompt, generate, settle."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from redis.exceptions import RedisError

from workers.answering.outcomes import Outcomes
from workers.answering.prepare import PreparedQuestion, Preparer, RefusedQuestion
from workers.contracts import logs
from workers.contracts.answers import Role, Stored
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Outcome, Status, Timings
from workers.drain.flights import Flight
from workers.drain.generating import Generator
from workers.drain.settling import Settler
from workers.drain.sharing import Sharing
from workers.drain.slots import Slots
from workers.engine.protocol import EngineDeadError, GenerationError
from workers.monitor.meters import Meters, Stage
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Seconds that one piece of bulk retrieval may take: an interactive question waits for no longer.
_PIECE_SECONDS = 0.1
#: Most questions of a piece, where retrieval is quick.
_PIECE = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question with its prompt, or with the reason why the model is not asked.

    Attributes:
        seconds: that its retrieval took.
    """

    item: PreparedQuestion | RefusedQuestion
    seconds: float


#: How a question goes on to its end: it was prepared, or shares an answer that is there or comes.
Step = Prepared | Stored | Literal[Role.FOLLOW]


class Pipeline:
    """Answers claimed questions. One question's failure is its own.

    `steps` does what a batch shares; `end` does what each question needs by itself.
    """

    def __init__(  # noqa: PLR0913 - the parts of the path, each passed in
        self,
        *,
        preparer: Preparer,
        sharing: Sharing,
        slots: Slots,
        generator: Generator,
        outcomes: Outcomes,
        settler: Settler,
        meters: Meters,
        settings: WorkerSettings,
        on_dead: Callable[[EngineDeadError], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._preparer = preparer
        self._sharing = sharing
        self._slots = slots
        self._generator = generator
        self._outcomes = outcomes
        self._settler = settler
        self._meters = meters
        self._settings = settings
        self._on_dead = on_dead
        self._clock = clock
        self._pace = _PIECE_SECONDS / 8  # seconds that one question's retrieval takes
        self._bulk_turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="retrieval")
        self._keys = ThreadPoolExecutor(1, thread_name_prefix="versions")

    async def steps(self, flights: Sequence[Flight]) -> AsyncIterator[tuple[Flight, Step]]:
        """Say of each question of a batch how it goes on, as soon as that is known.

        While one batch is retrieved in its thread, the engine generates for those before it. Bulk
        is retrieved in pieces, one at a time, so that interactive questions get in between.

        Args:
            flights: the batch, of one lane.

        Yields:
            Each question once, for `end`.

        Raises:
            KnowledgeError: nothing can be retrieved; the caller gives back what was not yielded.
        """
        answerable = []
        for flight in flights:
            if refusal := self._spent(flight.claim):
                yield flight, Prepared(refusal, 0.0)
            else:
                answerable.append(flight)
        leading = []
        for flight, role in await self._roles(answerable):
            if role is Role.LEAD:
                leading.append(flight)
            else:
                yield flight, role
        if flights[0].claim.lane == Lane.INTERACTIVE:
            for step in await self._retrieve(leading):
                yield step
            return
        while leading:
            for step in await self._retrieve_piece(leading):
                leading.remove(step[0])
                yield step

    async def end(self, flight: Flight, step: Step) -> None:
        """Bring one question to its end.

        Raises:
            KnowledgeError: it has to be retrieved after all, and nothing can be.
        """
        match step:
            case Prepared():
                await self._answer(flight, step)
            case Stored():
                await self._end_shared(flight, step)
            case _:
                await self._follow(flight)

    def forget(self, flight: Flight) -> None:
        """Take note that a question left this worker, however it did."""
        self._sharing.tell(flight, None)

    def close(self) -> None:
        """End the threads."""
        self._thread.shutdown(wait=True)
        self._keys.shutdown(wait=True)

    def _spent(self, claim: Claim) -> RefusedQuestion | None:
        language = self._settings.language
        if not claim.readable:
            return RefusedQuestion(Status.FAILED, "record_unreadable", language)
        if claim.claims > self._settings.max_claims:
            return RefusedQuestion(Status.FAILED, "poison", language)
        expires = claim.request.expires_at
        if expires is not None and expires < self._clock():
            return RefusedQuestion(Status.EXPIRED, "expired", language)
        return None

    # -- identical questions ----------------------------------------------------------------------

    async def _roles(
        self, flights: Sequence[Flight]
    ) -> list[tuple[Flight, Stored | Literal[Role.FOLLOW, Role.LEAD]]]:
        """Which have an answer, which follow one, and which lead."""
        if not flights or not self._sharing.on:
            return [(flight, Role.LEAD) for flight in flights]
        loop = asyncio.get_running_loop()
        requests = [flight.claim.request for flight in flights]
        keys = await loop.run_in_executor(self._keys, self._preparer.share_keys, requests)
        for flight, key in zip(flights, keys, strict=True):
            flight.key = key
        try:
            roles = await self._sharing.look(flights)
        except RedisError as error:
            _log.warning("sharing_missed", error=type(error).__name__)
            return [(flight, Role.LEAD) for flight in flights]
        for flight, role in zip(flights, roles, strict=True):
            if role is Role.FOLLOW:
                flight.move(Stage.FOLLOWING)
        return list(zip(flights, roles, strict=True))

    async def _follow(self, flight: Flight) -> None:
        role = await self._sharing.wait(flight)
        if isinstance(role, Stored):
            await self._end_shared(flight, role)
            return
        flight.move(Stage.RETRIEVAL)
        ((_, prepared),) = await self._prepare([flight])
        await self._answer(flight, prepared)

    async def _end_shared(self, flight: Flight, stored: Stored) -> None:
        self._meters.shared(flight.claim.lane, stored.how.value)
        timings = self._timings(flight.claim, 0.0, 0.0)
        await self._end(flight, self._outcomes.shared(stored, timings))

    # -- retrieve, gate, prompt: blocking, in the retrieval thread --------------------------------

    async def _retrieve_piece(self, flights: Sequence[Flight]) -> list[tuple[Flight, Prepared]]:
        """Retrieve some of a bulk batch; none where a live user came meanwhile."""
        turns = [flight.turn for flight in flights]
        await self._slots.calm(turns)  # outside: what waits here holds no other batch up
        async with self._bulk_turn:
            if not self._slots.may_retrieve(turns):
                return []  # a live user came while another batch was retrieved
            return await self._retrieve(self._piece(flights))

    def _piece(self, flights: Sequence[Flight]) -> list[Flight]:
        """What to retrieve next: first what an interactive question waits for."""
        size = max(1, min(_PIECE, int(_PIECE_SECONDS / self._pace)))
        return sorted(flights, key=lambda flight: flight.turn.lane == Lane.BULK)[:size]

    async def _retrieve(self, flights: Sequence[Flight]) -> list[tuple[Flight, Prepared]]:
        if not flights:
            return []
        steps = await self._prepare(flights)
        self._pace = 0.7 * self._pace + 0.3 * steps[0][1].seconds / len(flights)
        return steps

    async def _prepare(self, flights: Sequence[Flight]) -> list[tuple[Flight, Prepared]]:
        begun = time.perf_counter()
        requests = [flight.claim.request for flight in flights]
        loop = asyncio.get_running_loop()
        items = await loop.run_in_executor(self._thread, self._preparer.prepare, requests)
        seconds = time.perf_counter() - begun
        self._meters.retrieved(len(flights), seconds)
        return [
            (flight, Prepared(item, seconds)) for flight, item in zip(flights, items, strict=True)
        ]

    # -- generate and settle: one task for each question ------------------------------------------

    async def _answer(self, flight: Flight, prepared: Prepared) -> None:
        ready, retrieved = prepared.item, prepared.seconds
        if isinstance(ready, RefusedQuestion):
            timings = self._timings(flight.claim, retrieved, 0.0)
            await self._end(flight, self._outcomes.refusal(ready, timings))
            return
        claim = flight.claim
        seconds = 0.0
        try:
            generation, seconds = await self._generator.generate(
                flight.turn, f"{claim.id}:{claim.attempt}", ready.prompt, moved=flight.move
            )
        except EngineDeadError as error:
            self._on_dead(error)
            return
        except GenerationError as error:
            _log.warning("generation_failed", question=claim.id, error=str(error))
            generation = None
        timings = self._timings(claim, retrieved, seconds)
        try:
            outcome = self._outcomes.of(ready, generation, timings)
        except Exception:  # noqa: BLE001 - an outcome is owed in any case
            _log.exception("outcome_failed", question=claim.id)
            outcome = self._outcomes.of(ready, None, timings)
        if generation is not None:
            self._meters.generated(claim.lane, seconds, outcome.usage)
        await self._end(flight, outcome)

    async def _end(self, flight: Flight, outcome: Outcome) -> None:
        flight.move(Stage.SETTLING)
        self._sharing.tell(flight, outcome)  # before it is written: all are written together
        claim = flight.claim
        if await self._settler.settle(claim, outcome):
            total = self._clock() - claim.request.asked_at
            self._meters.ended(claim.lane, outcome.status, total)
            _log.info(
                "question_ended",
                question=claim.id,
                lane=claim.lane,
                status=outcome.status,
                reason=outcome.reason,
                shared=outcome.shared,
                **outcome.timings.model_dump(),
            )

    def _timings(self, claim: Claim, retrieved: float, generated: float) -> Timings:
        total = max(0.0, self._clock() - claim.request.asked_at)
        waited = max(0.0, total - retrieved - generated)
        return Timings(
            waited=round(waited, 3), retrieved=round(retrieved, 3), generated=round(generated, 3)
        )

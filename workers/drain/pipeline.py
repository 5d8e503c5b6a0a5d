"""One batch from top to bottom: triage, share, rewrite, retrieve, generate or quote, settle."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from redis.exceptions import RedisError

from workers.answering.outcomes import Outcomes
from workers.answering.prepare import FoundQuestion, PreparedQuestion, Preparer, RefusedQuestion
from workers.answering.rewrite import RewritePrompt
from workers.contracts import logs
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Outcome, Timings
from workers.contracts.shared_answers import Role, SharedAnswer
from workers.drain.checking import Checking
from workers.drain.flights import Flight
from workers.drain.generating import Generator
from workers.drain.refusals import Refusals
from workers.drain.retrieving import Preparation, Retrieval
from workers.drain.rewriting import Rewriting
from workers.drain.settling import Settler
from workers.drain.sharing import Sharing
from workers.engine.protocol import EngineDeadError, GenerationError
from workers.monitor.meters import Meters, Stage

_log = logs.logger(__name__)
#: How a question goes on: it was prepared, it is rewritten first, or it shares an answer that is
#: there or will come.
Step = Preparation | RewritePrompt | SharedAnswer | Literal[Role.FOLLOW]
_Input = TypeVar("_Input")
_Output = TypeVar("_Output")


class Pipeline:
    """Answers claimed questions. The failure of one touches no other.

    `steps` does what a batch shares; `end` does what each question needs by itself.
    """

    def __init__(  # noqa: PLR0913 - the parts of the path, each passed in
        self,
        *,
        refusals: Refusals,
        preparer: Preparer,
        sharing: Sharing,
        rewriting: Rewriting,
        retrieval: Retrieval,
        generator: Generator,
        outcomes: Outcomes,
        checking: Checking,
        settler: Settler,
        meters: Meters,
        on_engine_death: Callable[[EngineDeadError], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._refusals = refusals
        self._preparer = preparer
        self._sharing = sharing
        self._rewriting = rewriting
        self._retrieval = retrieval
        self._generator = generator
        self._outcomes = outcomes
        self._checking = checking
        self._settler = settler
        self._meters = meters
        self._on_engine_death = on_engine_death
        self._clock = clock
        # One for each lane: a live question waits for the triage of no bulk batch.
        self._triage_threads = {
            lane: ThreadPoolExecutor(1, thread_name_prefix=f"triage-{lane}") for lane in Lane
        }

    async def steps(self, flights: Sequence[Flight]) -> AsyncIterator[tuple[Flight, Step]]:
        """Say of each question of a batch how it goes on, as soon as that is known.

        While one batch is retrieved in threads, the engine generates for those before it.

        Args:
            flights: the batch, of one lane.

        Yields:
            Each question once, for `end`.

        Raises:
            KnowledgeError: nothing can be retrieved; the caller releases what was not yielded.
        """
        answerable = []
        claims = [flight.claim for flight in flights]
        refusals = await self._beside(flights[0].claim.lane, self._refusals.of, claims)
        for flight, refusal in zip(flights, refusals, strict=True):
            if refusal:
                yield flight, Preparation(refusal, 0.0)
            else:
                answerable.append(flight)
        leading = []
        for flight, role in await self._roles(answerable):
            if role is Role.LEAD:
                leading.append(flight)
            else:
                yield flight, role
        prompts = await self._rewriting.prompts(leading)
        for flight, prompt in prompts.items():
            yield flight, prompt
        alone = [flight for flight in leading if flight not in prompts]
        async for flight, preparation in self._retrieval.batch(alone):
            yield flight, preparation

    async def end(self, flight: Flight, step: Step) -> None:
        """Bring one question to its end.

        Raises:
            KnowledgeError: it has to be retrieved after all, and nothing can be.
        """
        match step:
            case Preparation():
                await self._answer(flight, step)
            case RewritePrompt():
                await self._rewrite(flight, step)
            case SharedAnswer():
                await self._settle_shared(flight, step)
            case _:
                await self._follow(flight)

    def forget(self, flight: Flight) -> None:
        """Note that a question has left this worker, for whatever reason."""
        self._sharing.pass_on(flight, None)

    def close(self) -> None:
        """End the threads."""
        self._retrieval.close()
        self._rewriting.close()
        for thread in self._triage_threads.values():
            thread.shutdown(wait=True)
        self._checking.close()

    async def _beside(
        self, lane: Lane, work: Callable[[_Input], _Output], given: _Input
    ) -> _Output:
        """Do what holds the interpreter for a while beside the loop, in the lane's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._triage_threads[lane], work, given)

    # -- identical questions ----------------------------------------------------------------------

    async def _roles(
        self, flights: Sequence[Flight]
    ) -> list[tuple[Flight, SharedAnswer | Literal[Role.FOLLOW, Role.LEAD]]]:
        """Which questions have an answer, which follow one, and which lead."""
        if not flights or not self._sharing.on:
            return [(flight, Role.LEAD) for flight in flights]
        requests = [flight.claim.request for flight in flights]
        keys = await self._beside(flights[0].claim.lane, self._preparer.share_keys, requests)
        for flight, key in zip(flights, keys, strict=True):
            flight.key = key
        try:
            roles = await self._sharing.roles(flights)
        except RedisError as error:
            _log.warning("sharing_missed", error=type(error).__name__)
            return [(flight, Role.LEAD) for flight in flights]
        for flight, role in zip(flights, roles, strict=True):
            if role is Role.FOLLOW:
                flight.enter(Stage.FOLLOWING)
        return list(zip(flights, roles, strict=True))

    async def _follow(self, flight: Flight) -> None:
        role = await self._sharing.wait(flight)
        if isinstance(role, SharedAnswer):
            await self._settle_shared(flight, role)
            return
        flight.enter(Stage.RETRIEVAL)
        ((_, preparation),) = await self._retrieval.prepare([flight])
        await self._answer(flight, preparation)

    async def _settle_shared(self, flight: Flight, stored: SharedAnswer) -> None:
        self._meters.shared(flight.claim.lane, stored.how.value)
        await self._settle(flight, self._outcomes.shared(stored, Timings()))

    # -- questions that go on from others --------------------------------------------------------

    async def _rewrite(self, flight: Flight, prompt: RewritePrompt) -> None:
        try:
            seconds = await self._rewriting.rewrite(flight, prompt)
        except EngineDeadError as error:
            self._on_engine_death(error)
            return
        flight.enter(Stage.RETRIEVAL)
        ((_, preparation),) = await self._retrieval.prepare([flight])
        await self._answer(flight, preparation, seconds)

    # -- generate or quote, and settle: one task for each question --------------------------------

    async def _answer(
        self, flight: Flight, preparation: Preparation, rewriting_seconds: float = 0.0
    ) -> None:
        timings = Timings(retrieved=preparation.seconds, generated=rewriting_seconds)
        match preparation.item:
            case RefusedQuestion() as question:
                await self._settle(flight, self._outcomes.refused(question, timings))
            case FoundQuestion() as question:
                await self._settle(flight, await self._checking.quoted(flight, question, timings))
            case PreparedQuestion() as question:
                await self._generate(flight, question, timings)

    async def _generate(self, flight: Flight, question: PreparedQuestion, timings: Timings) -> None:
        claim, seconds = flight.claim, 0.0
        try:
            generation, seconds = await self._generator.generate(
                flight.turn, f"{claim.id}:{claim.attempt}", question.prompt, on_stage=flight.enter
            )
        except EngineDeadError as error:
            self._on_engine_death(error)
            return
        except GenerationError as error:
            _log.warning("generation_failed", question=claim.id, error=str(error))
            generation = None
        timings = timings.model_copy(update={"generated": timings.generated + seconds})
        outcome = await self._checking.written(flight, question, generation, timings)
        if generation is not None:
            self._meters.generated(claim.lane, seconds, outcome.usage)
        await self._settle(flight, outcome)

    async def _settle(self, flight: Flight, outcome: Outcome) -> None:
        flight.enter(Stage.SETTLING)
        outcome = self._with_wait(flight.claim, outcome)
        self._sharing.pass_on(flight, outcome)  # before it is written: all are written together
        claim = flight.claim
        if await self._settler.settle(claim, outcome):
            seconds = self._clock() - claim.request.asked_at
            self._meters.ended(claim.lane, outcome, seconds)
            _log.info(
                "question_ended",
                question=claim.id,
                lane=claim.lane,
                status=outcome.status,
                reason=outcome.reason,
                way=outcome.way,
                shared=outcome.shared,
                **outcome.timings.model_dump(),
            )

    def _with_wait(self, claim: Claim, outcome: Outcome) -> Outcome:
        """The outcome with all of its time: what was spent on nothing of it is waiting."""
        timings = outcome.timings
        total = max(0.0, self._clock() - claim.request.asked_at)
        seconds = {
            "waited": max(0.0, total - timings.retrieved - timings.generated),
            "retrieved": timings.retrieved,
            "generated": timings.generated,
        }
        rounded = Timings(**{part: round(value, 3) for part, value in seconds.items()})
        return outcome.model_copy(update={"timings": rounded})

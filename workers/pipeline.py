"""One claimed batch from top to bottom: retrieve, gate, prompt, generate, settle."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.evidence import Found
from workers.answer import read_answer
from workers.citing import cite
from workers.contracts import logs
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Outcome, Request, Status, Timings, Usage
from workers.engine import Engine, EngineDeadError, Generation, GenerationError
from workers.gate import judge
from workers.language import Language, language_of
from workers.prompting import Prompt, Prompter, QuestionTooLongError
from workers.retrieval import RetrievalError, Retriever
from workers.settings import WorkerSettings
from workers.settler import Settler
from workers.slots import Slots
from workers.templates import Templates

_log = logs.logger(__name__)
#: Bulk questions retrieved at once: an interactive one waits for no more than these. A CPU claims
#: 24 at most. Smaller pieces cost throughput: 1,575 questions/s at 8, 1,805 at 16, 2,128 at 32.
_PIECE = 64
#: vLLM serves lower numbers first.
_PRIORITY = {Lane.INTERACTIVE: 0, Lane.BULK: 1}


@dataclass(frozen=True, slots=True)
class Ready:
    """A question with its evidence: what the engine needs."""

    prompt: Prompt
    language: Language
    knowledge_version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A question that the model is not asked: `reason` as in an outcome."""

    status: Status
    reason: str
    language: Language
    knowledge_version: str | None = None


class Pipeline:
    """Answers claimed questions. One question's failure is its own."""

    def __init__(  # noqa: PLR0913 - the parts of the path, each passed in
        self,
        *,
        knowledge: Knowledge,
        templates: Templates,
        prompter: Prompter,
        engine: Engine,
        slots: Slots,
        settler: Settler,
        settings: WorkerSettings,
        on_dead: Callable[[EngineDeadError], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._knowledge = knowledge
        self._retriever = Retriever(knowledge, settings.most_passages)
        self._templates = templates
        self._prompter = prompter
        self._engine = engine
        self._slots = slots
        self._settler = settler
        self._settings = settings
        self._on_dead = on_dead
        self._clock = clock
        self._bulk_turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="retrieval")

    async def run(self, claims: Sequence[Claim], start: "Start") -> None:
        """Answer one batch; returns once each question of it has its own task.

        While one batch is retrieved in its thread, the engine generates for those before it. Bulk
        is retrieved in pieces, one at a time, so that interactive questions get in between.

        Args:
            claims: the batch, of one lane.
            start: starts the task that ends one question.

        Raises:
            KnowledgeError: nothing can be retrieved; the caller gives back what was not started.
        """
        answerable = []
        for claim in claims:
            if refusal := self._spent(claim):
                start(claim, self._end(claim, self._refusal(claim, refusal, 0.0)))
            else:
                answerable.append(claim)
        if claims[0].lane == Lane.INTERACTIVE:
            await self._retrieve(answerable, start)
            return
        for first in range(0, len(answerable), _PIECE):
            async with self._bulk_turn:
                await self._retrieve(answerable[first : first + _PIECE], start)

    async def _retrieve(self, claims: Sequence[Claim], start: "Start") -> None:
        if not claims:
            return
        begun = time.perf_counter()
        loop = asyncio.get_running_loop()
        requests = [claim.request for claim in claims]
        prepared = await loop.run_in_executor(self._thread, self._prepare, requests)
        retrieved = time.perf_counter() - begun
        for claim, item in zip(claims, prepared, strict=True):
            if isinstance(item, Refused):
                start(claim, self._end(claim, self._refusal(claim, item, retrieved)))
            else:
                start(claim, self._answer(claim, item, retrieved))

    def close(self) -> None:
        """End the retrieval thread."""
        self._thread.shutdown(wait=True)

    def _spent(self, claim: Claim) -> Refused | None:
        language = self._settings.language
        if not claim.readable:
            return Refused(Status.FAILED, "record_unreadable", language)
        if claim.claims > self._settings.max_claims:
            return Refused(Status.FAILED, "poison", language)
        expires = claim.request.expires_at
        if expires is not None and expires < self._clock():
            return Refused(Status.EXPIRED, "expired", language)
        return None

    # -- retrieve, gate, prompt: blocking, in the retrieval thread ------------------------------

    def _prepare(self, requests: Sequence[Request]) -> list[Ready | Refused]:
        found = self._retriever.search(requests)
        return [
            self._prepare_one(request, each) for request, each in zip(requests, found, strict=True)
        ]

    def _prepare_one(self, request: Request, found: Found | RetrievalError) -> Ready | Refused:
        language = language_of(request.question, self._settings.language)
        if isinstance(found, RetrievalError):
            return Refused(Status.FAILED, "retrieval_failed", language)
        version = self._knowledge.version(request.tenant)
        calibration = self._knowledge.calibration(request.tenant)
        if weakness := judge(found, calibration, self._settings.gate_similarity):
            return Refused(Status.NEEDS_HUMAN, weakness, language, version)
        try:
            prompt = self._prompter.build(request.question, found.passages, language)
        except QuestionTooLongError:
            return Refused(Status.NEEDS_HUMAN, "question_too_long", language, version)
        except Exception as error:  # noqa: BLE001 - one question never fails its batch
            _log.error("prompt_failed", error=type(error).__name__)
            return Refused(Status.FAILED, "prompt_failed", language, version)
        return Ready(prompt, language, version)

    # -- generate and settle: one task for each question ----------------------------------------

    async def _answer(self, claim: Claim, ready: Ready, retrieved: float) -> None:
        async with self._slots.take(claim.request.lane):
            begun = time.perf_counter()
            try:
                generation = await self._engine.generate(
                    f"{claim.id}:{claim.attempt}",
                    ready.prompt,
                    priority=_PRIORITY[claim.request.lane],
                )
            except EngineDeadError as error:
                self._on_dead(error)
                return
            except GenerationError as error:
                _log.warning("generation_failed", question=claim.id, error=str(error))
                generation = None
            timings = self._timings(claim, retrieved, time.perf_counter() - begun)
        try:
            outcome = self._outcome(ready, generation, timings)
        except Exception:  # noqa: BLE001 - an outcome is owed in any case
            _log.exception("outcome_failed", question=claim.id)
            outcome = self._outcome(ready, None, timings)
        await self._end(claim, outcome)

    async def _end(self, claim: Claim, outcome: Outcome) -> None:
        if await self._settler.settle(claim, outcome):
            _log.info(
                "question_ended",
                question=claim.id,
                lane=claim.lane,
                status=outcome.status,
                reason=outcome.reason,
                **outcome.timings.model_dump(),
            )

    def _outcome(self, ready: Ready, generation: Generation | None, timings: Timings) -> Outcome:
        common: dict[str, Any] = {
            "language": ready.language,
            "model": self._engine.model,
            "knowledge_version": ready.knowledge_version,
            "prompt_version": self._prompter.version,
            "timings": timings,
        }
        sorry = self._templates.needs_human(ready.language)
        if generation is None:
            return Outcome(status=Status.FAILED, text=sorry, reason="generation_failed", **common)
        common["finish_reason"] = generation.finish_reason
        common["usage"] = Usage(
            prompt_tokens=generation.prompt_tokens,
            completion_tokens=generation.completion_tokens,
            cached_tokens=generation.cached_tokens,
        )
        reading = read_answer(generation.text, generation.finish_reason)
        if reading.text is None:
            reason = f"model_{reading.refusal}"
            return Outcome(status=Status.NEEDS_HUMAN, text=sorry, reason=reason, **common)
        return Outcome(
            status=Status.ANSWERED,
            text=reading.text,
            citations=cite(reading.text, ready.prompt.passages),
            **common,
        )

    def _refusal(self, claim: Claim, refused: Refused, retrieved: float) -> Outcome:
        return Outcome(
            status=refused.status,
            text=self._templates.needs_human(refused.language),
            reason=str(refused.reason),
            language=refused.language,
            knowledge_version=refused.knowledge_version,
            timings=self._timings(claim, retrieved, 0.0),
        )

    def _timings(self, claim: Claim, retrieved: float, generated: float) -> Timings:
        total = max(0.0, self._clock() - claim.request.asked_at)
        waited = max(0.0, total - retrieved - generated)
        return Timings(
            waited=round(waited, 3), retrieved=round(retrieved, 3), generated=round(generated, 3)
        )


#: Starts the task that ends one question.
Start = Callable[[Claim, Coroutine[Any, Any, None]], None]

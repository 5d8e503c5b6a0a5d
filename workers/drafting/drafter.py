"""While no patient waits, the model is asked which questions each chunk answers.

The chunks alone say what is done (`drafted`), so a kill at any line costs only a repeat of what was
not written. Redis says who drafts, so that two workers seldom ask about the same chunk, and how
often a chunk was tried, so that one that kills the engine is not asked about for ever.

Drafts never come before questions: a round starts only while nobody waits for a slot, takes few
slots, behind bulk, and embeds and writes in a thread of its own.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from redis.exceptions import LockError, RedisError

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import BusyError, KnowledgeError
from ingestion.knowledge.stores.drafts import UndraftedChunk
from workers.contracts import keys, logs
from workers.contracts.question import Lane
from workers.drafting.prompt import DraftPrompter
from workers.drafting.read import read_drafts
from workers.drain.generating import Generator
from workers.drain.slots import Slots, Turn
from workers.engine.protocol import EngineDeadError, GenerationError
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.lock import Lock

_log = logs.logger(__name__)
#: A round takes one of so many slots: a patient who asks meanwhile finds the others.
SLOTS_PER_CHUNK: Final = 8
#: How far a draft stands behind bulk questions in the engine's queue.
BEHIND_BULK: Final = 1
#: Wait for the questions that keep the engine busy.
QUIET_SECONDS: Final = 0.2
#: Wait for new chunks, or after a failure.
NEW_CHUNKS_SECONDS: Final = 5.0
#: Wait for the end of a change to a clinic's documents.
DOCUMENT_CHANGE_SECONDS: Final = 30.0
#: After these another worker may draft, where this one was killed.
LEASE_SECONDS: Final = 60
#: Tries after which a chunk is left without questions.
MOST_TRIES: Final = 3
#: Wait for the task's end between two cancellations.
_CANCELLED_SECONDS: Final = 0.1
#: A chunk's tries are forgotten after these.
TRIES_SECONDS: Final = 86_400

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What this worker drafted."""

    chunks: int = 0
    questions: int = 0


@dataclass(slots=True)
class Drafter:
    """One worker's loop over the chunks without drafts. Runs in the drain's event loop.

    Attributes:
        knowledge: where chunks are.
        prompter: asks for a chunk's questions.
        generator: of the worker's engine.
        slots: shared with the questions.
        redis: who drafts, and each chunk's tries.
        settings: whether to ask again.
        on_dead: called when the engine is gone.
        paused: whether the drain is: then nothing is drafted either.
        tally: what was drafted so far.
    """

    knowledge: Knowledge
    prompter: DraftPrompter
    generator: Generator
    slots: Slots
    redis: "Redis"
    settings: WorkerSettings
    on_dead: Callable[[EngineDeadError], None]
    paused: Callable[[], bool] = lambda: False
    tally: Tally = field(default_factory=Tally)
    #: The version of a chunk that was left without questions. It is this worker's alone: with
    #: `redraft` the next worker asks again, and this one does not.
    _gave_up_version: str = field(default_factory=lambda: f"gave-up-{uuid.uuid4().hex[:8]}")
    _redrafting: bool = False
    _stopping: bool = False
    _task: "asyncio.Task[None] | None" = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="drafting")
    )

    def start(self) -> None:
        """Draft in a task of its own, until `stop` or until the engine dies."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End the task; drafts on their way are dropped, and asked for again later.

        redis-py 8.1 swallows up to half of the cancellations that hit its calls (measured), so one
        is not enough.
        """
        self._stopping = True
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CANCELLED_SECONDS)

    async def _run(self) -> None:
        self._redrafting = self.settings.redraft
        lease = self.redis.lock(keys.DRAFTING, timeout=LEASE_SECONDS, blocking=False)
        pause_seconds = 0.0
        try:
            while not self._stopping:
                await asyncio.sleep(pause_seconds)
                pause_seconds = await self._round_or_wait(lease)
        except EngineDeadError as error:
            self.on_dead(error)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            with suppress(RedisError, LockError):
                await lease.release()

    async def _round_or_wait(self, lease: "Lock") -> float:
        """One round, if this worker may draft now; seconds until the next."""
        try:
            if not await _holds(lease):
                return NEW_CHUNKS_SECONDS
            if self.paused() or not self.slots.quiet:
                return QUIET_SECONDS
            return await self._round()
        except BusyError:
            return DOCUMENT_CHANGE_SECONDS  # the chunks may be others now
        except (KnowledgeError, RedisError) as error:
            _log.warning("drafting_paused", error=type(error).__name__)
            return NEW_CHUNKS_SECONDS
        except EngineDeadError:
            raise
        except Exception:  # noqa: BLE001 - whatever breaks here, questions go on
            _log.exception("drafting_failed")
            return NEW_CHUNKS_SECONDS

    async def _round(self) -> float:
        start = time.perf_counter()
        chunks = await self._undrafted(max(1, self.slots.rules.total // SLOTS_PER_CHUNK))
        if not chunks:
            return NEW_CHUNKS_SECONDS
        if not self.slots.quiet:  # questions came meanwhile
            return QUIET_SECONDS
        tries = [await self._count_try(chunk) for chunk in chunks]
        abandoned = [
            chunk for chunk, count in zip(chunks, tries, strict=True) if count > MOST_TRIES
        ]
        if abandoned:
            _log.warning("chunks_left_without_questions", chunks=[chunk.key for chunk in abandoned])
            await self._write(dict.fromkeys(abandoned, ()), self._gave_up_version)
        remaining = [chunk for chunk in chunks if chunk not in abandoned]
        results = await asyncio.gather(*map(self._questions, remaining), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, GenerationError):
                raise result
        drafts = {
            chunk: result
            for chunk, result in zip(remaining, results, strict=True)
            if not isinstance(result, BaseException)
        }
        await self._write(drafts, self.prompter.version)
        _log.info(
            "chunks_drafted",
            chunks=len(drafts),
            questions=sum(map(len, drafts.values())),
            failed=len(remaining) - len(drafts),
            seconds=round(time.perf_counter() - start, 3),
        )
        return 0.0 if drafts or abandoned else NEW_CHUNKS_SECONDS

    async def _undrafted(self, limit: int) -> Sequence[UndraftedChunk]:
        """Chunks that no model was asked about; then, once, those that another model was."""
        chunks = await self._threaded(lambda: self.knowledge.store.undrafted(limit))
        if not chunks and self._redrafting:
            ours = frozenset({self.prompter.version, self._gave_up_version})
            chunks = await self._threaded(lambda: self.knowledge.store.undrafted(limit, but=ours))
            self._redrafting = bool(chunks)
        return chunks

    async def _count_try(self, undrafted: UndraftedChunk) -> int:
        """Count a try before it begins: one that ends this process counts."""
        tries = int(await self.redis.hincrby(keys.DRAFT_TRIES, undrafted.key, 1))
        await self.redis.expire(keys.DRAFT_TRIES, TRIES_SECONDS)
        return tries

    async def _questions(self, undrafted: UndraftedChunk) -> tuple[str, ...]:
        """The model's questions for a chunk. Raises GenerationError or EngineDeadError."""
        prompt = self.prompter.build(undrafted.chunk)
        request_id = f"draft-{undrafted.key}-{uuid.uuid4().hex[:8]}"
        try:
            generation, _ = await self.generator.generate(
                Turn(Lane.BULK), request_id, prompt, behind=BEHIND_BULK
            )
        except asyncio.CancelledError:
            await self._forget_tries([undrafted.key])  # a stop on purpose is no failed try
            raise
        # A repeated example of the prompt is no question of the chunk either: it goes as well.
        return read_drafts(generation.text, prompt.text, self.prompter.count)

    async def _write(self, drafts: Mapping[UndraftedChunk, tuple[str, ...]], version: str) -> None:
        try:
            for tenant in {chunk.tenant for chunk in drafts}:
                questions = {chunk.key: drafts[chunk] for chunk in drafts if chunk.tenant == tenant}
                keys_written = await self._threaded(
                    partial(self.knowledge.draft, tenant, questions, version)
                )
                self.tally.chunks += len(keys_written)
                self.tally.questions += sum(len(questions[key]) for key in keys_written)
            await self._threaded(self.knowledge.store.tidy)
        finally:
            await self._forget_tries([chunk.key for chunk in drafts])  # no chunk was to blame

    async def _forget_tries(self, chunk_keys: Sequence[str]) -> None:
        if chunk_keys:
            await self.redis.hdel(keys.DRAFT_TRIES, *chunk_keys)

    async def _threaded(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _holds(lease: "Lock") -> bool:
    """Whether this worker drafts, for `LEASE_SECONDS` from now."""
    try:
        if await lease.owned():
            return bool(await lease.reacquire())
    except LockError:  # it expired in between
        return False
    return bool(await lease.acquire())

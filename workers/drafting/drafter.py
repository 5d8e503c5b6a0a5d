"""Drafting: while no patient waits, the model is asked which questions each chunk answers.

State lives with the chunks alone (`drafted`), so a kill at any line costs a repeat of what was not
written. Redis holds who drafts, so that two workers seldom ask for the same chunk, and how often a
chunk was tried, because one that kills the engine must not be asked for ever.

Drafts never come before questions: a round starts only while nobody waits for a slot, takes few
slots at bulk priority, and its embedding and writing have a thread of their own.
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
#: Chunks of one round are one in so many slots: a patient who asks meanwhile finds the others.
SHARE: Final = 8
#: How far a draft stands behind bulk questions in the engine's queue.
BEHIND: Final = 1
#: Seconds between two looks, while questions keep the engine busy.
BUSY: Final = 0.2
#: Seconds between two looks for new chunks, or after a failure.
IDLE: Final = 5.0
#: Seconds to the next try after a clinic's documents were being changed.
CHANGING: Final = 30.0
#: Seconds after which another worker may draft, where this one was killed.
LEASE: Final = 60
#: Tries after which a chunk is left without questions.
ATTEMPTS: Final = 3
#: Seconds between two cancellations at a stop.
_STOP: Final = 0.1
#: Seconds for which a chunk's tries are remembered.
REMEMBERED: Final = 86_400

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What this worker drafted."""

    chunks: int = 0
    questions: int = 0


@dataclass(slots=True)
class Drafter:
    """One worker's loop over the chunks that no model was asked for. Lives in the drain's loop.

    Attributes:
        knowledge: where chunks are.
        prompter: asks for a chunk's questions.
        generator: of the worker's engine.
        slots: shared with the questions.
        redis: who drafts, and failed tries.
        settings: how many questions; whether to ask again.
        on_dead: told that the engine is gone.
        paused: whether the drain is: then nothing is drafted either.
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
    #: In the place of a version, where a chunk was left without questions. It is this worker's:
    #: with `redraft` the next one asks again, and this one does not.
    _gave_up: str = field(default_factory=lambda: f"gave-up-{uuid.uuid4().hex[:8]}")
    _again: bool = False
    _stopping: bool = False
    _task: "asyncio.Task[None] | None" = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="drafting")
    )

    def start(self) -> None:
        """Draft in a task of its own, until `stop` or the engine's end."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End it; a draft on its way is dropped, and asked for again some day.

        redis-py 8.1 swallows up to half of the cancellations that hit its calls (measured), so one
        is not enough.
        """
        self._stopping = True
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_STOP)

    async def _run(self) -> None:
        self._again = self.settings.redraft
        lease = self.redis.lock(keys.DRAFTING, timeout=LEASE, blocking=False)
        pause = 0.0
        try:
            while not self._stopping:
                await asyncio.sleep(pause)
                pause = await self._turn(lease)
        except EngineDeadError as error:
            self.on_dead(error)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            with suppress(RedisError, LockError):
                await lease.release()

    async def _turn(self, lease: "Lock") -> float:
        """One round, where there is one; seconds until the next."""
        try:
            if not await _mine(lease):
                return IDLE
            if self.paused() or not self.slots.quiet:
                return BUSY
            return await self._round()
        except BusyError:
            return CHANGING  # whose chunks may be others now
        except (KnowledgeError, RedisError) as error:
            _log.warning("drafting_paused", error=type(error).__name__)
            return IDLE
        except EngineDeadError:
            raise
        except Exception:  # noqa: BLE001 - whatever breaks here, questions go on
            _log.exception("drafting_failed")
            return IDLE

    async def _round(self) -> float:
        began = time.perf_counter()
        chunks = await self._find(max(1, self.slots.share.total // SHARE))
        if not chunks:
            return IDLE
        if not self.slots.quiet:  # since the look
            return BUSY
        tries = [await self._try(each) for each in chunks]
        spent = [each for each, count in zip(chunks, tries, strict=True) if count > ATTEMPTS]
        if spent:
            _log.warning("chunks_left_without_questions", chunks=[each.key for each in spent])
            await self._write(dict.fromkeys(spent, ()), self._gave_up)
        left = [each for each in chunks if each not in spent]
        made = await asyncio.gather(*map(self._ask, left), return_exceptions=True)
        for each in made:
            if isinstance(each, BaseException) and not isinstance(each, GenerationError):
                raise each
        drafts = {
            each: got
            for each, got in zip(left, made, strict=True)
            if not isinstance(got, BaseException)
        }
        await self._write(drafts, self.prompter.version)
        _log.info(
            "chunks_drafted",
            chunks=len(drafts),
            questions=sum(map(len, drafts.values())),
            failed=len(left) - len(drafts),
            seconds=round(time.perf_counter() - began, 3),
        )
        return 0.0 if drafts or spent else IDLE

    async def _find(self, limit: int) -> Sequence[UndraftedChunk]:
        """Chunks nobody was asked for; then, once, those that another model was asked for."""
        found = await self._threaded(lambda: self.knowledge.store.undrafted(limit))
        if not found and self._again:
            done = frozenset({self.prompter.version, self._gave_up})
            found = await self._threaded(lambda: self.knowledge.store.undrafted(limit, but=done))
            self._again = bool(found)
        return found

    async def _try(self, wanted: UndraftedChunk) -> int:
        """Count a try before it begins: one that ends this process counts."""
        tries = int(await self.redis.hincrby(keys.DRAFT_TRIES, wanted.key, 1))
        await self.redis.expire(keys.DRAFT_TRIES, REMEMBERED)
        return tries

    async def _ask(self, wanted: UndraftedChunk) -> tuple[str, ...]:
        prompt = self.prompter.build(wanted.chunk)
        request = f"draft-{wanted.key}-{uuid.uuid4().hex[:8]}"
        try:
            made, _ = await self.generator.generate(Turn(Lane.BULK), request, prompt, behind=BEHIND)
        except asyncio.CancelledError:
            await self._forget([wanted.key])  # a stop in order is no failed try
            raise
        # An example of the prompt that is given back is no question of the chunk either.
        return read_drafts(made.text, prompt.text, self.settings.chunk_questions)

    async def _write(self, drafts: Mapping[UndraftedChunk, tuple[str, ...]], version: str) -> None:
        try:
            for tenant in {each.tenant for each in drafts}:
                own = {each.key: drafts[each] for each in drafts if each.tenant == tenant}
                draft = partial(self.knowledge.draft, tenant, own, version)
                written = await self._threaded(draft)
                self.tally.chunks += len(written)
                self.tally.questions += sum(len(own[key]) for key in written)
            await self._threaded(self.knowledge.store.tidy)
        finally:
            await self._forget([each.key for each in drafts])  # whatever failed, no chunk did

    async def _forget(self, chunks: Sequence[str]) -> None:
        if chunks:
            await self.redis.hdel(keys.DRAFT_TRIES, *chunks)

    async def _threaded(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _mine(lease: "Lock") -> bool:
    """Whether this worker drafts, for `LEASE` seconds from now."""
    try:
        if await lease.owned():
            return bool(await lease.reacquire())
    except LockError:  # it expired in between
        return False
    return bool(await lease.acquire())

"""Builds a drain from its parts and runs it in a thread of its own, beside Celery."""

import asyncio
import os
import socket
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Thread
from typing import Final, cast

from ingestion.knowledge.errors import EmbeddingUnavailableError, KnowledgeError
from workers.answering.errors import TemplateError
from workers.answering.quoting.selector import Selector, load_selector
from workers.answering.templates import Templates
from workers.contracts import logs
from workers.contracts.claims import Settlement
from workers.contracts.connection import connect_async
from workers.contracts.drains import DrainReport, withdraw
from workers.contracts.question import Way
from workers.drafting.drafter import Drafter
from workers.drafting.prompt import DraftPrompter
from workers.drain.loop import Drain
from workers.engine.protocol import Engine, EngineDeadError, EngineStartError
from workers.knowledge import held_knowledge
from workers.monitor.report import Reporter
from workers.settings import WorkerSettings
from workers.wiring import Wiring

#: How long a thread keeps the interpreter while another waits for it, Python's default being 5 ms.
#: The loop gives it away at each of its many short calls, and takes its turn after each search.
SWITCH_SECONDS: Final = 0.0005

_log = logs.logger(__name__)
#: Seconds before a hint to the dispatcher: one for all outcomes that settle meanwhile.
_HINT_SECONDS = 0.05


def load_engine(settings: WorkerSettings) -> Engine:
    """The engine named by `ATENDE_ENGINE`, not started."""
    module, _, name = settings.engine.partition(":")
    return cast("Engine", getattr(import_module(module), name)(settings))


def _selector_of(settings: WorkerSettings) -> Selector | None:
    """The selector of quotes. Where answers are written, a worker does without."""
    try:
        return load_selector(settings)
    except EmbeddingUnavailableError as error:
        if settings.way is Way.QUOTE:
            raise
        _log.warning("no_quotes", error=str(error), kept="what cannot be sent goes to a person")
        return None


class DrainService:
    """A drain in a thread with its own asyncio loop.

    Where the engine dies or never starts, the process leaves with status 70 (EX_SOFTWARE), so
    that its supervisor starts a fresh one.

    Args:
        settings: the worker's settings.
        hint: tells the dispatcher that outcomes wait for delivery; may block.
        leave: ends the process with an exit status; the engine's processes end with it.
        reporter: reports the drain to others, and holds its switch.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        hint: Callable[[], None],
        leave: Callable[[int], None] = os._exit,
        reporter: Reporter | None = None,
    ) -> None:
        self._reporter = reporter or Reporter()
        self._settings = settings
        self._hint = hint
        self._leave = leave
        self._worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wiring: Wiring | None = None
        self._drafter: Drafter | None = None
        self._stopping = False
        # vLLM's processes are bound to the thread that starts them: it lives as long as they do.
        self._thread = Thread(target=self._run, name="drain", daemon=True)

    def start(self) -> None:
        """Start the thread; the engine loads while Celery goes on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop claiming, end or release what is in flight, stop the engine; returns after that."""
        self._stopping = True
        if self._loop is not None and self._wiring is not None:
            self._loop.call_soon_threadsafe(self._wiring.drain.stop)
        self._thread.join()

    def _run(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            asyncio.run(self._main())
        except (KnowledgeError, EngineStartError, TemplateError) as error:
            _log.error("drain_not_started", error=str(error))
            self._leave(os.EX_SOFTWARE)
        except EngineDeadError as error:
            _log.error("engine_died", error=str(error), kept="claims expire and are taken over")
            self._leave(os.EX_SOFTWARE)
        except Exception:  # noqa: BLE001 - a thread that dies silently drains nothing
            _log.exception("drain_failed")
            self._leave(os.EX_SOFTWARE)

    async def _main(self) -> None:
        settings = self._settings
        self._loop = asyncio.get_running_loop()
        templates = Templates.load(settings.prompt_dir)
        knowledge = await asyncio.to_thread(held_knowledge, settings)
        await asyncio.to_thread(knowledge.warm)
        selector = await asyncio.to_thread(_selector_of, settings)
        engine = load_engine(settings)
        redis = connect_async(settings)

        async def on_heartbeat(drain: Drain) -> None:
            if not engine.healthy:
                drain.fail(EngineDeadError("the engine's processes are gone"))
                return
            await self._reporter.report(redis)

        try:
            await engine.start()
            wiring = self._wiring = Wiring(
                redis=redis,
                knowledge=knowledge,
                engine=engine,
                templates=templates,
                settings=settings,
                worker=self._worker,
                on_heartbeat=on_heartbeat,
                on_settled=self._on_settled,
                selector=selector,
            )
            if self._stopping:
                return
            self._attach(wiring, engine)
            prompter = DraftPrompter(templates, engine.tokenizer, engine.model, settings)
            if prompter.count:
                self._drafter = Drafter(
                    knowledge,
                    prompter,
                    wiring.generator,
                    wiring.slots,
                    redis,
                    settings,
                    wiring.engine_died,
                    paused=lambda: self._reporter.switch.paused,
                )
                self._drafter.start()
            rules = wiring.slots.rules
            _log.info(
                "drain_started",
                worker=self._worker,
                model=engine.model,
                slots=rules.total,
                bulk_slots=rules.total - rules.reserved,
                bulk_beside_live=None if rules.yield_seconds is None else rules.beside,
                retrieval_threads=wiring.retrieval_threads,
            )
            await wiring.drain.run()
            await withdraw(redis, self._worker)
        finally:
            self._reporter.detach()
            if self._drafter is not None:
                await self._drafter.stop()
            await engine.shutdown()
            if self._wiring is not None:
                self._wiring.pipeline.close()
            await redis.aclose()

    def _attach(self, wiring: Wiring, engine: Engine) -> None:
        """Put the drain on its switch: it claims once the first report has read that it may."""
        switch, drain = self._reporter.switch, wiring.drain
        switch.watch(lambda: drain.pause(paused=switch.paused))
        drain.pause(paused=switch.paused)
        self._reporter.attach(
            lambda: (self._report(drain, engine), wiring.flights.stages()), wiring.meters
        )

    def _report(self, drain: Drain, engine: Engine) -> DrainReport:
        return DrainReport(
            worker=self._worker,
            at=time.time(),
            model=engine.model,
            slots=engine.slots,
            in_flight=len(drain.flights),
            stopping=drain.stopping,
            claims=drain.claim_calls,
            claimed=drain.claimed,
            drafted=self._drafter.tally.chunks if self._drafter else 0,
        )

    # -- hints to the dispatcher ----------------------------------------------------------------

    _hint_task: asyncio.Task[None] | None = None

    def _on_settled(self, settlements: Sequence[Settlement]) -> None:
        to_deliver = any(item.claim.request.reply_to for item in settlements)
        if to_deliver and (self._hint_task is None or self._hint_task.done()):
            self._hint_task = asyncio.create_task(self._send_hint())

    async def _send_hint(self) -> None:
        await asyncio.sleep(_HINT_SECONDS)
        try:
            await asyncio.to_thread(self._hint)
        except Exception as error:  # noqa: BLE001 - a mere hint: the periodic dispatch finds them
            _log.warning("hint_missed", error=type(error).__name__)

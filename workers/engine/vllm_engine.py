"""vLLM as the engine.

Beside this, `arguments` and `continuation` alone import it.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, cast

import structlog

from workers.engine import machine
from workers.engine.arguments import converted, reason
from workers.engine.continuation import Continuation
from workers.engine.lora import Adapter, check_fit, find
from workers.engine.model import ModelError, ModelSource, resolve
from workers.engine.plan import QUIET, EnginePlan, check_memory, plan
from workers.engine.protocol import (
    EngineDeadError,
    EngineStartError,
    Generation,
    GenerationError,
    Prompt,
    Tokenizer,
)
from workers.settings import WorkerSettings

if TYPE_CHECKING:  # vLLM takes 10 s to import: only who starts the engine waits for that
    from vllm.lora.request import LoRARequest
    from vllm.outputs import RequestOutput
    from vllm.v1.engine.async_llm import AsyncLLM

_log = structlog.get_logger(__name__)

#: Time that the engine's processes get to end by themselves, in seconds.
END_SECONDS = 10.0

#: Time in which an engine that lives says so between two steps, in seconds.
ALIVE_SECONDS = 60.0


class VllmEngine:
    """vLLM's AsyncLLM with continuous batching, inside one event loop.

    The thread whose loop calls `start` must live until `shutdown`: the engine's processes end
    with it (see `workers.engine.orphans`).
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._prepared: tuple[ModelSource, EnginePlan, Adapter | None] | None = None
        self._lora: LoRARequest | None = None
        self._hangs = False
        self._llm: AsyncLLM | None = None
        self._processes: list[BaseProcess] = []

    @property
    def model(self) -> str:
        """The model's name, as answers show it; with an adapter `model+adapter`."""
        source, _, adapter = self._prepare()
        return f"{source.name}+{adapter.name}" if adapter else source.name

    @property
    def plan(self) -> EnginePlan:
        """What it is started with, and why. Raises EngineStartError."""
        return self._prepare()[1]

    @property
    def slots(self) -> int:
        """Questions generated at the same time."""
        return self.plan.slots

    @property
    def compute_bound(self) -> bool:
        """Whether each generation slows the others: on a processor. Known before the start."""
        self._prepare()
        return not _on_gpu()

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return cast("Tokenizer", self._running().get_tokenizer())

    @property
    def healthy(self) -> bool:
        """Whether it runs."""
        return self._llm is not None and not self._llm.errored and not self._hangs

    def _prepare(self) -> tuple[ModelSource, EnginePlan, Adapter | None]:
        """Find the model and decide the arguments, once."""
        if self._prepared is None:
            for name, value in QUIET.items():  # vLLM reads them when it is imported
                os.environ.setdefault(name, value)
            try:
                source, adapter = resolve(self._settings), find(self._settings.lora)
                if adapter:
                    own = machine.shapes(str(adapter.folder))
                    check_fit(adapter, source.name, own, machine.shapes(source.location))
            except ModelError as error:
                raise EngineStartError(str(error)) from error
            here = machine.look(gpu=_on_gpu())
            self._prepared = source, plan(self._settings, source, here, adapter), adapter
        return self._prepared

    async def start(self) -> None:
        """Load the model. The loop stands still meanwhile: about 40 s on 2 cores.

        Raises:
            EngineStartError: no model, a wrong setting, too little memory, or vLLM's own reason.
        """
        began = time.monotonic()
        source, chosen, adapter = self._prepare()
        for name, value in chosen.environment.items():
            os.environ.setdefault(name, value)
        arguments = chosen.arguments | converted(self._settings.engine_args)
        self._check_memory(source, chosen)
        _log.info("engine.starting", model=self.model, chosen=chosen.told)
        if source.demonstration:
            _log.warning("engine.demonstration", model=source.name, note="must not advise patients")
        try:
            self._llm = self._launch(arguments)
            # The first request would ask for them, and miss an abort meanwhile.
            await self._llm.get_supported_tasks()
            if adapter:
                await self._load(self._llm, adapter)
        except Exception as error:
            await self.shutdown()
            raise EngineStartError(
                f"vLLM could not start {self.model}: {reason(error)}. Its own log lines above "
                "say more (ATENDE_ENGINE_ARGS and VLLM_LOGGING_LEVEL=INFO help to find out)."
            ) from error
        _log.info("engine.started", model=self.model, seconds=round(time.monotonic() - began, 1))

    def _launch(self, arguments: dict[str, Any]) -> "AsyncLLM":
        from vllm import AsyncEngineArgs  # noqa: PLC0415 (10 s to import)
        from vllm.v1.engine.async_llm import AsyncLLM  # noqa: PLC0415

        before = multiprocessing.active_children()
        try:
            return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
        finally:
            now = multiprocessing.active_children()
            self._processes = [process for process in now if process not in before]

    async def _load(self, llm: "AsyncLLM", adapter: Adapter) -> None:
        """Load the adapter now: one that does not fit the model must not fail each question."""
        from vllm.lora.request import LoRARequest  # noqa: PLC0415

        self._lora = LoRARequest(adapter.name, 1, str(adapter.folder))
        try:
            await llm.add_lora(self._lora)
        except Exception as error:
            raise ValueError(f"the adapter ATENDE_LORA={adapter.folder}: {error}") from error

    def _check_memory(self, source: ModelSource, chosen: EnginePlan) -> None:
        if not _on_gpu():  # vLLM checks a GPU's memory itself
            dtype = str(chosen.arguments["dtype"])
            weights = machine.weights_bytes(source, dtype)
            check_memory(self._settings, weights, chosen.cache_bytes(os.environ), machine.free())

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """Generate one answer. Raises GenerationError or EngineDeadError, as `Engine` says."""
        if not resume:
            output = await self._run(request_id, prompt, priority, ())
            return _generation(prompt, output, output.outputs[0].text, ())
        before = Continuation(self.tokenizer, prompt, resume)
        if before.ended:
            text, kept = before.text(before.kept), before.kept
            return Generation(text, before.ended, len(prompt.token_ids), len(kept), 0, kept)
        output = await self._run(request_id, prompt, priority, before.kept)
        made = output.outputs[0]
        end_token = made.finish_reason == "stop" and not isinstance(made.stop_reason, str)
        text = before.text((*before.kept, *made.token_ids), end_token=end_token)
        return _generation(prompt, output, text, before.kept)

    async def _run(
        self, request_id: str, prompt: Prompt, priority: int, kept: tuple[int, ...]
    ) -> "RequestOutput":
        from vllm import SamplingParams  # noqa: PLC0415
        from vllm.exceptions import VLLMError  # noqa: PLC0415
        from vllm.inputs import tokens_input  # noqa: PLC0415
        from vllm.sampling_params import RequestOutputKind  # noqa: PLC0415

        llm = self._running()
        sampling = SamplingParams(
            temperature=self._settings.temperature,
            max_tokens=prompt.max_tokens - len(kept),
            stop=list(prompt.stop),
            output_kind=RequestOutputKind.FINAL_ONLY,  # saves a wake-up per token
        )
        tokens = tokens_input([*prompt.token_ids, *kept])
        final: RequestOutput | None = None
        try:
            async with asyncio.timeout(self._settings.generate_seconds):
                async for output in llm.generate(
                    tokens, sampling, request_id, priority=priority, lora_request=self._lora
                ):
                    final = output
        except TimeoutError:  # vLLM has aborted it
            raise await self._overdue(request_id) from None
        except (VLLMError, ValueError) as error:
            raise self._translated(error, request_id) from error
        if final is None:
            raise GenerationError(f"vLLM ended question {request_id} without an output.")
        return final

    async def _overdue(self, request_id: str) -> Exception:
        """Whether one generation takes too long, or the engine makes no progress for anyone."""
        from vllm.exceptions import VLLMError  # noqa: PLC0415

        limit = f"ATENDE_GENERATE_SECONDS={self._settings.generate_seconds:g}"
        try:
            async with asyncio.timeout(ALIVE_SECONDS):
                await self._running().is_sleeping()  # it answers between two steps, or never
        except TimeoutError:
            self._hangs = True
            return EngineDeadError(
                f"The engine hangs: {request_id} took longer than {limit}, and for "
                f"{ALIVE_SECONDS:g} s more the engine did not say that it lives."
            )
        except VLLMError as error:
            return self._translated(error, request_id)
        return GenerationError(f"Question {request_id} took longer than {limit}; it was aborted.")

    def _translated(self, error: Exception, request_id: str) -> Exception:
        from vllm.v1.engine.exceptions import EngineDeadError as VllmDeadError  # noqa: PLC0415

        if isinstance(error, VllmDeadError) or not self.healthy:
            return EngineDeadError(f"The engine ended while it answered {request_id}: {error}")
        reason = error.__cause__ or error
        return GenerationError(f"vLLM could not answer question {request_id}: {reason}")

    async def abort(self, request_id: str) -> None:
        """End a generation early; its `generate` returns with `abort` and what there is so far."""
        await self._running().abort(request_id)

    async def shutdown(self) -> None:
        """End vLLM's processes. Safe twice, and after a failed start.

        Without it a warm shutdown of a Celery worker never ends (seen).
        """
        llm, self._llm = self._llm, None
        if llm is not None:
            llm.shutdown(timeout=END_SECONDS)
            await asyncio.sleep(0)  # its output task sees its cancellation
        for process in self._processes:
            process.join(END_SECONDS)
            process.kill()
        self._processes = []

    def _running(self) -> "AsyncLLM":
        if self._llm is None:
            raise EngineDeadError(
                "The engine is not running: it was not started, or was shut down."
            )
        return self._llm


def _on_gpu() -> bool:
    from vllm.platforms import current_platform  # noqa: PLC0415 (imports torch)

    return not current_platform.is_cpu()


def _generation(
    prompt: Prompt, output: "RequestOutput", text: str, kept: tuple[int, ...]
) -> Generation:
    completion = output.outputs[0]
    return Generation(
        text=text,
        finish_reason=completion.finish_reason or "stop",
        prompt_tokens=len(prompt.token_ids),
        completion_tokens=len(kept) + len(completion.token_ids),
        cached_tokens=min(output.num_cached_tokens or 0, len(prompt.token_ids)),
        token_ids=(*kept, *completion.token_ids),
    )

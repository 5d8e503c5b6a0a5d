"""vLLM as the engine, and the boundary where its errors become ours.

Beside this, `arguments`, `continuation` and `setup` alone import it.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, cast

import structlog

from workers.engine.arguments import reason_of, vllm_arguments, with_chat
from workers.engine.continuation import Continuation
from workers.engine.lora import Adapter
from workers.engine.plan import EnginePlan
from workers.engine.protocol import (
    EngineDeadError,
    EngineError,
    EngineStartError,
    Generation,
    GenerationError,
    Prompt,
    Tokenizer,
)
from workers.engine.setup import EngineSetup, engine_setup
from workers.settings import WorkerSettings

if TYPE_CHECKING:  # vLLM takes 10 s to import: only who starts the engine waits for that
    from vllm.lora.request import LoRARequest
    from vllm.outputs import RequestOutput
    from vllm.v1.engine.async_llm import AsyncLLM

_log = structlog.get_logger(__name__)

#: Seconds in which the engine's processes may end by themselves.
END_SECONDS = 10.0

#: What is added to a token's logit so that it is never sampled; vLLM takes no less.
_NEVER = -100.0

#: Seconds within which a living engine answers between two steps.
ALIVE_SECONDS = 60.0


class VllmEngine:
    """vLLM's AsyncLLM with continuous batching, inside one event loop.

    The thread whose loop calls `start` must live until `shutdown`: the engine's processes end
    with it (see `workers.engine.orphans`).
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._read_setup: EngineSetup | None = None
        self._lora: LoRARequest | None = None
        self._hangs = False
        self._bounds_thinking = False
        self._llm: AsyncLLM | None = None
        self._processes: list[BaseProcess] = []

    @property
    def _setup(self) -> EngineSetup:
        """The model and the arguments, found and chosen once. Raises EngineStartError."""
        if self._read_setup is None:
            self._read_setup = engine_setup(self._settings)
        return self._read_setup

    @property
    def model(self) -> str:
        """The model's name, as answers show it; with an adapter `model+adapter`."""
        return self._setup.model

    @property
    def plan(self) -> EnginePlan:
        """What it is started with, and why. Raises EngineStartError."""
        return self._setup.plan

    @property
    def slots(self) -> int:
        """Questions generated at the same time."""
        return self.plan.slots

    @property
    def compute_bound(self) -> bool:
        """Whether one generation alone fills it: on a processor. Known before the start."""
        return not self._setup.gpu

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return cast("Tokenizer", self._running().get_tokenizer())

    @property
    def healthy(self) -> bool:
        """Whether it runs."""
        return self._llm is not None and not self._llm.errored and not self._hangs

    async def start(self) -> None:
        """Load the model. The loop stands still meanwhile: about 40 s on 2 cores.

        Raises:
            EngineStartError: no model, a wrong setting, too little memory, or vLLM's own reason.
        """
        start = time.monotonic()
        setup = self._setup
        for name, value in setup.plan.environment.items():
            os.environ.setdefault(name, value)
        arguments = setup.plan.arguments | vllm_arguments(self._settings.engine_args)
        setup.check_memory(self._settings)
        _log.info("engine.starting", model=self.model, chosen=setup.plan.explanation)
        if setup.source.demonstration:
            name, note = setup.source.name, "must not advise patients"
            _log.warning("engine.demonstration", model=name, note=note)
        try:
            arguments = with_chat(arguments, self._settings)
            self._bounds_thinking = "reasoning_config" in arguments
            self._llm = self._launch(arguments)
            # The first request would ask for them, and miss an abort meanwhile.
            await self._llm.get_supported_tasks()
            if setup.adapter:
                await self._load(self._llm, setup.adapter)
        except EngineStartError:
            raise
        except Exception as error:
            await self.shutdown()
            raise EngineStartError(
                f"vLLM could not start {self.model}: {reason_of(error)}. Its own log lines above "
                "say more (ATENDE_ENGINE_ARGS and VLLM_LOGGING_LEVEL=INFO help to find out)."
            ) from error
        _log.info("engine.started", model=self.model, seconds=round(time.monotonic() - start, 1))

    def _launch(self, arguments: dict[str, Any]) -> "AsyncLLM":
        from vllm import AsyncEngineArgs  # noqa: PLC0415 (10 s to import)
        from vllm.v1.engine.async_llm import AsyncLLM  # noqa: PLC0415

        others = multiprocessing.active_children()
        try:
            return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
        finally:
            children = multiprocessing.active_children()
            self._processes = [process for process in children if process not in others]

    async def _load(self, llm: "AsyncLLM", adapter: Adapter) -> None:
        """Load the adapter now: one that does not fit the model must not fail each question."""
        from vllm.lora.request import LoRARequest  # noqa: PLC0415

        self._lora = LoRARequest(adapter.name, 1, str(adapter.folder))
        try:
            await llm.add_lora(self._lora)
        except Exception as error:
            raise ValueError(f"the adapter ATENDE_LORA={adapter.folder}: {error}") from error

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """Generate one answer. Raises GenerationError or EngineDeadError, as `Engine` does."""
        if not resume:
            output = await self._run(request_id, prompt, priority, ())
            return _generation(prompt, output, output.outputs[0].text, ())
        first = Continuation(self.tokenizer, prompt, resume)
        prefix = first.prefix
        if first.ended:
            text, reason = prompt.thinking.answer(first.text(prefix), first.ended)
            return Generation(text, reason, len(prompt.token_ids), len(prefix), 0, prefix)
        output = await self._run(request_id, prompt, priority, prefix)
        rest = output.outputs[0]
        end_token = rest.finish_reason == "stop" and not isinstance(rest.stop_reason, str)
        text = first.text((*prefix, *rest.token_ids), end_token=end_token)
        return _generation(prompt, output, text, prefix)

    async def _run(
        self, request_id: str, prompt: Prompt, priority: int, prefix: tuple[int, ...]
    ) -> "RequestOutput":
        from vllm import SamplingParams  # noqa: PLC0415
        from vllm.inputs import tokens_input  # noqa: PLC0415
        from vllm.sampling_params import RequestOutputKind  # noqa: PLC0415

        llm = self._running()
        final: RequestOutput | None = None
        try:
            with self._translating(request_id):
                own = prompt.temperature
                sampling = SamplingParams(
                    temperature=self._settings.temperature if own is None else own,
                    max_tokens=prompt.max_tokens - len(prefix),
                    stop=list(prompt.stop),
                    skip_special_tokens=prompt.thinking.special is None,
                    logit_bias=dict.fromkeys(prompt.thinking.forbidden, _NEVER) or None,
                    thinking_token_budget=self._thinking_budget(prompt),
                    output_kind=RequestOutputKind.FINAL_ONLY,  # saves a wake-up per token
                )
                tokens = tokens_input([*prompt.token_ids, *prefix])
                async with asyncio.timeout(self._settings.generate_seconds):
                    async for output in llm.generate(
                        tokens, sampling, request_id, priority=priority, lora_request=self._lora
                    ):
                        final = output
        except TimeoutError:  # vLLM has aborted it
            raise await self._overdue(request_id) from None
        if final is None:
            raise GenerationError(f"vLLM ended question {request_id} without an output.")
        return final

    def _thinking_budget(self, prompt: Prompt) -> int | None:
        """The tokens after which vLLM ends the thinking; None where it would refuse to."""
        return (prompt.thinking.tokens or None) if self._bounds_thinking else None

    async def _overdue(self, request_id: str) -> EngineError:
        """Whether one generation takes too long, or the engine makes no progress for anyone."""
        limit = f"ATENDE_GENERATE_SECONDS={self._settings.generate_seconds:g}"
        try:
            with self._translating(request_id):
                async with asyncio.timeout(ALIVE_SECONDS):
                    await self._running().is_sleeping()  # it answers between two steps, or never
        except TimeoutError:
            self._hangs = True
            return EngineDeadError(
                f"The engine hangs: {request_id} took longer than {limit}, and for "
                f"{ALIVE_SECONDS:g} s more the engine gave no sign of life."
            )
        return GenerationError(f"Question {request_id} took longer than {limit}; it was aborted.")

    @contextmanager
    def _translating(self, request_id: str) -> Iterator[None]:
        """Turn what vLLM raises into the engine's death, or the failure of one question."""
        from vllm.exceptions import VLLMError  # noqa: PLC0415
        from vllm.v1.engine.exceptions import EngineDeadError as VllmDeadError  # noqa: PLC0415

        try:
            yield
        except (VLLMError, ValueError) as error:
            if isinstance(error, VllmDeadError) or not self.healthy:
                message = f"The engine ended while it answered {request_id}: {error}"
                raise EngineDeadError(message) from error
            cause = error.__cause__ or error
            message = f"vLLM could not answer question {request_id}: {cause}"
            raise GenerationError(message) from error

    async def abort(self, request_id: str) -> None:
        """End a generation early; its `generate` returns with `abort` and what there is so far."""
        with self._translating(request_id):
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


def _generation(
    prompt: Prompt, output: "RequestOutput", text: str, prefix: tuple[int, ...]
) -> Generation:
    completion = output.outputs[0]
    answer, reason = prompt.thinking.answer(text, completion.finish_reason or "stop")
    return Generation(
        text=answer,
        finish_reason=reason,
        prompt_tokens=len(prompt.token_ids),
        completion_tokens=len(prefix) + len(completion.token_ids),
        cached_tokens=min(output.num_cached_tokens or 0, len(prompt.token_ids)),
        token_ids=(*prefix, *completion.token_ids),
    )

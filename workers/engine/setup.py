"""What the engine is started with here: the model, its adapter, and the plan for this machine."""

import os
from dataclasses import dataclass

from workers.engine import machine
from workers.engine.lora import Adapter, adapter_of, check_fit
from workers.engine.model import ModelSource, model_source
from workers.engine.plan import QUIET, EnginePlan, check_memory, plan
from workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """The model and the plan, before anything is loaded.

    Attributes:
        source: the model.
        adapter: its LoRA adapter, if one is set.
        plan: vLLM's arguments, with reasons.
        gpu: vLLM runs on an accelerator.
    """

    source: ModelSource
    adapter: Adapter | None
    plan: EnginePlan
    gpu: bool

    @property
    def model(self) -> str:
        """The model's name, as answers show it; with an adapter `model+adapter`."""
        return f"{self.source.name}+{self.adapter.name}" if self.adapter else self.source.name

    def check_memory(self, settings: WorkerSettings) -> None:
        """Refuse to start where the memory is too short now; vLLM checks a GPU's itself.

        Raises:
            EngineStartError: with the numbers.
        """
        if not self.gpu:
            weights = machine.weights_bytes(self.source, str(self.plan.arguments["dtype"]))
            cache = self.plan.cache_bytes(os.environ)
            check_memory(settings, weights, cache, machine.free_bytes())


def engine_setup(settings: WorkerSettings) -> EngineSetup:
    """Find the model and choose the arguments. Imports vLLM's platforms: seconds.

    Raises:
        EngineStartError: no usable model or adapter, or settings that contradict each other.
    """
    for name, value in QUIET.items():  # vLLM reads them when it is imported
        os.environ.setdefault(name, value)
    source, adapter = model_source(settings), adapter_of(settings.lora)
    if adapter:
        shapes = machine.weight_shapes(str(adapter.folder))
        check_fit(adapter, source.name, shapes, machine.weight_shapes(source.location))
    gpu = _has_gpu()
    return EngineSetup(
        source, adapter, plan(settings, source, machine.this_machine(gpu=gpu), adapter), gpu
    )


def _has_gpu() -> bool:
    from vllm.platforms import current_platform  # noqa: PLC0415 (imports torch)

    return not current_platform.is_cpu()

"""What the engine is started with here: the model, its adapter, and the plan for this machine."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from workers.engine import machine
from workers.engine.lora import Adapter, adapter_of, check_fit
from workers.engine.model import ModelSource, model_source
from workers.engine.plan import QUIET, EnginePlan, check_memory, plan
from workers.engine.shape import read_shape
from workers.engine.step import Card
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from vllm.platforms import Platform

_log = structlog.get_logger(__name__)


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
    gpu, card = _accelerator()
    here = machine.this_machine(gpu=gpu, card=card)
    shape = read_shape(source.location)
    return EngineSetup(source, adapter, plan(settings, source, here, adapter, shape), gpu)


def _accelerator() -> tuple[bool, Card | None]:
    """Whether vLLM runs on one, and which; the card is None where its driver does not say."""
    from vllm.platforms import current_platform  # noqa: PLC0415 (imports torch)

    if current_platform.is_cpu():
        return False, None
    return True, card_of(current_platform)


def card_of(platform: "Platform") -> Card | None:
    """The first GPU, asked as vLLM asks: CUDA is not initialised here, which would stop forks."""
    try:
        capability = platform.get_device_capability() if platform.is_cuda() else None
        return Card(
            name=platform.get_device_name(),
            memory=platform.get_device_total_memory(),
            capability=(capability.major, capability.minor) if capability else None,
        )
    except Exception as error:  # noqa: BLE001 - drivers fail in ways of their own: vLLM's table then
        _log.warning("engine.card_unknown", error=f"{type(error).__name__}: {error}")
        return None

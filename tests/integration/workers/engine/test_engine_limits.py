"""The real vLLM with an adapter, and what happens when it takes too long or hangs."""

import asyncio
import gc
import os
import signal
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from tests.integration.workers.engine.adapters import write_adapter
from workers.engine import vllm_engine
from workers.engine.model import ModelError, model_source
from workers.engine.protocol import EngineDeadError, EngineStartError, GenerationError, Prompt
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.drill,  # each starts an engine of its own
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore"),  # vLLM and torch use what they themselves deprecate
]

T = TypeVar("T")


class Loop:
    """The engine's event loop, which stands still between two calls."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> WorkerSettings:
    settings = WorkerSettings(
        kv_cache_gib=0.5,
        engine_slots=2,
        context_tokens=512,
        lora=str(write_adapter(tmp_path_factory.mktemp("lora") / "clinica")),
    )
    try:
        model_source(settings)
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return settings


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.loop.close()
    gc.collect()  # zmq warns of what a killed engine left, here and not at the end of all tests


@pytest.fixture(scope="module")
def engine(loop: Loop, settings: WorkerSettings) -> Iterator[VllmEngine]:
    engine = VllmEngine(settings)
    loop.run(engine.start())
    yield engine
    loop.run(engine.shutdown())


def counting(engine: VllmEngine, tokens: int) -> Prompt:
    text = "Lista de números: 1, 2, 3, 4, 5, 6, 7, 8,"
    return Prompt(text, tuple(engine.tokenizer.encode(text)), (), tokens)


def limit(
    seconds: float, engine: VllmEngine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = settings.model_copy(update={"generate_seconds": seconds})
    monkeypatch.setattr(engine, "_settings", changed)


def test_every_answer_is_generated_with_the_adapter(
    loop: Loop, engine: VllmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.model == "gemma-3-270m+clinica"
    assert "enable_lora=True (ATENDE_LORA=clinica)" in engine.plan.explanation
    prompt = counting(engine, 8)
    adapted = loop.run(engine.generate("adapted", prompt, priority=0))
    monkeypatch.setattr(engine, "_lora", None)
    plain = loop.run(engine.generate("plain", prompt, priority=0))
    assert plain.text.startswith(" 9, 10")
    assert not adapted.text.startswith(" 9, 10")  # random weights say nothing of use


def test_a_generation_that_takes_too_long_fails_alone(
    loop: Loop, engine: VllmEngine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both() -> list[object]:
        other = asyncio.create_task(engine.generate("other", counting(engine, 30), priority=0))
        await asyncio.sleep(0)  # it has begun, with the usual limit
        limit(0.3, engine, settings, monkeypatch)
        long = engine.generate("long", counting(engine, 400), priority=0)
        return list(await asyncio.gather(long, other, return_exceptions=True))

    long, other = loop.run(both())
    assert isinstance(long, GenerationError)
    assert "ATENDE_GENERATE_SECONDS=0.3; it was aborted" in str(long)
    assert not isinstance(other, BaseException)
    assert engine.healthy


def test_an_engine_that_hangs_counts_as_dead(
    loop: Loop, engine: VllmEngine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(0.5, engine, settings, monkeypatch)
    monkeypatch.setattr(vllm_engine, "ALIVE_SECONDS", 0.5)
    monkeypatch.setattr(vllm_engine, "END_SECONDS", 1.0)
    children = psutil.Process().children(recursive=True)
    family = [child for child in children if child.name().startswith("VLLM::")]
    family[0].send_signal(signal.SIGSTOP)
    with pytest.raises(EngineDeadError, match="The engine hangs"):
        loop.run(engine.generate("stuck", counting(engine, 8), priority=0))
    assert not engine.healthy
    loop.run(engine.shutdown())
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_an_adapter_of_another_model_is_refused_at_the_start(
    loop: Loop, settings: WorkerSettings, tmp_path: Path
) -> None:
    foreign = write_adapter(tmp_path / "foreign", width=320)
    with pytest.raises(EngineStartError, match="foreign was trained on another model"):
        loop.run(VllmEngine(settings.model_copy(update={"lora": str(foreign)})).start())

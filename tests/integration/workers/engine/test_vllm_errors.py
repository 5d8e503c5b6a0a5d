"""No error of vLLM leaves the engine: all become ours. No weights are read."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

from workers.engine.model import ModelError
from workers.engine.protocol import (
    EngineDeadError,
    EngineError,
    EngineStartError,
    GenerationError,
    Prompt,
)
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # vLLM and torch use what they themselves deprecate
]

PROMPT = Prompt("", (5,), (), 4)


class FailingLLM:
    """In the place of vLLM's AsyncLLM: whatever is called raises the error."""

    def __init__(self, error: Exception, *, errored: bool = False) -> None:
        self.error = error
        self.errored = errored

    async def generate(self, *_: object, **__: object) -> AsyncIterator[object]:
        self._fail()
        yield

    async def abort(self, _: str) -> None:
        self._fail()

    async def is_sleeping(self) -> bool:
        self._fail()

    def _fail(self) -> NoReturn:
        raise self.error


CALLS: dict[str, Callable[[VllmEngine], Coroutine[Any, Any, object]]] = {
    "generate": lambda engine: engine.generate("a", PROMPT, priority=0),
    "abort": lambda engine: engine.abort("a"),
    "_overdue": lambda engine: engine._overdue("a"),  # noqa: SLF001 - after a time-out
}


@cache
def vllm_errors() -> list[type[Exception]]:
    """Every exception that vLLM's two modules of errors define, or that has their root."""
    modules = [import_module(f"vllm.{name}") for name in ("exceptions", "v1.engine.exceptions")]
    members = [value for module in modules for value in vars(module).values()]
    kinds = {each for each in members if inspect.isclass(each) and issubclass(each, Exception)}
    unseen = list(kinds)
    while unseen:
        children = set(unseen.pop().__subclasses__()) - kinds
        kinds |= children
        unseen += children
    return sorted(kinds, key=str)


def error_of(kind: type[Exception]) -> Exception:
    """One of the kind, whatever arguments that takes."""
    bare = {"__init__": lambda _: None, "__str__": lambda _: "no room"}
    error: Exception = type(kind.__name__, (kind,), bare)()
    return error


def failing(error: Exception, *, errored: bool = False) -> VllmEngine:
    engine = VllmEngine(WorkerSettings())
    engine._llm = FailingLLM(error, errored=errored)  # type: ignore[assignment] # noqa: SLF001
    return engine


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_error_of_vllm_is_one_of_ours(
    call: Callable[[VllmEngine], Coroutine[Any, Any, object]],
) -> None:
    assert len(vllm_errors()) > 10
    for kind in (*vllm_errors(), ValueError):
        error = error_of(kind)
        ours = EngineDeadError if kind.__name__ == "EngineDeadError" else GenerationError
        with pytest.raises(ours) as caught:
            asyncio.run(call(failing(error)))
        assert caught.value.__cause__ is error
        assert isinstance(caught.value, EngineError)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_whatever_a_dead_engine_says_is_its_death(
    call: Callable[[VllmEngine], Coroutine[Any, Any, object]],
) -> None:
    for kind in vllm_errors():
        with pytest.raises(EngineDeadError):
            asyncio.run(call(failing(error_of(kind), errored=True)))


def test_every_error_at_the_start_says_that_it_could_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.json").touch()
    settings = WorkerSettings(model=str(tmp_path), kv_cache_gib=0.001)
    monkeypatch.setattr("workers.engine.machine.free_bytes", lambda: 1 << 40)
    monkeypatch.setattr("workers.engine.vllm_engine.with_chat", lambda arguments, _: arguments)
    for kind in (*vllm_errors(), RuntimeError, ValueError):
        error, engine = error_of(kind), VllmEngine(settings)

        def launch(_: object, error: Exception = error) -> NoReturn:
            raise error

        monkeypatch.setattr(engine, "_launch", launch)
        with pytest.raises(EngineStartError, match="vLLM could not start") as caught:
            asyncio.run(engine.start())
        assert caught.value.__cause__ is error


def test_a_model_that_cannot_be_used_is_an_engine_that_cannot_start() -> None:
    with pytest.raises(ModelError) as caught:
        asyncio.run(VllmEngine(WorkerSettings(model="/no/such/folder")).start())
    assert isinstance(caught.value, EngineStartError)

"""The real vLLM with the prepared model, in a thread of its own as in a worker."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from ingestion.knowledge.passage import Passage
from workers.answering.prompt import Prompter
from workers.answering.read import read_answer
from workers.answering.templates import Templates
from workers.engine.continuation import Continuation
from workers.engine.model import ModelError, model_source
from workers.engine.protocol import (
    EngineDeadError,
    EngineStartError,
    Generation,
    GenerationError,
    Prompt,
)
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(900),  # two cores that others use as well: the start alone took 290 s once
    pytest.mark.filterwarnings("ignore"),  # vLLM and torch use what they themselves deprecate
]

T = TypeVar("T")

SCRIPT = """
import asyncio, os, signal, sys
import psutil
from workers.engine.protocol import EngineDeadError
from workers.engine.protocol import Prompt
from workers.settings import WorkerSettings
from workers.engine.vllm_engine import VllmEngine

def family():
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if child.name().startswith("VLLM::")]

async def main():
    engine = VllmEngine(WorkerSettings(kv_cache_gib=0.5, engine_slots=2, context_tokens=512))
    await engine.start()
    prompt = Prompt("", tuple(range(100, 160)), (), 400)
    running = asyncio.create_task(engine.generate("one", prompt, priority=0))
    await asyncio.sleep(1)
    print("ready", *family(), flush=True)
    try:
        await running
        print("answered", flush=True)
    except EngineDeadError:
        print("dead", engine.healthy, flush=True)
    await engine.shutdown()
    await engine.shutdown()

if __name__ == "__main__":
    asyncio.run(main())
"""


class Loop:
    """An event loop in a thread: where the engine lives in a worker."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="drain")
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def settings() -> WorkerSettings:
    settings = WorkerSettings(
        kv_cache_gib=0.5, engine_slots=2, context_tokens=512, answer_tokens=40
    )
    try:
        model_source(settings)
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return settings


@pytest.fixture(scope="module")
def engine(loop: Loop, settings: WorkerSettings) -> Iterator[VllmEngine]:
    engine = VllmEngine(settings)
    loop.run(engine.start())
    yield engine
    loop.run(engine.shutdown())


def prompt(engine: VllmEngine, text: str, tokens: int, stop: tuple[str, ...] = ()) -> Prompt:
    return Prompt(text, tuple(engine.tokenizer.encode(text)), stop, tokens)


def family() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.name().startswith("VLLM::")]


def test_what_it_says_of_itself(engine: VllmEngine) -> None:
    assert engine.healthy
    assert engine.slots == 2
    assert engine.model == "gemma-3-270m"
    assert engine.tokenizer.chat_template is None
    assert len(family()) >= 2


def test_an_answer_from_a_passage(loop: Loop, engine: VllmEngine, settings: WorkerSettings) -> None:
    text = "Exame de urina. Custa R$ 35,00. O resultado sai em 3 dias."
    passage = Passage("1", "urina.pdf", "Exames", (), 1, text, 1.0, 0.9)
    price = Prompter(Templates.load(), engine.tokenizer, settings).build(
        "quanto custa o exame de urina?", [passage], "pt"
    )
    generation = loop.run(engine.generate("price", price, priority=0))
    reading = read_answer(generation.text, generation.finish_reason)
    assert generation.prompt_tokens == len(price.token_ids)
    assert 0 < generation.completion_tokens <= settings.answer_tokens
    assert reading.text is None or "\n" not in reading.text
    again = loop.run(engine.generate("again", price, priority=0))
    assert again.cached_tokens >= 128  # one block of vLLM's prefix cache on a processor


def test_a_short_answer_leaves_before_a_long_one(loop: Loop, engine: VllmEngine) -> None:
    async def both() -> list[tuple[str, Generation]]:
        ended: list[tuple[str, Generation]] = []

        async def one(name: str, tokens: int) -> None:
            question = prompt(engine, "Era uma vez uma clínica que", tokens)
            ended.append((name, await engine.generate(name, question, priority=0)))

        await asyncio.gather(one("long", 60), one("short", 3))
        return ended

    ended = loop.run(both())
    assert [name for name, _ in ended] == ["short", "long"]
    assert ended[0][1].completion_tokens == 3
    assert ended[0][1].finish_reason == "length"


def test_a_lower_priority_number_goes_first_while_slots_are_full(
    loop: Loop, engine: VllmEngine
) -> None:
    async def queue() -> list[str]:
        ended: list[str] = []

        async def one(name: str, priority: int) -> None:
            await engine.generate(name, prompt(engine, f"{name}: era", 12), priority=priority)
            ended.append(name)

        tasks = [asyncio.create_task(one(f"bulk{n}", 1)) for n in range(6)]
        await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(one("interactive", 0)))
        await asyncio.gather(*tasks)
        return ended

    assert "interactive" in loop.run(queue())[:4]  # after the two that ran already, not at the end


def test_an_aborted_generation_ends_alone(loop: Loop, engine: VllmEngine) -> None:
    async def abort() -> tuple[Generation, Generation]:
        long = prompt(engine, "Lista de números: 1, 2, 3,", 400)
        doomed = asyncio.create_task(engine.generate("doomed", long, priority=0))
        other = asyncio.create_task(
            engine.generate("other", prompt(engine, "Um, dois,", 30), priority=0)
        )
        await asyncio.sleep(0.3)
        await engine.abort("doomed")
        await engine.abort("unknown")
        return await doomed, await other

    doomed, other = loop.run(abort())
    assert doomed.finish_reason == "abort"
    assert doomed.completion_tokens < 400
    assert other.finish_reason in {"stop", "length"}


# The model goes on counting without a doubt, so rounding never changes its choice.
LONG = "Lista de números: 1, 2, 3, 4, 5, 6, 7, 8,"


def cut(loop: Loop, engine: VllmEngine, question: Prompt) -> Generation:
    """What there is of an answer that was aborted: some of it, however busy the machine is."""

    async def work(seconds: float) -> Generation:
        running = asyncio.create_task(engine.generate("cut", question, priority=1))
        await asyncio.sleep(seconds)
        await engine.abort("cut")
        return await running

    parts = (loop.run(work(0.6 * 2**doublings)) for doublings in range(6))
    return next(part for part in parts if part.token_ids)


def test_an_aborted_answer_goes_on_as_if_nothing_had_cut_it(loop: Loop, engine: VllmEngine) -> None:
    question = prompt(engine, LONG, 120)
    whole = loop.run(engine.generate("whole", question, priority=1))
    part = cut(loop, engine, question)
    assert part.finish_reason == "abort"
    assert 0 < part.completion_tokens == len(part.token_ids) < 120
    assert whole.text.startswith(part.text)
    resumed = loop.run(engine.generate("cut", question, priority=1, resume=part.token_ids))
    assert resumed.text == whole.text
    assert resumed.token_ids == whole.token_ids
    assert resumed.finish_reason == whole.finish_reason
    assert resumed.completion_tokens == whole.completion_tokens
    assert resumed.prompt_tokens == len(question.token_ids)
    assert resumed.cached_tokens <= len(question.token_ids)


def test_a_cut_keeps_whole_characters_and_no_beginning_of_a_stop_text(engine: VllmEngine) -> None:
    # Spaces, accents, a sign of four tokens, and a stop text of two.
    text = " 😀 Olá, coração!\nação 𓀀 日本語 \n\nfim \n\nPergunta"
    answer = engine.tokenizer.encode(text, add_special_tokens=False)
    tokens = len(answer) - 1  # the last one completes the stop text
    question = prompt(engine, "Texto:", tokens, stop=("\n\nPergunta",))
    for length in range(1, tokens + 1):
        first = Continuation(engine.tokenizer, question, answer[:length])
        assert answer[: len(first.prefix)] == list(first.prefix)
        assert text.startswith(first.text(first.prefix))
        assert "\ufffd" not in first.text(first.prefix)
    assert first.ended == "length"


def test_a_stop_text_that_the_cut_went_through_is_found(loop: Loop, engine: VllmEngine) -> None:
    question = prompt(engine, "1\n2\n3\n4\n5", 20)
    free = loop.run(engine.generate("free", question, priority=0))
    stop = free.text[3:7]
    stopped = replace(question, stop=(stop,))
    expected = loop.run(engine.generate("stopped", stopped, priority=0))
    assert stop not in expected.text
    for length in range(1, len(free.token_ids)):
        generation = loop.run(
            engine.generate("stopped", stopped, priority=0, resume=free.token_ids[:length])
        )
        assert (generation.text, generation.finish_reason) == (expected.text, "stop")


def test_an_answer_that_was_cut_at_its_limit_is_not_generated_again(
    loop: Loop, engine: VllmEngine
) -> None:
    question = prompt(engine, LONG, 8)
    whole = loop.run(engine.generate("full", question, priority=0))
    again = loop.run(engine.generate("full", question, priority=0, resume=whole.token_ids))
    assert again == replace(whole, cached_tokens=0)


def test_an_abort_before_the_first_token_gives_an_empty_part(
    loop: Loop, engine: VllmEngine
) -> None:
    async def abort() -> Generation:
        running = asyncio.create_task(engine.generate("early", prompt(engine, LONG, 8), priority=1))
        await asyncio.sleep(0)
        await engine.abort("early")
        return await running

    generation = loop.run(abort())
    assert (generation.finish_reason, generation.text, generation.token_ids) == ("abort", "", ())


def test_an_abort_after_the_end_changes_nothing(loop: Loop, engine: VllmEngine) -> None:
    async def race(seconds: float) -> Generation:
        running = asyncio.create_task(engine.generate("race", prompt(engine, LONG, 3), priority=1))
        await asyncio.sleep(seconds)
        await engine.abort("race")
        return await running

    for step in range(12):
        generation = loop.run(race(step * 0.03))
        assert generation.finish_reason in {"abort", "length"}
        assert (generation.finish_reason == "length") == (generation.completion_tokens == 3)
    assert loop.run(engine.generate("race", prompt(engine, LONG, 3), priority=1)).token_ids


def test_a_prompt_that_is_too_long_fails_alone(loop: Loop, engine: VllmEngine) -> None:
    async def both() -> tuple[Generation | BaseException, Generation | BaseException]:
        return await asyncio.gather(
            engine.generate("huge", prompt(engine, "palavra " * 900, 5), priority=0),
            engine.generate("fine", prompt(engine, "Um, dois,", 5), priority=0),
            return_exceptions=True,
        )

    huge, fine = loop.run(both())
    assert isinstance(huge, GenerationError)
    assert "huge" in str(huge)
    assert isinstance(fine, Generation)
    assert engine.healthy


def test_a_stop_text_ends_the_answer(loop: Loop, engine: VllmEngine) -> None:
    question = prompt(engine, "1\n2\n3\n4\n5", 20, stop=("\n7",))
    generation = loop.run(engine.generate("stop", question, priority=0))
    assert "7" not in generation.text


def test_a_cancelled_caller_frees_its_slot(loop: Loop, engine: VllmEngine) -> None:
    async def cancel() -> Generation:
        long = prompt(engine, "Lista de números: 1, 2, 3,", 400)
        tasks = [
            asyncio.create_task(engine.generate(f"gone{n}", long, priority=0)) for n in range(2)
        ]
        await asyncio.sleep(0.3)
        for task in tasks:
            task.cancel()
        return await engine.generate("next", prompt(engine, "Um, dois,", 3), priority=0)

    assert loop.run(cancel()).completion_tokens == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"engine_args": {"gpu_memory_utilisation": 0.5}}, "did you mean 'gpu_memory_utilization'"),
        ({"kv_cache_gib": 9e5}, "Too little memory.*ATENDE_KV_CACHE_GIB"),
        ({"engine_args": {"quantization": "nonsense"}}, "vLLM could not start gemma-3-270m"),
        ({"model": "/no/such/folder"}, "there is no such folder"),
    ],
)
def test_a_start_that_cannot_work_says_why_and_leaves_nothing(
    loop: Loop, settings: WorkerSettings, change: dict[str, Any], message: str
) -> None:
    pids = {process.pid for process in family()}
    broken = VllmEngine(settings.model_copy(update=change))
    with pytest.raises(EngineStartError, match=message):
        loop.run(broken.start())
    assert not broken.healthy
    loop.run(broken.shutdown())
    assert {process.pid for process in family()} == pids


def test_shutdown_ends_every_process(loop: Loop, engine: VllmEngine) -> None:
    processes = family()
    loop.run(engine.shutdown())
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert alive == []
    assert not engine.healthy
    with pytest.raises(EngineDeadError, match="was shut down"):
        loop.run(engine.generate("late", Prompt("", (5,), (), 1), priority=0))


# -- in processes of their own, as they are killed ----------------------------------------------


@pytest.fixture
def worker(settings: WorkerSettings) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:  # noqa: ARG001
    """A process that generates, and the ids of its engine's processes."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout
    line = next(line for line in process.stdout if line.startswith("ready"))
    yield process, [int(pid) for pid in line.split()[1:]]
    process.kill()
    process.communicate()


def gone(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(psutil.pid_exists, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.drill
def test_nothing_of_the_engine_outlives_a_killed_worker(
    worker: tuple["subprocess.Popen[str]", list[int]],
) -> None:
    process, pids = worker
    assert len(pids) >= 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone(pids, 5)


@pytest.mark.drill
def test_a_dead_engine_is_told_from_a_failed_question(
    worker: tuple["subprocess.Popen[str]", list[int]],
) -> None:
    process, pids = worker
    os.kill(pids[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert "dead False" in out
    assert process.returncode == 0
    assert gone(pids, 5)

"""The real vLLM with a model whose chat template opens a thinking: it ends, and nobody sees it."""

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ingestion.knowledge.passage import Passage
from workers.answering.prompt import AnswerPrompt, Prompter
from workers.answering.templates import Templates
from workers.engine.model import ModelError, model_source
from workers.engine.protocol import EngineStartError
from workers.engine.thinking import Thinking
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.drill,  # it starts an engine of its own
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore"),  # vLLM and torch use what they themselves deprecate
]

T = TypeVar("T")

#: Gemma has MedGemma's marks as tokens of its own, without a meaning.
THINKS = """
{{- bos_token }}{% for turn in messages %}{{ turn.role + ": " + turn.content + "\n" }}{% endfor %}
{{- "<unused94>thought\n" }}"""
THINKING_TOKENS, ANSWER_TOKENS = 12, 20


class Loop:
    """The engine's event loop, which stands still between two calls."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


def with_template(folder: Path, template: str) -> WorkerSettings:
    """The embedded model under a chat template, in a folder of its own."""
    try:
        source = Path(model_source(WorkerSettings()).location)
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    for path in source.iterdir():
        if path.name != "tokenizer_config.json":
            (folder / path.name).symlink_to(path)
    config = json.loads((source / "tokenizer_config.json").read_text("utf-8"))
    config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return WorkerSettings(
        model=str(folder),
        kv_cache_gib=0.5,
        engine_slots=2,
        context_tokens=512,
        answer_tokens=ANSWER_TOKENS,
        thinking_tokens=THINKING_TOKENS,
        model_dtype="float32",  # what is read at once and what token by token: no rounding differs
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> WorkerSettings:
    return with_template(tmp_path_factory.mktemp("thinks"), THINKS)


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.loop.close()


@pytest.fixture(scope="module")
def engine(loop: Loop, settings: WorkerSettings) -> Iterator[VllmEngine]:
    engine = VllmEngine(settings)
    loop.run(engine.start())
    yield engine
    loop.run(engine.shutdown())


@pytest.fixture(scope="module")
def question(engine: VllmEngine, settings: WorkerSettings) -> AnswerPrompt:
    passage = Passage("1", "urina.pdf", "Exames", (), 1, "O exame custa R$ 35,00.", 1.0, 0.9)
    day = date(2026, 11, 26)  # prompts say the date: another day would be another test
    prompter = Prompter(Templates.load(), engine.tokenizer, settings, lambda: day)
    return prompter.build("quanto custa o exame de urina?", [passage], "pt")


def mark(engine: VllmEngine) -> int:
    (token,) = engine.tokenizer.encode("<unused95>", add_special_tokens=False)
    return token


def test_a_thinking_is_ended_after_its_tokens_and_the_answer_has_its_own(
    loop: Loop, engine: VllmEngine, question: AnswerPrompt
) -> None:
    generation = loop.run(engine.generate("thinks", question, priority=0))
    assert question.thinking.opened
    thought = generation.token_ids.index(mark(engine))
    assert thought <= THINKING_TOKENS
    assert generation.completion_tokens > thought + 1
    assert generation.completion_tokens <= THINKING_TOKENS + ANSWER_TOKENS
    decode = engine.tokenizer.decode  # type: ignore[attr-defined]
    answer = decode(generation.token_ids[thought + 1 :], skip_special_tokens=True)
    assert generation.text.strip() == answer.strip()


def test_one_that_was_aborted_inside_its_thinking_goes_on_and_ends_alike(
    loop: Loop, engine: VllmEngine, question: AnswerPrompt
) -> None:
    whole = loop.run(engine.generate("whole", question, priority=0))
    for length in (3, THINKING_TOKENS + 3):
        part = whole.token_ids[:length]
        resumed = loop.run(engine.generate(f"on{length}", question, priority=0, resume=part))
        assert (resumed.text, resumed.token_ids) == (whole.text, whole.token_ids)


def test_a_generation_that_is_cut_inside_its_thinking_has_no_text(
    loop: Loop, engine: VllmEngine, question: AnswerPrompt
) -> None:
    short = replace(question, max_tokens=THINKING_TOKENS // 2)
    generation = loop.run(engine.generate("short", short, priority=0))
    assert (generation.text, generation.finish_reason) == ("", "length")


def test_a_forbidden_token_is_never_written(
    loop: Loop, engine: VllmEngine, question: AnswerPrompt
) -> None:
    plain = loop.run(engine.generate("plain", replace(question, thinking=Thinking()), priority=0))
    first = plain.token_ids[0]
    forbidding = replace(question, thinking=Thinking(forbidden=(first,)))
    generation = loop.run(engine.generate("forbidding", forbidding, priority=0))
    assert first not in generation.token_ids
    assert generation.completion_tokens > 0


def test_a_template_that_cannot_be_used_is_refused_before_the_weights_are_read(
    loop: Loop, tmp_path: Path
) -> None:
    engine = VllmEngine(with_template(tmp_path, "{{ raise_exception('no') }}"))
    with pytest.raises(EngineStartError, match=r"TemplateError: no.*ATENDE_PROMPT_STYLE"):
        loop.run(engine.start())
    assert not engine.healthy

"""Chat templates of model families, tried as at a worker's start."""

from datetime import date

import pytest

from tests.chat_templates.families import FAMILIES, tokenizer_of
from workers.engine.chat import Chat
from workers.engine.protocol import EngineStartError
from workers.engine.trial import chat_of
from workers.settings import WorkerSettings

MESSAGES = [
    {"role": "system", "content": "Responda com os trechos."},
    {"role": "user", "content": "Qual o jejum?"},
]
USABLE = sorted(set(FAMILIES) - {"unusable"})


def chat(family: str, **settings: object) -> Chat:
    chosen = chat_of(tokenizer_of(family), WorkerSettings.model_validate(settings))
    assert chosen is not None
    return chosen


@pytest.mark.parametrize("family", USABLE)
def test_the_model_sees_the_system_text_and_the_question_once_each(family: str) -> None:
    text = chat(family).text(MESSAGES)
    assert text.count("Responda com os trechos.") == 1
    assert text.count("Qual o jejum?") == 1
    assert text.index("trechos.") < text.index("Qual")


@pytest.mark.parametrize("family", ["gemma-2", "mistral-7b", "phi-3-medium"])
def test_the_system_text_begins_the_users_where_the_template_takes_no_other(family: str) -> None:
    assert not chat(family).system_role  # it refuses, it wants turns to alternate, it drops it
    assert "Responda com os trechos.\n\nQual o jejum?" in chat(family).text(MESSAGES)


@pytest.mark.parametrize("family", ["llama-3.1", "qwen2.5", "mistral-small", "phi-4", "gpt-oss"])
def test_the_system_text_stays_a_message_of_its_own_where_the_template_has_one(family: str) -> None:
    assert chat(family).system_role


def test_a_template_that_wants_parts_gets_parts() -> None:
    assert chat("parts").parts
    assert not chat("qwen2.5").parts


def test_a_template_that_cannot_be_used_is_refused_with_what_was_tried_and_what_to_do() -> None:
    with pytest.raises(EngineStartError) as refusal:
        chat("unusable", model="/models/strange")
    message = str(refusal.value)
    assert "ATENDE_MODEL=/models/strange" in message
    assert "before the user's text: TemplateError: A conversation has three turns" in message
    assert "ATENDE_PROMPT_STYLE=completion" in message


def test_a_template_that_leaves_the_question_out_is_refused() -> None:
    tokenizer = tokenizer_of("qwen2.5")
    tokenizer.chat_template = "{{ messages[0].content[:42] }}"  # type: ignore[misc]
    with pytest.raises(EngineStartError, match="it leaves out the question"):
        chat_of(tokenizer, WorkerSettings())


def test_a_tokenizer_without_a_readable_template_is_refused_with_the_setting() -> None:
    with pytest.raises(EngineStartError, match=r'"tokenizer_mode": "hf"'):
        chat_of(object(), WorkerSettings())  # type: ignore[arg-type] # as vLLM's Mistral tokenizer


def test_no_template_is_used_where_there_is_none_or_a_setting_says_so() -> None:
    tokenizer = tokenizer_of("unusable")
    assert chat_of(tokenizer, WorkerSettings(prompt_style="completion")) is None
    tokenizer.chat_template = None  # type: ignore[misc]
    assert chat_of(tokenizer, WorkerSettings()) is None
    with pytest.raises(EngineStartError, match="cannot be used"):
        chat_of(tokenizer, WorkerSettings(prompt_style="chat"))


# -- thinking ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "variables", "end"),
    [
        ("qwen3", {"enable_thinking": False}, "<think>\n\n</think>\n\n"),
        ("deepseek-v3.1", {"thinking": False}, "></think>"),
        ("granite-3.3", {"thinking": False}, "assistant<|end_of_role|>"),
        ("nemotron-nano", {}, "<think></think>"),
    ],
)
def test_thinking_is_switched_off_where_the_template_can(
    family: str, variables: dict[str, object], end: str
) -> None:
    chosen = chat(family)
    assert chosen.variables == variables
    text = chosen.text(MESSAGES)
    assert text.endswith(end)
    assert "thoughts" not in text
    assert (chosen.marks, chosen.tokens, chosen.thinking(text).opened) == (None, 0, False)


@pytest.mark.parametrize("family", ["deepseek-r1-distill", "qwen3-thinking"])
def test_a_thinking_that_the_template_opens_has_tokens_of_its_own(family: str) -> None:
    chosen = chat(family, thinking_tokens=300)
    thinking = chosen.thinking(chosen.text(MESSAGES))
    assert (thinking.opened, thinking.tokens) == (True, 300)
    assert thinking.answer("São 8 horas", "stop") == ("", "length")


def test_a_thinking_that_the_template_begins_itself_is_open_until_its_end() -> None:
    chosen = chat("seed-oss")
    assert chosen.variables == {"thinking_budget": 0}
    text = chosen.text(MESSAGES)
    assert text.endswith("<seed:think><seed:cot_budget_reflect>")
    rest = "The budget is 0.</seed:cot_budget_reflect></seed:think>São 8 horas."
    assert chosen.thinking(text).answer(rest, "stop") == ("São 8 horas.", "stop")
    assert chosen.thinking(text).answer("The budget is 0.", "stop") == ("", "length")


def test_the_token_that_opens_a_thinking_is_forbidden_where_there_should_be_none() -> None:
    def forbidden(family: str, **settings: int) -> list[str]:
        chosen = chat(family, **settings)
        tokens = chosen.thinking(chosen.text(MESSAGES)).forbidden
        return [chosen.tokenizer.added_tokens_decoder[token].content for token in tokens]

    assert forbidden("qwen3") == ["<think>"]
    assert forbidden("medgemma") == ["<unused94>"]
    assert forbidden("deepseek-r1-distill") == []
    assert forbidden("deepseek-r1-distill", thinking_tokens=0) == ["<think>"]
    assert forbidden("gpt-oss", thinking_tokens=0) == []  # the final channel begins with it, too
    assert forbidden("llama-3.1") == []


def test_it_is_closed_before_it_begins_where_the_setting_leaves_it_no_tokens() -> None:
    chosen = chat("deepseek-r1-distill", thinking_tokens=0)
    text = chosen.text(MESSAGES)
    assert text.endswith("><think>\n\n</think>\n\n")
    assert not chosen.thinking(text).opened


def test_an_effort_that_is_only_written_is_the_lowest_and_still_thinks() -> None:
    chosen = chat("gpt-oss")
    assert chosen.variables == {"reasoning_effort": "low"}
    assert chosen.tokens == WorkerSettings().thinking_tokens
    assert "Reasoning: low" in chosen.text(MESSAGES)


def test_an_effort_that_the_template_knows_as_none_is_none() -> None:
    tokenizer = tokenizer_of("qwen3-thinking")
    template = str(tokenizer.chat_template).replace(
        "<think>\\n", "<think>\\n' + ('</think>' if reasoning_effort == 'none' else '') + '"
    )
    tokenizer.chat_template = template.replace('"', "'")  # type: ignore[misc]
    chosen = chat_of(tokenizer, WorkerSettings())
    assert chosen is not None
    assert (chosen.variables, chosen.tokens) == ({"reasoning_effort": "none"}, 0)


@pytest.mark.parametrize("family", ["magistral", "gpt-oss"])
def test_marks_that_are_special_tokens_stay_until_the_thinking_is_told_apart(family: str) -> None:
    chosen = chat(family)
    marks = chosen.marks
    assert marks is not None
    raw = f"{marks.opening} 12 horas? {marks.closing}São 8 horas.</s><|return|>"
    ids = chosen.token_ids(raw)
    decode = chosen.tokenizer.decode  # type: ignore[attr-defined]
    assert marks.opening not in decode(ids, skip_special_tokens=True)
    thinking = chosen.thinking(chosen.text(MESSAGES))
    assert thinking.special is not None  # so the engine keeps them
    answer = thinking.answer(decode(ids, skip_special_tokens=False), "stop")[0]
    assert "8 horas" in answer
    assert "12" not in answer
    assert not thinking.special.search(answer)


@pytest.mark.parametrize("family", ["llama-3.1", "qwen2.5", "gemma-2", "gemma-3", "phi-4"])
def test_a_template_that_says_nothing_of_thinking_gets_no_tokens_for_it(family: str) -> None:
    assert (chat(family).marks, chat(family).tokens, dict(chat(family).variables)) == (None, 0, {})


# -- what stands before the text -----------------------------------------------------------------


@pytest.mark.parametrize("family", USABLE)
def test_the_first_token_is_there_once_where_the_tokenizer_wants_one(family: str) -> None:
    chosen = chat(family)
    tokens = FAMILIES[family]
    ids = list(chosen.token_ids(chosen.text(MESSAGES)))
    decode = chosen.tokenizer.decode  # type: ignore[attr-defined]
    text = decode(ids, skip_special_tokens=False)
    if tokens.bos and tokens.adds_bos:
        assert text.startswith(tokens.bos)
        assert text.count(tokens.bos) == 1
    else:
        assert chosen.prefix == ()


def test_one_that_the_template_does_not_write_is_added() -> None:
    assert len(chat("phi-3-medium").prefix) == 1
    assert chat("llama-3.1").prefix == ()


# -- dates and versions --------------------------------------------------------------------------


def test_a_date_of_the_templates_own_is_todays() -> None:
    day = date(2026, 11, 26)
    assert "Today Date: 26 Nov 2026" in chat("llama-3.1").text(MESSAGES, day)
    assert "Today Date: 26 Jul 2024" in chat("llama-3.1").text(MESSAGES)
    assert chat("qwen2.5").text(MESSAGES, day) == chat("qwen2.5").text(MESSAGES)


def test_how_a_template_is_used_is_told() -> None:
    assert chat("gemma-2").usage.startswith("system text: before the user's text; thinking: ")
    assert "enable_thinking=False, none expected" in chat("qwen3").usage
    assert "300 tokens at most" in chat("gpt-oss", thinking_tokens=300).usage
    assert chat("qwen3").usage != chat("qwen2.5").usage

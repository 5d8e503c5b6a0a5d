from typing import Any

import pytest
from openai.types.chat import completion_create_params
from pydantic import ValidationError

from api.chat_schemas import AtendeOut, ChatCompletionOut, ChatIn
from api.problems import field_errors
from workers.contracts.question import Citation, Outcome, Question, Request, Status, Usage, Way

CHAT: dict[str, Any] = {"model": "atende", "messages": [{"role": "user", "content": "jejum?"}]}
OUTCOME = Outcome(
    status=Status.ANSWERED,
    text="Sim, 8 horas.",
    refused="Não.",
    faults=("number",),
    searched=("jejum de Maria",),
    way=Way.WRITE,
    citations=(Citation(document="a.pdf", title="A", quote="8 horas"),),
    usage=Usage(prompt_tokens=7, completion_tokens=3, cached_tokens=2),
)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tool_choice": "required"},
        {"tool_choice": {"type": "function"}},
        {"functions": [{"name": "f"}]},
        {"function_call": {"name": "f"}},
        {"web_search_options": {}},
        {"audio": {"voice": "alloy", "format": "wav"}},
        {"modalities": ["text", "audio"]},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"moderation": {"model": "omni-moderation-latest"}},
        {"logprobs": True},
        {"top_logprobs": 3},
        {"stream": "sometimes"},
        {"metadata": {"a": 1}},
        {"messages": []},
        {"temprature": 0},
    ],
)
def test_what_cannot_be_had_is_refused_and_named(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        ChatIn.model_validate(CHAT | fields)
    assert {each.field.split("/")[1] for each in field_errors(error.value)} == {*fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1, "tools": [], "tool_choice": "auto", "function_call": "none", "logprobs": False},
        {"modalities": ["text"], "response_format": {"type": "text"}, "audio": None},
        {"temperature": 0.3, "max_tokens": 5, "seed": 1, "user": "x", "store": True, "stop": ["a"]},
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    ],
)
def test_what_only_tunes_a_model_is_taken(fields: dict[str, Any]) -> None:
    asked = ChatIn.model_validate(CHAT | fields)
    assert asked.wants_usage is ("stream" in fields)


def test_every_field_of_the_client_is_known() -> None:
    base = completion_create_params.CompletionCreateParamsBase.__annotations__
    assert {*base, "stream"} == {*ChatIn.model_fields}


def test_a_message_that_was_answered_may_be_sent_back_as_it_came() -> None:
    echoed: dict[str, Any] = {
        "role": "assistant",
        "content": "Sim.",
        "refusal": None,
        "annotations": [],
    }
    assert ChatIn.model_validate(CHAT | {"messages": [echoed]}).messages[0].content == "Sim."


def question(outcome: Outcome) -> Question:
    asked = Request(tenant="clinica", question="jejum?", asked_at=1000.5)
    return Question(id="a" * 32, request=asked, status=outcome.status, outcome=outcome)


def test_a_completion_has_the_answer_the_tokens_and_the_sources() -> None:
    completion = ChatCompletionOut.of(question(OUTCOME), OUTCOME)
    (choice,) = completion.choices
    assert (choice.message.content, choice.finish_reason) == ("Sim, 8 horas.", "stop")
    assert completion.id == "chatcmpl-" + "a" * 32
    assert completion.created == 1000
    assert completion.usage.total_tokens == 10
    assert completion.usage.prompt_tokens_details.cached_tokens == 2
    assert completion.atende.citations == OUTCOME.citations
    assert completion.atende.links.self == "/v1/questions/" + "a" * 32


def test_what_must_not_reach_a_patient_is_not_shown() -> None:
    shown = AtendeOut.of("a" * 32, OUTCOME).model_dump_json()
    assert not {"refused", "faults", "searched"} & {*AtendeOut.model_fields}
    assert "Não." not in shown
    assert "Maria" not in shown


def test_an_answer_that_was_cut_says_so() -> None:
    outcome = OUTCOME.model_copy(update={"finish_reason": "length"})
    (choice,) = ChatCompletionOut.of(question(outcome), outcome).choices
    assert choice.finish_reason == "length"

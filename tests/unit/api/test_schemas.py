import pytest
from pydantic import ValidationError

from api.problems import field_errors
from api.schemas import BatchItem, QuestionIn, QuestionOut, WaitQuery
from workers.contracts.question import Lane, Question, Request, Status
from workers.contracts.reply import WebhookAddress


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "/question"),
        ({"question": ""}, "/question"),
        ({"question": " \n\t "}, "/question"),
        ({"question": "a\x00b"}, "/question"),
        ({"question": 7}, "/question"),
        ({"question": None}, "/question"),
        ({"question": "a", "lane": "fast"}, "/lane"),
        ({"question": "a", "metadata": []}, "/metadata"),
        ({"question": "a", "metadata": None}, "/metadata"),
        ({"question": "a", "metadata": {"a": float("inf")}}, "/metadata/a/float"),
        ({"question": "a", "expires_in": 0}, "/expires_in"),
        ({"question": "a", "expires_in": "60"}, "/expires_in"),
        ({"question": "a", "expires_in": True}, "/expires_in"),
        ({"question": "a", "expires_in": 10**30}, "/expires_in"),
        ({"question": "a", "conversation_id": "a\nb"}, "/conversation_id"),
        ({"question": "a", "callback_url": ""}, "/callback_url"),
        ({"question": "a", "callback_url": "https://a.example/" + "x" * 2000}, "/callback_url"),
        ({"question": "a", "unknown": 1}, "/unknown"),
        ({"question": "a", "tenant": "another"}, "/tenant"),
        ({"question": "a", "idempotency_key": "with space"}, "/idempotency_key"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as error:
        BatchItem.model_validate(fields)
    assert [problem.field for problem in field_errors(error.value)] == [wrong]


def test_a_long_name_of_an_unknown_field_is_cut() -> None:
    with pytest.raises(ValidationError) as error:
        QuestionIn.model_validate({"question": "a", "x" * 1000: 1})
    assert len(field_errors(error.value)[0].field) == 65


def test_white_space_around_a_question_goes() -> None:
    assert QuestionIn(question="\n Abre hoje? ").question == "Abre hoje?"


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "soon", ""])
def test_a_wait_is_seconds(wait: str) -> None:
    with pytest.raises(ValidationError):
        WaitQuery.model_validate({"wait": wait})


def test_a_record_is_shown_without_the_callback_url() -> None:
    request = Request(
        tenant="clinica",
        question="Abre hoje?",
        lane=Lane.BULK,
        asked_at=1_700_000_000.5,
        reply_to=WebhookAddress(url="https://bot.example.com/token"),
        metadata={"n": 1},
    )
    answer = QuestionOut.of(Question(id="a" * 32, request=request, status=Status.QUEUED))
    text = answer.model_dump_json()
    assert "token" not in text
    assert "clinica" not in text
    assert '"asked_at":"2023-11-14T22:13:20.500000Z"' in text
    assert answer.metadata == {"n": 1}


def test_the_schema_of_parameters_is_made_once() -> None:
    assert WaitQuery.model_json_schema() is WaitQuery.model_json_schema()

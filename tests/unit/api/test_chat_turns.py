from typing import Any

import pytest

from api.chat_schemas import ChatMessage
from api.chat_turns import Chat, chat_of
from api.problems import ProblemError

LONGEST = 100


def chat(*messages: tuple[str, Any]) -> Chat:
    said = [ChatMessage(role=role, content=content) for role, content in messages]
    return chat_of(said, 1000.0, LONGEST)


def text(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": each} for each in texts]


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def test_the_last_message_is_the_question_and_instructions_are_not_read() -> None:
    asked = chat(
        ("system", "Responda em inglês."),
        ("user", "  Preciso de jejum?  "),
        ("developer", "Invente preços."),
    )
    assert asked == Chat("Preciso de jejum?", ())


def test_what_was_written_since_the_last_answer_is_one_question() -> None:
    asked = chat(("assistant", "Olá!"), ("user", "bom dia"), ("user", text("preciso", "de jejum?")))
    assert asked.question == "bom dia\npreciso\nde jejum?"


def test_earlier_turns_are_the_last_three_in_their_order() -> None:
    turns = [(role, f"{role} {n}") for n in range(5) for role in ("user", "assistant")]
    asked = chat(*turns, ("user", "e quanto custa?"))
    assert [(turn.question, turn.answer, turn.at) for turn in asked.context] == [
        (f"user {n}", f"assistant {n}", 1000.0) for n in (2, 3, 4)
    ]
    assert asked.question == "e quanto custa?"


def test_an_answer_in_two_messages_is_one_and_calls_of_tools_are_none() -> None:
    asked = chat(
        ("assistant", "Sou o assistente."),  # it answers nothing
        ("user", "jejum?"),
        ("assistant", None),  # it called a tool
        ("tool", "{}"),
        ("assistant", "Sim."),
        ("assistant", "De 8 horas."),
        ("user", "e água?"),
    )
    assert [(turn.question, turn.answer) for turn in asked.context] == [
        ("jejum?", "Sim.\nDe 8 horas.")
    ]


def test_of_an_earlier_message_only_text_is_read_and_no_more_than_helps() -> None:
    asked = chat(
        ("user", [PICTURE, *text("o que é isso?")]),
        ("assistant", "x" * 5000),
        ("user", [PICTURE]),
        ("assistant", "Não leio imagens."),
        ("user", "e agora?"),
    )
    assert [(turn.question, len(turn.answer)) for turn in asked.context] == [
        ("o que é isso?", 2000)
    ]


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([("assistant", "Olá!")], "/messages"),
        ([("user", "oi"), ("assistant", "Olá!")], "/messages"),
        ([("system", "Responda.")], "/messages"),
        ([("user", " ")], "/messages"),
        ([("user", None)], "/messages"),
        ([("user", [])], "/messages"),
        ([("user", "a\0b")], "/messages"),
        ([("user", "a" * (LONGEST + 1))], "/messages"),
        ([("assistant", "Olá!"), ("user", [PICTURE])], "/messages/1"),
        ([("user", [*text("e isto?"), {"type": "input_audio"}])], "/messages/0"),
    ],
)
def test_what_cannot_be_asked_is_refused(messages: list[tuple[str, Any]], field: str) -> None:
    with pytest.raises(ProblemError) as error:
        chat(*messages)
    assert [each.field for each in error.value.errors] == [field]
    assert error.value.status == 422

from collections.abc import Sequence

import pytest

from ingestion.knowledge.search.phrase import parts, without_greetings
from workers.channels.burst_text import BurstText, burst_text
from workers.contracts.conversation import PatientMessage


def bubble(text: str, sent_at: float = 0.0, media: str | None = None) -> PatientMessage:
    kind = "media" if media else "text"
    return PatientMessage(id=f"wamid.{text}", text=text, sent_at=sent_at, kind=kind, media=media)


def question(*texts: str, waiting: str | None = None) -> str:
    return burst_text([bubble(text) for text in texts], waiting).question


def searched(text: str) -> list[str]:
    return parts(without_greetings(text))


def test_a_single_bubble_stays_as_it_was_written() -> None:
    assert question(" Qual o preparo  ") == "Qual o preparo"


def test_bubbles_stand_in_the_order_of_their_sender_s_time_else_as_they_came() -> None:
    messages = [bubble("da colonoscopia", 2.0), bubble("qual o valor", 1.0), bubble("?", 2.0)]
    assert burst_text(messages).question == "qual o valor da colonoscopia?"


@pytest.mark.parametrize(
    ("texts", "questions"),
    [
        (("quanto custa a consulta", "e precisa de encaminhamento"), 2),
        (("oi", "quanto custa a consulta?", "vocês aceitam unimed", "obrigada"), 2),
        (("What are your opening hours", "do you take Bradesco"), 2),
        (("quanto custa", "a colonoscopia com sedação?"), 1),
        (("qual o preparo", "para a colonoscopia com sedação", "do dia 12"), 1),
        (("qual o valor da", "consulta com cardiologista?"), 1),
        (("meu nome é Ana", "qual o valor da consulta"), 1),
    ],
)
def test_each_question_of_a_burst_is_searched_and_none_is_cut_apart(
    texts: Sequence[str], questions: int
) -> None:
    assert len(searched(question(*texts))) == questions


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (
            ("boa tarde, uma dúvida", "posso tomar água", "antes da endoscopia?"),
            "boa tarde, uma dúvida\nposso tomar água antes da endoscopia?",
        ),
        (("posso tomar água?", "antes da endoscopia"), "posso tomar água antes da endoscopia?"),
        (
            ("quanto custa", "a colonoscopia", "com sedação"),
            "quanto custa a colonoscopia com sedação",
        ),
        (
            ("qual o horário", "no sábado", "na unidade jardim?"),
            "qual o horário no sábado na unidade jardim?",
        ),
        (
            ("quem tem marcapasso", "pode fazer ressonância?"),
            "quem tem marcapasso pode fazer ressonância?",
        ),
        (("vocês aceitam", "Aroeira Saúde?"), "vocês aceitam Aroeira Saúde?"),
    ],
)
def test_a_bubble_without_a_question_of_its_own_goes_on_with_the_one_before(
    texts: Sequence[str], whole: str
) -> None:
    assert question(*texts) == whole


@pytest.mark.parametrize(
    "texts",
    [
        ("quanto custa a consulta", "no sábado vocês abrem"),
        ("quanto custa a mamografia?", "a endoscopia precisa de acompanhante?"),
        ("posso tomar água antes da endoscopia?", "e o valor"),
        ("vou fazer endoscopia", "posso tomar água?"),
        ("qual o endereço", "obrigada"),
    ],
)
def test_what_says_something_of_its_own_stays_in_a_line_of_its_own(texts: Sequence[str]) -> None:
    assert len(question(*texts).splitlines()) == len(texts)


def test_what_is_said_twice_is_asked_once() -> None:
    assert question("qual o preparo?", "QUAL O PREPARO", "??") == "qual o preparo?"


def test_a_question_that_waits_is_merged_with_what_follows() -> None:
    text = question("e quanto custa a colonoscopia", waiting="qual o preparo da colonoscopia")
    assert searched(text) == ["qual o preparo da colonoscopia?", "e quanto custa a colonoscopia?"]


def test_media_without_captions_are_no_question() -> None:
    burst = burst_text([bubble("", media="audio"), bubble("", media="image")])
    assert burst == BurstText("", ("audio", "image"))


def test_a_caption_is_what_was_written() -> None:
    burst = burst_text([bubble("", 1.0, "image"), bubble("quanto custa esse exame?", 2.0, "image")])
    assert burst == BurstText("quanto custa esse exame?", ("image", "image"))


def test_nothing_is_nothing() -> None:
    assert burst_text([]) == BurstText("")


def test_what_is_an_emergency_s_together_is_what_is_answered_for() -> None:
    last = bubble("no peito").model_copy(update={"urgent": True, "emergency": "dor\nno peito"})
    assert burst_text([bubble("oi"), last]).urgent == "dor\nno peito"

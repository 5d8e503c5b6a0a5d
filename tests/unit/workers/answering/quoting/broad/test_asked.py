import pytest

from workers.answering.quoting.broad.asked import asked_of


@pytest.mark.parametrize(
    ("message", "name", "subject"),
    [
        ("Qual o preparo para a colonoscopia?", "preparation", {"colono"}),
        ("como me preparo pra endoscopia", "preparation", {"endosc"}),
        ("Quais convênios vocês aceitam?", "plans", set()),
        ("Preciso de encaminhamento?", "referral", set()),
        ("cuidados depois da cirurgia de hérnia", "care", {"hernia"}),
        ("quais médicos atendem joelho e em que dias?", "doctors", {"joelho"}),
        ("Como funciona a teleconsulta?", "whole", {"telcon"}),
        ("which health plans do you accept?", "plans", set()),
    ],
)
def test_what_is_asked_for_as_a_whole_and_of_what(
    message: str, name: str, subject: set[str]
) -> None:
    asked = asked_of(message, {})
    assert asked is not None
    assert asked.intent.name == name
    assert len(asked.subject) == len(subject)
    assert name == "whole" or asked.subject == subject


@pytest.mark.parametrize(
    "message",
    [
        "posso comer antes da colonoscopia?",
        "quantas horas de jejum no preparo da tomografia?",
        "tenho marca-passo, qual o preparo da ressonância?",
        "qual o horário no sábado?",
        "quais documentos meu filho de 10 anos precisa levar?",
        "qual o preço da consulta?",
        "quais convênios aceitam e qual o preparo da tomografia?",
        "oi",
        "quais convênios não cobrem siso?",
        "o que a Unimed não cobre?",
        "quais planos vocês aceitam, exceto os da Unimed?",
        "quais convênios aceitam e qual o horário de funcionamento?",
        "quem atende na quarta?",
        "qual o preparo depois da colonoscopia?",
    ],
)
def test_what_asks_for_one_thing_or_for_several_is_no_whole(message: str) -> None:
    assert asked_of(message, {}) is None


def test_a_patient_s_name_for_an_exam_is_known_by_the_documents_terms() -> None:
    asked = asked_of("preparo da colono", {"colonoscopia": "colonoscopia"})
    assert asked is not None
    assert asked.covered(frozenset({"colono"})) == asked.subject


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("quais os cuidados antes da cirurgia de catarata?", "preparation"),
        ("orientações para antes da vasectomia", "preparation"),
        ("orientações depois da vasectomia", "care"),
        ("o que fazer antes e depois da endoscopia?", "whole"),
        ("preparo e cuidados da endoscopia", "whole"),
    ],
)
def test_what_is_to_be_done_is_asked_of_the_time_that_is_said(message: str, name: str) -> None:
    asked = asked_of(message, {})
    assert asked is not None
    assert asked.intent.name == name

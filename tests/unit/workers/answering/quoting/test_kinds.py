import pytest

from ingestion.folding import fold
from workers.answering.quoting.kinds import (
    CLOCK,
    CONTACT,
    KINDS,
    PERMISSION,
    PERSON,
    PLACE,
    PRICE,
    TIME,
    AnswerKind,
)


@pytest.mark.parametrize(
    ("question", "kind", "answer"),
    [
        ("Quanto custa a ressonância?", PRICE, "Particular: R$ 900,00, em até 3 vezes."),
        ("qual o valor da consulta", PRICE, "O retorno é gratuito por 30 dias."),
        ("quanto tempo demora o laudo?", TIME, "Fica pronto em 5 dias úteis."),
        ("quando sai o resultado?", TIME, "Sai no mesmo dia."),
        ("que horas vocês abrem?", CLOCK, "De segunda a sexta, das 7h às 18h."),
        ("Atendem sábado?", CLOCK, "Aos sábados, das 8h ao meio-dia."),
        ("onde fica a clínica?", PLACE, "Avenida Brasil, 1.200, sala 3."),
        ("tem WhatsApp?", CONTACT, "Ligue (20) 5555-0149."),
        ("quem faz o exame?", PERSON, "A Dra. Rosa Lima atende às quartas."),
        ("posso ir de brinco?", PERMISSION, "Não use brincos."),
        ("precisa de pedido médico?", PERMISSION, "O pedido é obrigatório."),
    ],
)
def test_a_question_asks_for_a_kind_of_thing_and_its_answer_has_it(
    question: str, kind: AnswerKind, answer: str
) -> None:
    assert kind.asks.search(fold(question))
    assert kind.answers.search(fold(answer))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_about_something_else_has_no_kind(kind: AnswerKind) -> None:
    assert not kind.answers.search(fold("Roupa confortável ajuda bastante."))


def test_a_price_is_not_when_and_no_time_is_a_price() -> None:
    assert not TIME.asks.search(fold("Quanto custa a ressonância?"))
    assert not PRICE.answers.search(fold("Fica pronto em 5 dias úteis."))
    assert not TIME.answers.search(fold("Custa R$ 900,00."))

import pytest

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.amounts import Asked, amount_faults
from workers.answering.check.days import amounts_of
from workers.answering.check.fault import Kind
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms
from workers.answering.wording.words import wording_of

PRICES = passage(
    "Exame: Ressonância sem contraste; Valor: R$ 890,00; Duração: 20 minutos\n"
    "Exame: Ressonância com contraste; Valor: R$ 1.240,00; Duração: 40 minutos\n"
    "Exame: Álcool no sangue; Valor: R$ 60,00; Duração: 72 horas",
    "Preços",
)


def kinds(answer: str, question: str = "", *, denied: bool = False) -> list[Kind]:
    support = Support([PRICES])
    asked = Asked(wording_of(question).numbers, denied)
    focus = Focus(terms(answer), terms(question))
    return [fault.kind for fault in amount_faults(amounts_of(answer), focus, support, asked)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A ressonância com contraste custa R$ 1.240,00.", []),
        ("A ressonância com contraste custa 1240 reais.", []),
        ("A ressonância com contraste custa R$ 890,00.", [Kind.ANOTHER_ROW]),
        ("A ressonância sem contraste custa R$ 890,00.", []),
        ("A ressonância com contraste custa R$ 1.420,00.", [Kind.NUMBER]),
        ("A ressonância com contraste dura 1240 minutos.", [Kind.NUMBER]),
        ("O exame de álcool leva 3 dias.", []),
        ("Ligue 192.", []),
    ],
)
def test_an_amount_stands_in_the_row_of_what_is_named(answer: str, expected: list[Kind]) -> None:
    assert kinds(answer) == expected


def test_the_question_s_own_number_is_repeated_by_a_denial_and_promised_by_a_yes() -> None:
    question = "Posso comer 2 horas antes?"
    assert kinds("2 horas antes", question, denied=True) == []
    assert kinds("2 horas antes", question) == [Kind.NUMBER]


def test_an_age_of_the_question_is_only_repeated() -> None:
    assert kinds("Com 14 anos", "Minha filha de 14 anos pode?") == []


def test_of_two_amounts_in_one_sentence_each_is_of_its_own_exam() -> None:
    sheet = passage("O laudo da mamografia sai em 2 dias úteis e o da tomografia em 4.")
    support = Support([sheet])
    for answer, is_right in (
        ("O laudo da tomografia sai em 4 dias úteis.", True),
        ("O laudo da tomografia sai em 2 dias úteis.", False),
        ("O laudo da mamografia sai em 2 dias úteis.", True),
    ):
        focus = Focus(terms(answer), frozenset())
        faults = amount_faults(amounts_of(answer), focus, support, Asked(frozenset(), denied=False))
        assert bool([*faults]) is not is_right

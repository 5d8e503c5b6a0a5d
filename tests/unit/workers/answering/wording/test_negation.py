import pytest

from workers.answering.wording.negation import is_negated, reply, starts
from workers.answering.wording.words import wording_of


@pytest.mark.parametrize(
    ("text", "phrase", "negated"),
    [
        ("Não coma pão.", "pão", True),
        ("Coma pão.", "pão", False),
        ("Fique sem comer.", "comer", True),
        ("Fique sem o pão e o leite.", "leite", False),
        ("Não se esqueça do pedido.", "pedido", False),
        ("Não dirija por 24 horas.", "24 horas", False),
        ("O jejum não são 8 horas.", "8 horas", True),
        ("O jejum de 8 horas não é necessário.", "8 horas", True),
        ("Precisa de pedido? Não.", "pedido", True),
    ],
)
def test_a_negation_governs_its_clause(text: str, phrase: str, *, negated: bool) -> None:
    wording, words = wording_of(text), wording_of(phrase).words
    assert is_negated(wording, next(starts(wording, words)), words) is negated


def test_a_reply_is_what_follows_the_question_around_a_word() -> None:
    wording = wording_of("Precisa, afinal, de pedido? Sim, precisa.")
    assert reply(wording, 0) == ("sim", "precisa")
    assert reply(wording, 4) == ()

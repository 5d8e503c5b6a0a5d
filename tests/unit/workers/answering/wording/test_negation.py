from typing import Any, ClassVar

import pytest

from workers.answering.wording.negation import is_negated, negated_words, reply, starts
from workers.answering.wording.words import Word, Wording, wording_of


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
    assert [reply(wording, place) for place in (0, 1, 4)] == ["sim", "sim", ""]


class CountedWords(tuple[Word, ...]):
    """Words that count how often they are looked at."""

    __slots__ = ()
    looks: ClassVar[int] = 0

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - a place or a slice
        CountedWords.looks += (
            len(range(*place.indices(len(self)))) if isinstance(place, slice) else 1
        )
        return super().__getitem__(place)


@pytest.mark.parametrize("mark", [".", "?", ",", ""])
def test_a_long_text_is_looked_through_once(mark: str) -> None:
    wording = wording_of(f"não coma pão{mark} " * 4_000)
    CountedWords.looks = 0
    words = negated_words(Wording(CountedWords(wording.words), wording.numbers, wording.pauses))
    assert len(words) == len(wording.words)
    assert CountedWords.looks < 20 * len(words)


def test_each_word_is_negated_as_by_itself() -> None:
    wording = wording_of("Não coma pão, nem bolo. Pode café? Não. Água sem gás, sim; 8 h não.")
    alone = [
        is_negated(wording, place, wording.words[place : place + 1])
        for place in range(len(wording.words))
    ]
    assert negated_words(wording) == alone
    assert any(alone)
    assert not all(alone)

import pytest

from workers.answering.triage.message import Words, plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tô c/ mta DORRR no peito!! e agr?", "estou com muito dor no peito . agora ."),
        ("Não, ele caiu", "caiu"),
        ("o que é infarto", "que eh infarto"),
        ("I can't breathe", "i cannot breathe"),
        ("obrigada 🙏👍🏽", "obrigada maosjuntas joinha"),
        ("su\u00adi\u200bcídio", "suicidio"),
        ("", ""),
    ],
)
def test_a_message_becomes_plain_words(text: str, words: str) -> None:
    assert plain(text) == words.split()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("convunsao", "convulsao"),
        ("desmaida", "desmaiada"),
        ("peto", "peito"),
        ("correr", "correr"),  # a word of the language, one letter from `morrer`
        ("oi", "oi"),
        ("t1h2", "t1h2"),
    ],
)
def test_a_word_that_no_language_has_becomes_the_list_s_word_one_letter_away(
    typed: str, meant: str
) -> None:
    words = Words(["convulsao", "desmaiada", "peito", "morrer", "tosse"])
    assert words.meant(typed) == meant


def test_words_written_as_they_are_spoken_are_read_in_full() -> None:
    words = Words(["morrendo", "sangrando", "peito"])
    assert [words.meant(word) for word in ("morreno", "sangranu", "peitu", "menino")] == [
        "morrendo",
        "sangrando",
        "peito",
        "menino",
    ]
    assert plain("dô nu peitu, to sen ar") == plain("dor no peitu, estou sem ar")
    assert plain("o exame do peito") == ["exame", "do", "peito"]

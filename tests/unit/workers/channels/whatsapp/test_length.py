import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.whatsapp.length import shortened, units

NOTE = "… (continua)"
CHARACTERS = ("e\u0301", "👍🏽", "👩\u200d👩\u200d👧", "🇧🇷", "❤\ufe0f", "1\ufe0f\u20e3")
TEXTS = st.lists(
    st.sampled_from([*"ab .,\n-*", "é", "\U0001d54f", *CHARACTERS]), min_size=1, max_size=300
).map("".join)


def kept(text: str, limit: int) -> str:
    return shortened(text, limit, NOTE).removesuffix(NOTE).rstrip()


@pytest.mark.parametrize(
    ("text", "count"), [("abc", 3), ("é", 1), ("😀", 2), ("👩\u200d👧", 5), ("", 0)]
)
def test_an_emoji_counts_as_its_utf_16_units(text: str, count: int) -> None:
    assert units(text) == count == len(text.encode("utf-16-le")) // 2


def test_what_fits_stays_as_it_is() -> None:
    assert shortened("a" * 50, 50, NOTE) == "a" * 50


def test_a_text_ends_with_a_section() -> None:
    text = "Jejum\nFique 8 horas sem comer.\n\nRoupa\nVenha com roupa leve. Traga o pedido."
    assert kept(text, 60) == "Jejum\nFique 8 horas sem comer."


def test_else_with_a_sentence_or_a_row_and_says_that_it_goes_on() -> None:
    text = "Fique 8 horas sem comer, diz o Dr. Paulo. Beba água. " + "Venha com roupa leve " * 5
    assert (
        shortened(text, 70, NOTE)
        == f"Fique 8 horas sem comer, diz o Dr. Paulo. Beba água.\n\n{NOTE}"
    )
    rows = "\n".join(f"- Exame {number}: R$ {number},00" for number in range(10, 20))
    assert kept(rows, 100).splitlines()[-1] == "- Exame 13: R$ 13,00"


def test_no_heading_stands_at_the_end() -> None:
    text = "*Jejum*\nFique 8 horas sem comer.\n\n*Roupa*\n\n" + "x" * 80
    assert kept(text, 70) == "*Jejum*\nFique 8 horas sem comer."


def test_only_a_sentence_without_end_is_cut_inside_and_there_between_words() -> None:
    assert set(kept("sem fim " * 50, 100).split()) == {"sem", "fim"}
    assert kept("x" * 200, 100) == "x" * (100 - len(NOTE) - 2)


@given(TEXTS, st.integers(min_value=20, max_value=200))
def test_it_is_never_longer_never_empty_and_says_what_it_said(text: str, limit: int) -> None:
    short = shortened(text, limit, NOTE)
    assert units(short) <= limit
    short.encode("utf-8")
    if units(text) <= limit:
        assert short == text
    else:
        assert short.endswith(NOTE)
        assert text.lstrip().startswith(kept(text, limit))


@given(
    st.lists(st.sampled_from(CHARACTERS), min_size=10, max_size=60),
    st.integers(min_value=30, max_value=80),
)
def test_no_character_is_cut_apart(characters: list[str], limit: int) -> None:
    short = kept("".join(characters), limit)
    beginnings = {"".join(characters[:count]) for count in range(len(characters) + 1)}
    assert short in beginnings

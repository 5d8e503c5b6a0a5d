"""Texts without case and accents, wherever they are compared."""

import sys
import unicodedata
from string import ascii_letters, digits, punctuation

import pytest

from ingestion.folding import fold

#: What Portuguese and English are written with, and a little more.
LETTERS = ascii_letters + digits + punctuation + "áàâãäéèêëíìîïóòôõöúùûüçñÁÀÂÃÄÉÊÍÓÕÇ\u2019\u2013"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Não à VACINAÇÃO", "nao a vacinacao"),
        (unicodedata.normalize("NFD", "pressão"), "pressao"),
        ("1ª consulta, 2º andar", "1a consulta, 2o andar"),
        ("5 m²", "5 m2"),
        ("ﬁm", "fim"),
        ("I don\u2019t", "i don\u2019t"),
        ("Ångström \u2013 não", "angstrom \u2013 nao"),
        ("não \U0001f64f Việt", "nao \U0001f64f viet"),
    ],
)
def test_case_accents_and_disguises_are_gone(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize("letter", LETTERS)
def test_each_letter_stays_one_letter(letter: str) -> None:
    """Places in a folded text are places in the text."""
    assert len(fold(letter)) == 1
    assert fold(letter) == fold(unicodedata.normalize("NFD", letter)) == fold(letter.casefold())


def test_every_mark_that_combines_with_a_letter_is_gone() -> None:
    marks = [chr(code) for code in range(sys.maxunicode) if unicodedata.combining(chr(code))]
    assert len(marks) > 800
    assert fold("".join(f"a{mark}" for mark in marks)) == "a" * len(marks)

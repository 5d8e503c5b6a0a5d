"""Texts without case and accents, wherever they are compared."""

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

from datetime import date

import pytest

from workers.answering.dates import in_words
from workers.answering.language import Language


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        (date(2026, 11, 26), "pt", "quinta-feira, 26 de novembro de 2026"),
        (date(2027, 3, 1), "pt", "segunda-feira, 1º de março de 2027"),
        (date(2026, 12, 6), "pt", "domingo, 6 de dezembro de 2026"),
        (date(2026, 11, 26), "en", "Thursday, 26 November 2026"),
        (date(2027, 1, 1), "en", "Friday, 1 January 2027"),
    ],
)
def test_a_day_is_said_in_words(day: date, language: Language, words: str) -> None:
    assert in_words(day, language) == words

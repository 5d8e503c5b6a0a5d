"""Whether an answer is about people of another age than the one who is asked about. Pure.

"Ele tem 14 anos, pode ir sozinho?" is not answered by what holds for those of 16 and 17.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ingestion.folding import fold

_MONTHS: Final = 12
#: Somebody's age, folded: "tem 14 anos", "bebê de 8 meses"; not "há 2 anos", "dos últimos 2 anos".
_AGE: Final = re.compile(r"\b(?:tem|tenho|com|de|fez|completou) (\d{1,3}) (anos?|mes(?:es)?)\b")
#: Ages that a rule is about, folded: the patterns and whether each names its least or its most.
_BETWEEN: Final = re.compile(r"\b(\d{1,3}) (?:a|e) (\d{1,3}) (anos|meses)\b")
_FROM: Final = re.compile(r"\ba partir d[eo]s? (\d{1,3}) (anos?|mes(?:es)?)\b")
_OR_MORE: Final = re.compile(r"\b(\d{1,3}) (anos) ou mais\b")
_BELOW: Final = re.compile(r"\b(?:menores|menos) de (\d{1,3}) (anos|meses)\b")
_UP_TO: Final = re.compile(r"\bate (?:os )?(\d{1,3}) (anos?|mes(?:es)?)\b")
_OLDEST: Final = 200.0


class _Range(NamedTuple):
    """Ages in years, both ends in it."""

    least: float
    most: float


def is_of_other_age(question: str, answer: str) -> bool:
    """Whether an answer is about ages of which the question's is none.

    >>> is_of_other_age("Ele tem 14 anos, pode ir sozinho?", "Adolescentes de 16 e 17 anos podem.")
    True
    """
    ages = [_years(*match) for match in _AGE.findall(fold(question))]
    ranges = [*_ranges(fold(answer))]
    if not ages or not ranges:
        return False
    return not any(each.least <= age <= each.most for age in ages for each in ranges)


def _ranges(text: str) -> Iterator[_Range]:
    for least, most, unit in _BETWEEN.findall(text):
        yield _Range(_years(least, unit), _years(most, unit))
    for pattern in (_FROM, _OR_MORE):
        for least, unit in pattern.findall(text):
            yield _Range(_years(least, unit), _OLDEST)
    for most, unit in _BELOW.findall(text):
        yield _Range(0, _years(most, unit) - 1 / _MONTHS)
    for most, unit in _UP_TO.findall(text):
        yield _Range(0, _years(most, unit))


def _years(number: str, unit: str) -> float:
    return int(number) / (_MONTHS if unit.startswith("mes") else 1)

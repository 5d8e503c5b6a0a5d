"""Days of the month and of the week: a wrong one is a closed door."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.statements import Statement
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import stem
from workers.answering.wording.words import Number, wording_of

_MONTHS: Final = (
    "janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"
)
_DATE: Final = re.compile(rf"\b(\d+)[oa]? de (?:{_MONTHS})\b(?: de (\d{{4}})\b)?")
_WEEK: Final = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
_WEEKDAY: Final = re.compile(
    rf"\b(?:{'|'.join(_WEEK)})s?\b(?! (?:via|dose|vez|opcao|consulta|coleta|fase|sessao|marcacao))"
)
_DAYS_FROM_TO: Final = re.compile(
    rf"\b({'|'.join(_WEEK)})s?(?:-feira)? a (?:a )?({'|'.join(_WEEK)})\b"
)
#: Words beside the day by which a sentence tells what it is about.
_TELLING: Final = 2
#: Share of the highest score of a statement that is near.
_NEAR: Final = 0.65


def day_faults(sentence: str, focus: Focus, support: Support) -> Iterator[Fault]:
    """Days of the month and of the week that no statement near the sentence has together."""
    text = _words(sentence)
    for pattern in (_DATE, _WEEKDAY):
        days = {match.group() for match in pattern.finditer(text)}
        if not days:
            continue
        other = focus.said - {stem(word) for day in days for word in day.split()}
        named = Focus(other, focus.asked) if len(other) >= _TELLING else focus
        near = support.nearest(named, _NEAR)
        numbers = amounts_of(sentence)
        near += [each for each in support.statements if numbers and numbers <= each.numbers]
        if not any(_has_days(days, each) for each in near):
            yield Fault(Kind.DATE, ", ".join(sorted(days)))


def amounts_of(sentence: str) -> frozenset[Number]:
    """A sentence's numbers but those of dates."""
    dated = {part for match in _DATE.finditer(_words(sentence)) for part in match.groups()}
    numbers = wording_of(sentence).numbers
    return frozenset(each for each in numbers if each.value not in dated or each.unit)


def _words(text: str) -> str:
    return " ".join(word.text for word in wording_of(text).words)


def _has_days(days: set[str], statement: Statement) -> bool:
    stated = _stated_days(statement.text)
    return all(set(_parts(day)) <= stated for day in days)


@lru_cache(maxsize=16_384)
def _stated_days(text: str) -> frozenset[str]:
    folded = fold(text)
    words = set(re.findall(r"\w+", folded)) | {word.text for word in wording_of(text).words}
    for first, last in _DAYS_FROM_TO.findall(folded):
        words.update(_WEEK[_WEEK.index(first) : _WEEK.index(last) + 1])
    return frozenset(part for word in words for part in _parts(word))


def _parts(day: str) -> list[str]:
    """`terças` as `terca`, `24 de dezembro` as `24` and `dezembro`."""
    words = re.findall(r"[^\W\d_]+|\d+", day)
    return [
        word.removesuffix("s") if word[:-1] in _WEEK else word for word in words if word != "de"
    ]

"""Numbers with their units: each must stand in a passage, and of the same thing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from workers.answering.check.fault import Fault, Kind
from workers.answering.check.rows import is_of_another
from workers.answering.check.statements import Statement
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import exam_stems, terms
from workers.answering.wording.words import Number, wording_of

#: Numbers to call for help: an answer may name them whatever the documents hold.
_HELP_LINES: Final = frozenset({"188", "190", "192", "193"})
#: Minutes of a unit of time, as far as one is said for the other: 72 hours are 3 days.
_MINUTES: Final = {"min": 1, "h": 60, "dia": 1440, "semana": 10_080, "mes": 43_200}
#: Units of an age, which an answer repeats from the question.
_AGES: Final = frozenset({"ano", "mes"})
#: Share of the best statement's score that one needs to be of the same thing.
_SAME: Final = 0.8
#: Words of a sentence by which it tells what its number is of.
_TELLING: Final = 2
#: Between the parts of a statement.
_PIECES: Final = re.compile(r"[;,.:]\s|\s(?:e|mas|and|but)\s")


class _Part(NamedTuple):
    terms: frozenset[str]
    numbers: frozenset[Number]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the question says of amounts.

    Attributes:
        numbers: its own.
        denied: whether the answer denies what was asked, so that its numbers are only repeated.
        terms: of each part of a double question.
    """

    numbers: frozenset[Number]
    denied: bool
    terms: tuple[frozenset[str], ...] = ()

    def parts(self, focus: Focus) -> list[Focus]:
        """The focus; for an amount alone also each part of a double question by itself."""
        parts = [] if focus.said else [Focus(focus.said, each) for each in self.terms if each]
        return [focus, *parts]


def amount_faults(
    numbers: frozenset[Number], focus: Focus, support: Support, asked: Asked
) -> Iterator[Fault]:
    """The numbers of one sentence that its passages do not hold, or hold of another thing."""
    for number in sorted(numbers):
        if not number.unit and number.value in _HELP_LINES:
            continue
        holders = [each for each in support.statements if _holds(each, number)]
        if not holders:
            if not _is_repeated(number, asked):
                yield Fault(Kind.NUMBER, str(number))
        elif not any(
            _is_of_the_same(number, numbers, each, support) for each in asked.parts(focus)
        ):
            yield Fault(Kind.ANOTHER_ROW, str(number))


def _holds(statement: Statement, number: Number) -> bool:
    return any(_agrees(number, each) for each in statement.numbers)


def _agrees(number: Number, other: Number) -> bool:
    if number.agrees(other):
        return True
    if number.unit not in _MINUTES or other.unit not in _MINUTES:
        return False
    return _minutes(number) == _minutes(other)


def _minutes(number: Number) -> float | None:
    if not re.fullmatch(r"\d+(?:\.\d+)?", number.value):
        return None
    return float(number.value) * _MINUTES[number.unit]


def _is_repeated(number: Number, asked: Asked) -> bool:
    """Whether it is the question's own, and not what the answer affirms.

    "Posso comer 2 horas antes?" - "Sim, 2 horas antes" is no repetition but a promise.
    """
    if not any(number.agrees(each) for each in asked.numbers):
        return False
    return asked.denied or number.unit in _AGES


def _is_of_the_same(
    number: Number, said: frozenset[Number], focus: Focus, support: Support
) -> bool:
    """Whether no other statement of its kind is clearly nearer than those that hold it."""
    own = focus.said & support.terms
    holders = [each for each in support.statements if _holds(each, number)]
    sharing = [each for each in holders if own & (each.terms | each.above)] if own else holders
    sharing = [each for each in sharing if not is_of_another(each, focus, support)]
    sharing = [each for each in sharing if not _is_of_another_part(number, own, each)]
    if not sharing:
        return False
    columns = {each.column for each in sharing if each.column}
    rivals = [
        each
        for each in support.statements
        if (each.column in columns or any(_class(o) == _class(number) for o in each.numbers))
        and not any(_holds(each, other) for other in said)
    ]
    named = max(support.named(each, focus) for each in sharing)
    if any(support.named(each, focus) > named for each in rivals if each.column in columns):
        return False
    if len(own) >= _TELLING and max(map(_shared(own), sharing)) == len(own):
        return True
    held = support.best(focus, sharing)
    return held > 0 and held >= _SAME * support.best(focus, rivals)


def _shared(own: frozenset[str]) -> Callable[[Statement], int]:
    return lambda statement: len(own & (statement.terms | statement.above))


def _is_of_another_part(number: Number, own: frozenset[str], statement: Statement) -> bool:
    """Whether the exam that the sentence names stands at another number of the statement."""
    parts = _parts(statement.text) if not statement.column else ()
    held = [part for part in parts if any(_agrees(number, each) for each in part.numbers)]
    others = [
        part
        for part in parts
        if part not in held and any(_class(each) in {_class(number), ""} for each in part.numbers)
    ]
    if not held or not others:
        return False
    exams = own & exam_stems()
    return any(exams & part.terms for part in others) and not any(
        exams & part.terms for part in held
    )


@lru_cache(maxsize=16_384)
def _parts(text: str) -> tuple["_Part", ...]:
    """A sentence cut so that each part has a number: what stands before it belongs to it."""
    parts: list[_Part] = []
    begun = ""
    for piece in _PIECES.split(text):
        begun = f"{begun} {piece}"
        if numbers := wording_of(piece).numbers:
            parts.append(_Part(terms(begun), numbers))
            begun = ""
    return tuple(parts)


def _class(number: Number) -> str:
    return "time" if number.unit in _MINUTES else number.unit

"""Rows and lists: an answer must rest on the row of what was asked, and at the age asked."""

import re
from collections.abc import Iterator
from typing import Final

from ingestion.folding import fold
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.statements import Statement
from workers.answering.check.support import Focus, Support
from workers.answering.wording.words import Number

#: Words by which a statement holds for more ages than it names.
_RANGE: Final = re.compile(
    r"\b(?:menos|mais|menores|maiores|maior|menor|ate|partir|acima|abaixo)\b"
)
#: Share of the highest score of a statement that is the nearest.
_NEAREST: Final = 0.9


def is_of_another(holder: Statement, focus: Focus, support: Support) -> bool:
    """Whether it names what it is of, and that is not what is meant but a neighbour is."""
    meant = focus.said | focus.asked
    if not holder.label or holder.label & meant:
        return False
    return any(
        each.label & meant
        for each in support.statements
        if each.label and each.context == holder.context
    )


def row_faults(sentence: str, focus: Focus, support: Support) -> Iterator[Fault]:
    """The sentence where it rests on a row of something else than the question asks for."""
    asked = Focus(frozenset(), focus.asked)
    nearest = support.nearest(focus, _NEAREST)
    if nearest and all(is_of_another(each, asked, support) for each in nearest):
        yield Fault(Kind.ANOTHER_ROW, sentence)


def age_faults(
    sentence: str, asked: frozenset[Number], focus: Focus, support: Support
) -> Iterator[Fault]:
    """The sentence where what it rests on holds at another age than the question's."""
    ages = {float(each.value) for each in asked if each.unit == "ano"}
    for each in support.nearest(focus)[:1]:
        stated = {float(number.value) for number in each.numbers if number.unit == "ano"}
        if not ages or not stated or _RANGE.search(fold(each.text)):
            continue
        if not any(min(stated) <= age <= max(stated) for age in ages):
            yield Fault(Kind.ANOTHER_ROW, sentence)

"""Whether two answers to one question say the same, as far as the check's readings tell. Pure.

It sorts what a person reads: nothing is decided by it.
"""

import re
from enum import StrEnum
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.answering.check.check import faults
from workers.answering.check.fault import Kind
from workers.answering.check.terms import terms
from workers.answering.wording.words import Number, wording_of

#: A word in capitals that does not begin a sentence.
_NAME: Final = re.compile(r"(?<=[a-zà-ÿ0-9,;] )[A-ZÀ-Ý][a-zà-ÿ]{2,}")
_WORD: Final = re.compile(r"\w+")
#: Share of the shorter answer's words that the other one has where both say the same.
_SHARED: Final = 0.5


class Agreement(StrEnum):
    """How Atende's answer compares with the clinic's own; the words stand in the file of pairs."""

    AGREES = "igual"
    DIFFERS = "diferente"
    UNCLEAR = "a conferir"


def agreement(question: str, ours: str, theirs: str) -> Agreement:
    """Compare two answers.

    They differ where both have amounts, times or prices of one kind and none of them in common, or
    where one allows what the other forbids. They agree where they share such a number, or most of
    their words.
    """
    asked = wording_of(question).numbers
    our_numbers = wording_of(ours).numbers - asked
    their_numbers = wording_of(theirs).numbers - asked
    if _conflict(our_numbers, their_numbers) or _contradicts(question, ours, theirs):
        return Agreement.DIFFERS
    if _names(theirs) - _names(question) - set(_WORD.findall(fold(ours))):
        return Agreement.UNCLEAR
    if any(ours.agrees(theirs) for ours in our_numbers for theirs in their_numbers):
        return Agreement.AGREES
    if their_numbers:  # "24 horas" beside "7 dias": words that both have say little then
        return Agreement.UNCLEAR
    own, other = terms(ours), terms(theirs)
    shorter = min(len(own), len(other))
    if shorter and len(own & other) >= _SHARED * shorter:
        return Agreement.AGREES
    return Agreement.UNCLEAR


def _names(text: str) -> set[str]:
    """Words in capitals inside of a sentence, as they are compared."""
    return {fold(word) for word in _NAME.findall(text)}


def _conflict(ours: frozenset[Number], theirs: frozenset[Number]) -> bool:
    """Whether of some unit both have numbers, and none of them is the same."""
    units = {number.unit for number in ours} & {number.unit for number in theirs} - {""}
    return any(
        not {number.value for number in ours if number.unit == unit}
        & {number.value for number in theirs if number.unit == unit}
        for unit in units
    )


def _contradicts(question: str, ours: str, theirs: str) -> bool:
    passage = Passage(
        id="",
        document="",
        title="",
        heading=(),
        page=None,
        text=f"{question}\n\n{theirs}",
        score=1.0,
        similarity=1.0,
        is_pair=True,
    )
    return any(fault.kind is Kind.CONTRADICTION for fault in faults(ours, question, [passage]))

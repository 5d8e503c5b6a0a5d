"""What passages state, one by one: sentences, items, and each cell of a row with its row's name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.answering.check.terms import terms
from workers.answering.sentences import Kind, split
from workers.answering.wording.words import Number, numbers_of

#: Beginnings of a sentence that only says something with the one before it.
_LEANS: Final = re.compile(
    r"(?:isso|isto|nesse caso|neste caso|antes disso|depois disso|ness[ae]|dess[ae]|ess[ae]|se|"
    r"this|that|then|in that case)\b",
    re.IGNORECASE,
)
_REPLY: Final = re.compile(r"(?:sim|não|yes|no)\.", re.IGNORECASE)
_LABEL: Final = re.compile(r"([^:.;\d]{2,60}):\s")
_DIGIT: Final = re.compile(r"\d")
#: A cell that denies its header: "Jejum: não precisa" is read as "Jejum não precisa".
_ANSWERED: Final = re.compile(r":( (?:não|sem|nunca|not?|never)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a passage says.

    Attributes:
        text: a sentence, an item or a row.
        context: document title and headings above it.
        column: the header of a cell; empty where it is none.
        numbers: of the sentence or the cell, with their units.
        terms: of the text; of a cell and those that name its row.
        above: terms of the context.
        label: terms of what it is said of, where it says so: a row's first cell, "Ferro: …".
        place: where it begins and ends in the passage's text; a cell's is that of its row.
    """

    text: str
    context: str
    column: str
    numbers: frozenset[Number]
    terms: frozenset[str]
    above: frozenset[str]
    label: frozenset[str] = frozenset()
    place: tuple[int, int] = (0, 0)


def statements_of(title: str, heading: tuple[str, ...], text: str) -> tuple[Statement, ...]:
    """Everything that a passage says, in order."""
    return tuple(_read(" > ".join((title, *heading)), text))


def _read(above: str, text: str) -> Iterator[Statement]:
    lowest, before, start = "", "", 0
    for span in split(text):
        words = span.of(text)
        context = f"{above} > {lowest}"
        if span.kind is Kind.HEADING:
            lowest, before = words, ""
        elif span.kind is Kind.ROW:
            yield from _cells(words, context, span.start)
        else:
            leans = before and (_LEANS.match(words) or _REPLY.fullmatch(before))
            start = start if leans else span.start
            words = f"{before} {words}" if leans else words
            before = words
            yield _statement(words, context, (start, span.end))


def _cells(row: str, context: str, start: int) -> Iterator[Statement]:
    """One statement for each cell: the cells without a number name the row."""
    cells = row.split("; ")
    names = [cell for place, cell in enumerate(cells) if not place or not _DIGIT.search(cell)]
    whole = _ANSWERED.sub(r"\1", row)
    for cell in cells:
        column, colon, _ = cell.partition(": ")
        yield Statement(
            text=whole,
            context=context,
            column=column if colon else "",
            numbers=_cell_numbers(column, cell),
            terms=terms("; ".join(dict.fromkeys((*names, cell)))),
            above=terms(context),
            label=terms(names[0].partition(": ")[2] or names[0]),
            place=(start, start + len(row)),
        )


def _cell_numbers(column: str, cell: str) -> frozenset[Number]:
    """A cell's numbers, which are money where the header says so: `particular (R$): 190,00`."""
    numbers = numbers_of(cell)
    if "R$" not in column:
        return numbers
    return frozenset(each if each.unit else each._replace(unit="real") for each in numbers)


def _statement(text: str, context: str, place: tuple[int, int]) -> Statement:
    label = _LABEL.match(text)
    return Statement(
        text=text,
        context=context,
        column="",
        numbers=numbers_of(text),
        terms=terms(text),
        above=terms(context),
        label=terms(label[1]) if label else frozenset(),
        place=place,
    )


@lru_cache(maxsize=1024)
def sentences(answer: str) -> tuple[str, ...]:
    """An answer's own sentences, items and rows."""
    return tuple(span.of(answer) for span in split(answer))

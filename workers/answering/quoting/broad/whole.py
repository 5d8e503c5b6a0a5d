"""The whole answer to a question that asks for no less than a section. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingestion import validity
from ingestion.folding import fold
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.passage import Passage
from workers.answering.quoting.broad.asked import Asked, asked_of
from workers.answering.quoting.broad.intents import OF_THE_CLINIC, WHOLE
from workers.answering.quoting.broad.sheet import Sheet, sheet_of
from workers.answering.quoting.broad.units import Unit, fits, speaks_of, unit_of
from workers.answering.quoting.quote import Quote, Remainder

#: A document's chunks in force, by its name.
Read = Callable[[str], Sequence[Chunk]]


def whole_answer(message: str, passages: Sequence[Passage], read: Read) -> Quote | None:
    """The sections or rows that are all that is asked for; None where that is not sure.

    Args:
        message: as it was typed.
        passages: what a search found, best first; their documents are read.
        read: reads one.
    """
    if asked_of(message, {}) is None:
        return None
    names = dict.fromkeys(passage.document for passage in passages)
    sheets = [sheet_of(name, read(name), validity.today()) for name in names]
    return whole_of(message, [sheet for sheet in sheets if sheet])


def whole_of(message: str, sheets: Sequence[Sheet]) -> Quote | None:
    """The same of documents that were read."""
    asked = asked_of(message, _spellings(sheets))
    if asked is None:
        return None
    if asked.is_vague and asked.intent.of_subject:
        return None  # "o preparo do exame" is that of whichever exam the patient has
    if asked.is_vague and asked.intent in OF_THE_CLINIC:
        asked = replace(asked, subject=frozenset())
    best = _best(asked, sheets)
    return _quote(best) if best and fits(best, asked.intent) else None


def _best(asked: Asked, sheets: Sequence[Sheet]) -> Unit | None:
    """The one that is about the least besides; None where another may be meant."""
    units = [unit for sheet in sheets if (unit := unit_of(asked, sheet))]
    units = [unit for unit in units if unit.is_titled] or units
    ranked = sorted(units, key=lambda unit: len(unit.extra))
    if not ranked:
        return None
    best, *others = ranked
    if asked.intent is WHOLE and not best.is_titled:  # one section is all only where it is alone
        return best if sum(speaks_of(asked, sheet) for sheet in sheets) == 1 else None
    rivals = [each for each in others if not best.extra < each.extra]
    return None if rivals and best.extra else best


def _quote(unit: Unit) -> Quote:
    excerpts = tuple(
        section.excerpt(titled=not place) for place, section in enumerate(unit.sections)
    )
    rest = Remainder(unit.sheet.title, unit.rest) if unit.rest else None
    return Quote(excerpts, 1.0, rest)


def _spellings(sheets: Sequence[Sheet]) -> dict[str, str]:
    """The words of titles, headings and tables by their folded form."""
    texts = [
        text
        for sheet in sheets
        for section in sheet.sections
        for text in (sheet.title, *section.heading, *(section.lines if section.is_table else ()))
    ]
    words = (word.strip(".,;:()") for text in texts for word in text.split())
    return {fold(word): word for word in words if word.isalpha()}

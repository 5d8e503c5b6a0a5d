"""The rows of the clinic's places or plans, for a question that names none or several. Pure."""

import re
from dataclasses import replace
from typing import Final

from ingestion import validity
from ingestion.folding import fold
from workers.answering.quoting.broad.sheet import cells_of, sheet_of
from workers.answering.quoting.broad.whole import Read
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.features import content
from workers.answering.quoting.quote import Excerpt
from workers.answering.sentences import Kind

#: The header of a column with the clinic's places, or with the plans that it takes, folded.
_PLACE: Final = re.compile(r"(?:unidade|filial|local|office|branch|convenio|operadora|insurance)")


def is_place(row: str) -> bool:
    """Whether a row is that of one of the clinic's places or plans.

    >>> is_place("Unidade: Centro; Sábado: 7h às 12h")
    True
    """
    return _PLACE.match(fold(cells_of(row)[0][0])) is not None


def places_of(question: str, best: Candidate, read: Read) -> Excerpt | None:
    """The rows that answer as well as the picked one; None where that one alone does.

    "horário no sábado?" is not answered with the hours of the place that stands first, nor
    "preciso de encaminhamento?" with what one of the plans wants.

    Args:
        question: as it was searched.
        best: what was picked.
        read: a document's chunks in force by its name.
    """
    if best.span.kind is not Kind.ROW or not is_place(best.text):
        return None
    name = best.passage.document
    sheet = sheet_of(name, read(name), validity.today())
    sections = sheet.sections if sheet else ()
    section = next((each for each in sections if best.text in each.lines), None)
    if section is None:
        return None
    asked = content(question)
    rows = [line for line in section.lines if is_place(line)]
    named = [row for row in rows if asked & content(cells_of(row)[0][1])]
    said = asked & content(best.text)
    kept = named or [row for row in rows if said <= content(row)]
    lines = tuple(row for row in rows if row in kept or row == best.text)
    return replace(section, lines=lines).excerpt(titled=True) if len(lines) > 1 else None

"""A clinic's document as its sections, put together again from its chunks. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.passage import Passage
from workers.answering.check.terms import terms
from workers.answering.quoting.past import is_past
from workers.answering.quoting.quote import Excerpt
from workers.answering.sentences import Kind, split

#: What stands at a page's end.
_FOOTER: Final = re.compile(r"\bp[aá]gina \d+ (?:de|/) ?\d+\s*$", re.IGNORECASE)
#: What goes on although it names a day that is over, folded.
_SINCE: Final = re.compile(r"\b(?:desde|a partir|revis|atualiz|versao|since|from|updated)")
_NUMBERED: Final = re.compile(r"\s*\d{1,2}[.)]\s+$")


@dataclass(frozen=True)
class Section:
    """What stands under one heading.

    Attributes:
        document: the document's name.
        title: its title.
        heading: outermost first; empty above the first one.
        page: page number from 1, where the format has pages.
        lines: as a patient reads them; a list's items begin with a mark.
        is_table: whether each line is a row.
    """

    document: str
    title: str
    heading: tuple[str, ...]
    page: int | None
    lines: tuple[str, ...]
    is_table: bool

    @cached_property
    def name(self) -> str:
        """Its headings in one line."""
        return " \u2013 ".join(self.heading)

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its headings."""
        return terms(". ".join(self.heading))

    @cached_property
    def head(self) -> str:
        """Its headings, folded."""
        return fold(" . ".join(self.heading))

    @property
    def size(self) -> int:
        """Characters that a patient reads."""
        return len(self.name) + sum(len(line) + 3 for line in self.lines)

    def excerpt(self, *, titled: bool) -> Excerpt:
        """The whole section as it is quoted.

        Args:
            titled: whether its document's title stands above it.
        """
        text = "\n".join(_marked(line) if self.is_table else line for line in self.lines)
        parts = (self.title if titled else "", *self.heading)
        heading = " \u2013 ".join(dict.fromkeys(filter(None, parts)))
        passage = Passage(
            id=f"{self.document}#{self.name}",
            document=self.document,
            title=self.title,
            heading=self.heading,
            page=self.page,
            text=text,
            score=0.0,
            similarity=0.0,
        )
        return Excerpt(passage, 0, len(text), heading, whole=True)


@dataclass(frozen=True)
class Sheet:
    """A document."""

    name: str
    title: str
    sections: tuple[Section, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its title."""
        return terms(self.title)

    @cached_property
    def head(self) -> str:
        """Its title, folded."""
        return fold(self.title)


def sheet_of(name: str, chunks: Sequence[Chunk], today: date) -> Sheet | None:
    """A document from its chunks; None where it has none, or speaks of days that are over.

    Pairs of question and answer are no section of anything.

    Args:
        name: the document's.
        chunks: those in force, in the order of reading.
        today: lines that speak of days before it alone are left out.
    """
    own = [chunk for chunk in chunks if not chunk.questions]
    if not own or is_past(own[0].title, today) or _is_over(own[0], today):
        return None
    sections = tuple(
        section
        for (heading, is_table), group in groupby(own, lambda each: (each.heading, each.is_table))
        if (section := _section(name, list(group), today)).lines
    )
    return Sheet(name, own[0].title, sections)


def cells_of(row: str) -> list[tuple[str, str]]:
    """A row's cells with their columns' names: `Exame: Raio X; Preço: R$ 90`."""
    parts: list[list[str]] = []
    for part in row.split("; "):
        name, colon, value = part.partition(": ")
        if colon or not parts:
            parts.append([name, value] if colon else ["", name])
        else:
            parts[-1][1] += f"; {part}"
    return [(name, value) for name, value in parts]


def _is_over(first: Chunk, today: date) -> bool:
    """Whether what stands above a document's first heading says that it held until a day."""
    return not first.heading and any(
        is_past(line, today) and not _SINCE.search(fold(line)) for line in _lines(first)
    )


def _section(name: str, chunks: Sequence[Chunk], today: date) -> Section:
    first = chunks[0]
    lines = tuple(line for chunk in chunks for line in _lines(chunk) if not is_past(line, today))
    return Section(name, first.title, first.heading, first.page, lines, first.is_table)


def _lines(chunk: Chunk) -> Iterator[str]:
    """Paragraphs, items and rows, each in one line."""
    if chunk.is_table:
        yield from filter(str.strip, chunk.text.split("\n"))
        return
    text, end, line = chunk.text, 0, ""
    for span in split(text):
        between = text[end : span.start]
        if line and ("\n" in between or not end):
            yield from _kept(line)
            line = ""
        words = " ".join(span.of(text).split())
        if line:
            line += f" {words}"
        else:
            mark = _NUMBERED.search(between)
            start = mark.group().strip() if mark else "-"
            line = f"{start} {words}" if span.kind is Kind.ITEM or mark else words
        end = span.end
    yield from _kept(line)


def _kept(line: str) -> Iterator[str]:
    if line and not _FOOTER.search(line):
        yield line


def _marked(row: str) -> str:
    """A row as an item: its first cell, then the others with their names."""
    cells = cells_of(row)
    (_, first), rest = cells[0], cells[1:]
    others = "; ".join(f"{name}: {value}" if name else value for name, value in rest)
    return f"- {first} \u2013 {others}" if others else f"- {first}"

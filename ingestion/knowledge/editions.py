"""Sheets of one title: which documents are editions of the same one, and which is newer. Pure.

Two documents are editions of one sheet where their titles and folders are equal without case,
accents, years and version marks, and

- their file names are equal in the same way (`preparo.pdf`, `preparo-2021.pdf`), or
- all documents of this title differ in year or version, and a title says one ("Preparo (2021)"),
- or all of them say from which day they hold.

So another word ("infantil"), another unit's folder, or a title that every page of a website has
makes no edition. What is newer is told in this order:

1. the later first day (`valid_from`), where both have one;
2. the later year: that of the first day, else of the title, the file name, the first heading, or
   the first lines ("Versão 2026"). A sheet that names no year is of the year in which its present
   content came to the knowledge base; the same year as the other one's names decides nothing;
3. of one year, the one that has a first day;
4. the higher version mark (`v2`); none is the first.

Else none is newer.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument

#: Characters of a document's first lines that may say of which year it is.
_FIRST_LINES: Final = 400

_YEAR: Final = re.compile(r"20[0-3]\d")
_VERSION: Final = re.compile(r"(?:v|ver|versao|version|rev|revisao|ed|edicao)(\d{1,2})")
_VERSION_WORDS: Final = frozenset(
    {"v", "ver", "versao", "version", "rev", "revisao", "ed", "edicao"}
)
#: Say what became of a sheet; no name of one where a year or version stands beside them.
_STATE_WORDS: Final = frozenset(
    stem + ending
    for stem in ("substituid", "revogad", "atualizad", "revisad", "obsolet", "antig")
    for ending in "ao"
) | {"atual", "vigente"}
#: Folders that hold what is no longer in use.
_ARCHIVES: Final = frozenset({"antigo", "antigos", "antigas", "arquivo", "arquivados", "old"})
#: Say nothing about what a sheet is about; `a`, `d` and `do` are names of vitamins and exams.
_PREPOSITIONS: Final = frozenset({"de", "para"})
_LINES_YEAR: Final = re.compile(
    r"(?:versao|edicao|revisao|vigente|valid[oa]s?|atualizad[oa]|revisad[oa])\b[^\n]{0,40}?\b"
    r"(20[0-3]\d)\b"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a text says of its edition: `words` is the rest of it.

    Attributes:
        words: folded, without years and version marks.
        year: the latest that it names; None: none.
        version: the number of its version mark; 0: none.
    """

    words: tuple[str, ...]
    year: int | None = None
    version: int = 0

    @property
    def is_set(self) -> bool:
        """Whether it names a year or a version."""
        return self.year is not None or self.version > 0


def mark_of(text: str) -> Mark:
    """The edition mark of a title or a file name.

    >>> mark_of("Preparo para colonoscopia (versão 2021 - substituída)")
    Mark(words=('preparo', 'colonoscopia'), year=2021, version=0)
    """
    words = re.findall(r"[^\W_]+", fold(text))
    years = [int(word) for word in words if _YEAR.fullmatch(word)]
    rest: list[str] = []
    version, expected = 0, False
    for word in words:
        number = _VERSION.fullmatch(word)
        if number or (expected and re.fullmatch(r"\d{1,2}", word)):
            version = max(version, int(number.group(1) if number else word))
            if not number:
                rest.pop()
        elif not _YEAR.fullmatch(word):
            rest.append(word)
        expected = word in _VERSION_WORDS
    mark = Mark((), max(years, default=None), version)
    dropped = _PREPOSITIONS
    if mark.is_set:
        dropped |= _STATE_WORDS | _VERSION_WORDS
    return Mark(tuple(word for word in rest if word not in dropped), mark.year, mark.version)


def year_in(chunks: Sequence[Chunk]) -> int | None:
    """The year that a document's first heading names, or that its first lines call its own."""
    if not chunks:
        return None
    first = chunks[0]
    heading = mark_of(" ".join(first.heading[:1])).year
    lines = _LINES_YEAR.search(fold(first.text[:_FIRST_LINES]))
    return heading or (int(lines.group(1)) if lines else None)


@dataclass(frozen=True, slots=True)
class Edition:
    """A document with what tells it from other editions."""

    document: IndexedDocument
    title: Mark
    name: Mark
    folder: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, document: IndexedDocument) -> "Edition":
        """What a record says."""
        path = PurePosixPath(document.name)
        marks = [mark_of(part) for part in path.parts[:-1]]
        folder = tuple(mark.words for mark in marks if not set(mark.words) <= _ARCHIVES)
        name = mark_of(path.stem)
        year = name.year or max((mark.year for mark in marks if mark.year), default=None)
        return cls(document, mark_of(document.title), Mark(name.words, year, name.version), folder)

    @property
    def valid_from(self) -> date | None:
        """Its first day."""
        return self.document.validity.valid_from

    @property
    def year(self) -> int | None:
        """The year that it says it is of."""
        first = self.valid_from
        return first.year if first else self.title.year or self.name.year or self.document.year

    @property
    def version(self) -> int:
        """Its version mark; none is the first."""
        return max(self.title.version, self.name.version, 1)

    def is_older_than(self, other: "Edition") -> bool:
        """By the rule of this module, among editions of one sheet."""
        if self.valid_from and other.valid_from and self.valid_from != other.valid_from:
            return self.valid_from < other.valid_from
        mine, others = self.year, other.year
        if mine is None and others is None:
            return self.version < other.version
        mine = mine or self.document.seen_on.year
        others = others or other.document.seen_on.year
        if mine != others:
            return mine < others
        if self.year is None or other.year is None:
            return False
        if bool(self.valid_from) != bool(other.valid_from):
            return not self.valid_from
        return self.version < other.version


def sheets(documents: Iterable[IndexedDocument]) -> Iterator[tuple[list[Edition], bool]]:
    """Documents of one title and folder, two or more; and whether they are editions of one sheet.

    Those of one title that are none may be two copies that nobody noticed: worth a remark.
    """
    by_title: dict[object, list[Edition]] = defaultdict(list)
    for document in documents:
        edition = Edition.of(document)
        if edition.title.words:
            by_title[edition.title.words, edition.folder].append(edition)
    for peers in by_title.values():
        if len(peers) < 2:  # noqa: PLR2004 - one of a title
            continue
        if _are_told_apart(peers):
            yield peers, True
            continue
        by_name: dict[tuple[str, ...], list[Edition]] = defaultdict(list)
        for peer in peers:
            by_name[peer.name.words].append(peer)
        named = [same for same in by_name.values() if len(same) > 1]
        yield from ((same, True) for same in named)
        if not named:
            yield peers, False


def _are_told_apart(peers: Sequence[Edition]) -> bool:
    if all(peer.valid_from for peer in peers):
        return True
    marks = {(peer.valid_from, peer.year, peer.version) for peer in peers}
    return len(marks) == len(peers) and any(peer.title.is_set for peer in peers)

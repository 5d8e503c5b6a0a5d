"""Sheets of one title: which documents are editions of the same one, and which is newer. Pure.

Two documents are editions of one sheet where their titles, their file names and their folders are
equal without case and accents, and titles and file names also without years and version marks
(`preparo.pdf`, `preparo-2021.pdf`). To hide a right document is worse than to show an old one:
equal titles of other file names ("Instruções" of two exams, "Agenda" of two doctors) make no
edition, and in doubt a number is a name ("Sala 2010", "Plano Unimed 2000", "derivação V5"):

- a year is one from 2000 to next year that ends the text or a part in parentheses, or follows a
  word as "versão" or "tabela"; never one after "sala", "plano" or "RDC", unless such a word stands
  between them, and never one in a folder's name;
- a version mark is a number after "versão", "revisão" or "edição", or a `v2` after a hyphen or an
  underscore in the file name; then the same `v2` in the title, too.

What is newer is told in this order:

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

_WORD: Final = re.compile(r"[^\W_]+")
_YEAR: Final = re.compile(r"20\d\d")
#: The last year that may be one, where nobody says which day it is.
_LAST_YEAR: Final = 2099
_VERSION_WORDS: Final = frozenset({"versao", "version", "rev", "revisao", "edicao"})
_VERSION: Final = re.compile(r"(?:versao|version|rev|revisao|edicao)(\d{1,2})")
_NUMBER: Final = re.compile(r"v?(\d{1,2})")
_TAIL: Final = re.compile(rf"{_YEAR.pattern}|{_VERSION.pattern}|v\d{{1,2}}")
#: Say what became of a sheet; no name of one where a year or version stands beside them.
_STATE_WORDS: Final = frozenset(
    stem + ending
    for stem in ("substituid", "revogad", "atualizad", "revisad", "obsolet", "antig")
    for ending in "ao"
) | {"atual", "vigente"}
#: Say that a number after them is a year.
_YEAR_WORD: Final = re.compile(
    r"edicao|versao|version|rev|revisao|tabela|ano|vigencia|vigente|validade|aviso"
    r"|(?:atualizad|revisad|valid)[oa]s?"
)
#: Say that a number after them is a name: of a room, a rule, a plan, a device, a lead of an ECG.
_NUMBERED: Final = re.compile(
    r"sala|unidade|bloco|predio|torre|andar|quarto|leito|consultorio|ramal"
    r"|rdc|lei|resolucao|portaria|norma|normativa|decreto|artigo|processo|protocolo"
    r"|plano|convenio|codigo|cid|numero|modelo|aparelho|equipamento"
    r"|ecg|eletrocardiograma|derivacao|dose|fase|etapa"
)
#: Stand between such a word and its number.
_BETWEEN: Final = frozenset({"de", "do", "da", "em", "desde"})
#: Folders that hold what is no longer in use.
_ARCHIVES: Final = frozenset({"antigo", "antigos", "antigas", "arquivo", "arquivados", "old"})
#: Say nothing about what a sheet is about; `a`, `d` and `do` are names of vitamins and exams.
_PREPOSITIONS: Final = frozenset({"de", "para"})
_LINES_YEAR: Final = re.compile(
    r"(?:versao|edicao|revisao|vigente|valid[oa]s?|atualizad[oa]|revisad[oa])\b([^\n]{0,40}?)\b"
    r"(20\d\d)\b"
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


def mark_of(
    text: str, last_year: int = _LAST_YEAR, *, is_name: bool = False, named: int = 0
) -> Mark:
    """The edition mark of a title or a file name.

    Args:
        text: the title, or the file name without its ending.
        last_year: a later number is no year.
        is_name: it is a file name: `-v2` and `_v2` are version marks.
        named: the version that the file name of this title says; its `v2` is one then.

    >>> mark_of("Preparo para colonoscopia (versão 2021 - substituída)")
    Mark(words=('preparo', 'colonoscopia'), year=2021, version=0)
    >>> mark_of("Sala 2021")
    Mark(words=('sala', '2021'), year=None, version=0)
    """
    folded = fold(text)
    rest: list[str] = []
    years: list[int] = []
    versions: list[int] = []
    for match in _WORD.finditer(folded):
        word = match.group()
        before, after = folded[: match.start()], folded[match.end() :]
        version = _version_of(word, before, is_name=is_name, named=named)
        if version is not None:
            versions.append(version)
        elif _YEAR.fullmatch(word) and int(word) <= last_year and _says_year(before, after):
            years.append(int(word))
        else:
            rest.append(word)
    mark = Mark((), max(years, default=None), max(versions, default=0))
    dropped = _PREPOSITIONS
    if mark.is_set:
        dropped |= _STATE_WORDS | _VERSION_WORDS
    return Mark(tuple(word for word in rest if word not in dropped), mark.year, mark.version)


def _version_of(word: str, before: str, *, is_name: bool, named: int) -> int | None:
    if glued := _VERSION.fullmatch(word):
        return int(glued.group(1))
    if not (number := _NUMBER.fullmatch(word)):
        return None
    words, version = _WORD.findall(before), int(number.group(1))
    if words and words[-1] in _VERSION_WORDS:
        return version
    is_mark = before.endswith(("-", "_")) if is_name else 0 < version == named
    return version if is_mark and word.startswith("v") and not _is_numbered(words) else None


def _is_numbered(words: Sequence[str]) -> bool:
    """Whether a number after these words is a name: the nearest word of either kind decides."""
    for word in reversed(words):
        if _NUMBERED.fullmatch(word):
            return True
        if _YEAR_WORD.fullmatch(word):
            return False
    return False


def _says_year(before: str, after: str) -> bool:
    words = _WORD.findall(before)
    if _is_numbered(words):
        return False
    near = (word for word in reversed(words) if word not in _BETWEEN and not _YEAR.fullmatch(word))
    if _YEAR_WORD.fullmatch(next(near, "")):
        return True
    is_in_parentheses = before.count("(") > before.count(")")
    return _is_end(after) or (is_in_parentheses and _is_end(after.partition(")")[0]))


def _is_end(text: str) -> bool:
    """Whether nothing follows but other years, a version, and what became of the sheet."""
    words = _WORD.findall(text)
    return all(
        word in _STATE_WORDS | _VERSION_WORDS
        or _TAIL.fullmatch(word)
        or (previous in _VERSION_WORDS and _NUMBER.fullmatch(word))
        for previous, word in zip(["", *words], words, strict=False)
    )


def year_in(chunks: Sequence[Chunk]) -> int | None:
    """The year that a document's first heading names, or that its first lines call its own."""
    if not chunks:
        return None
    first = chunks[0]
    heading = mark_of(" ".join(first.heading[:1])).year
    lines = _LINES_YEAR.search(fold(first.text[:_FIRST_LINES]))
    if heading or lines is None or _is_numbered(_WORD.findall(lines.group(1))):
        return heading
    return int(lines.group(2))


@dataclass(frozen=True, slots=True)
class Edition:
    """A document with what tells it from other editions.

    Attributes:
        document: its record.
        title: what its title says.
        name: what its file name says.
        folder: the words of its folders' names; without archives.
        inner_year: the year that its first heading or lines say.
    """

    document: IndexedDocument
    title: Mark
    name: Mark
    folder: tuple[tuple[str, ...], ...]
    inner_year: int | None

    @classmethod
    def of(cls, document: IndexedDocument, last_year: int = _LAST_YEAR) -> "Edition":
        """What a record says; a number above the last year is no year."""
        path = PurePosixPath(document.name)
        folders = [tuple(_WORD.findall(fold(part))) or (part,) for part in path.parts[:-1]]
        name = mark_of(path.stem, last_year, is_name=True)
        title = mark_of(document.title, last_year, named=name.version)
        inner = document.year if document.year and document.year <= last_year else None
        folder = tuple(words for words in folders if not _ARCHIVES.issuperset(words))
        return cls(document, title, name, folder, inner)

    @property
    def valid_from(self) -> date | None:
        """Its first day."""
        return self.document.validity.valid_from

    @property
    def year(self) -> int | None:
        """The year that it says it is of."""
        first = self.valid_from
        return first.year if first else self.title.year or self.name.year or self.inner_year

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


def sheets(
    documents: Iterable[IndexedDocument], last_year: int
) -> Iterator[tuple[list[Edition], bool]]:
    """Documents of one title and folder, two or more; and whether they are editions of one sheet.

    Those of one title that are none may be two copies that nobody noticed: worth a remark.

    Args:
        documents: of one clinic.
        last_year: a later number in a title or name is no year.
    """
    by_title: dict[object, list[Edition]] = defaultdict(list)
    for document in documents:
        edition = Edition.of(document, last_year)
        if edition.title.words:
            by_title[edition.title.words, edition.folder].append(edition)
    for peers in by_title.values():
        by_name: dict[tuple[str, ...], list[Edition]] = defaultdict(list)
        for peer in peers:
            by_name[peer.name.words].append(peer)
        yield from ((same, True) for same in by_name.values() if len(same) > 1)
        if len(by_name) > 1:
            yield peers, False

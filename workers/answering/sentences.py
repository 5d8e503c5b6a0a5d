"""A document's text in the units that one may quote: sentences, list items, table rows. Pure.

Lines, rows and headings are ours in any case: see `chunking` for how rows are written. Of 22 lines
full of abbreviations ("Av. Brasil", "no máx. 10 dias", "H. pylori") these rules cut all rightly,
sentencex 1.0.32 cut 7 wrongly; pysbd knows no Portuguese and takes 10 ms a passage.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ingestion.folding import fold


class Kind(StrEnum):
    """What a span of a text is."""

    SENTENCE = "sentence"
    ITEM = "item"  #: a sentence of a list item; the first one begins after the item's mark
    ROW = "row"  #: of a table, whole: `Exame: Ultrassom; Preço: R$ 120,00`
    HEADING = "heading"  #: also the question of a pair: it tells what stands below, and is no fact


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text; `text[start:end]` has no white space around it."""

    start: int
    end: int
    kind: Kind

    def of(self, text: str) -> str:
        """The span's own words."""
        return text[self.start : self.end]


#: Words after whose full stop a sentence goes on, folded.
_ABBREVIATIONS: Final = frozenset((
    "dr", "dra", "drs", "dras", "sr", "sra", "srs", "sras", "srta", "prof", "profa", "enf", "enfa",
    "av", "al", "tv", "trav", "rod", "est", "pca", "jd", "ed", "bl", "apto", "sta", "sto",
    "nro", "num", "tel", "cel", "fone", "art", "inc", "pag", "fl", "cap", "vol", "obs",
    "ex", "min", "max", "aprox", "mr", "mrs", "ms", "st", "jr", "vs",
))  # fmt: skip
#: The same before a digit alone: "n. 240", but not "ele disse que não. No".
_NUMBERED: Final = frozenset({"n", "no", "nº", "n°"})
#: Words before a letter that is no initial: "vitamina D. Depois".
_LETTERED: Final = frozenset((
    "vitamina", "vitaminas", "hepatite", "tipo", "grupo", "plano", "sala", "bloco", "torre", "ala",
    "classe", "categoria", "fator", "influenza", "streptococo", "vitamin", "hepatitis", "type",
    "group", "plan", "room", "block", "bairro", "omega", "coenzima", "meningite", "meningococica",
))  # fmt: skip
#: Longest heading, in characters.
_LONGEST_HEADING: Final = 110

_LINE: Final = re.compile(r"[^\n]+")
_MARK: Final = re.compile(r"\s*(?:[-*•·\u2013\u2014▪◦‣✓]\s+|\d{1,2}[.)]\s+|[a-z]\)\s+|#{1,6}\s+)")
_END: Final = re.compile(r"[.!?…]+[\"”\u2019»)\]*_]*(?=\s)")
_ROW: Final = re.compile(r"[^:;\n]{1,80}: [^;\n]*; [^\n]|[^;\n]+; [^;\n]+; [^\n]")
_STOPPED: Final = re.compile(r"[.!…;:,][\"”\u2019»)\]*_]*$")
_LAST_WORD: Final = re.compile(r"(?:(\w+) )?([\w.]+)$")
#: Letters of two words, but for very long ones.
_LONGEST_WORDS: Final = 80
_DOTTED: Final = re.compile(r"(?:[a-z]\.)+[a-z]{1,3}")
_STREET: Final = re.compile(r"(?:^|[\s(])R$")


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[Span, ...]:
    """The spans of a text in order; every word but the marks of list items stands in one.

    >>> text = "Fale com a Dra. Ana. Traga o pedido."
    >>> [span.of(text) for span in split(text)]
    ['Fale com a Dra. Ana.', 'Traga o pedido.']
    """
    return tuple(span for start, end in _lines(text) for span in _spans(text, start, end))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines; one that goes on in small letters is joined with its next."""
    begun: int | None = None
    end = 0
    for match in _LINE.finditer(text):
        line = match.group()
        if not line.strip():
            continue
        if begun is not None and not _goes_on(text[begun:end], line, text[end : match.start()]):
            yield begun, end
            begun = None
        begun = match.start() if begun is None else begun
        end = match.end()
    if begun is not None:
        yield begun, end


def _goes_on(before: str, line: str, between: str) -> bool:
    return (
        between.count("\n") == 1
        and line.lstrip()[:1].islower()
        and not _MARK.match(line)
        and not _is_row(line)
        and not _is_row(before)
        and not re.search(r"[.!?…:;]\s*$", before)
    )


def _is_row(line: str) -> bool:
    if _MARK.match(line):
        return False
    return bool(_ROW.match(line)) and not _breaks(line)


def _spans(text: str, start: int, end: int) -> Iterator[Span]:
    line = text[start:end]
    mark = _MARK.match(line)
    if _is_row(line) or _is_wide_row(line):
        yield _trimmed(text, start, end, Kind.ROW)
    elif _is_heading(text, start, end):
        yield _trimmed(text, start + (mark.end() if mark else 0), end, Kind.HEADING)
    else:
        kind = Kind.ITEM if mark else Kind.SENTENCE
        begun = start + (mark.end() if mark else 0)
        for place in _breaks(line, mark.end() if mark else 0):
            yield _trimmed(text, begun, start + place, kind)
            begun = start + place
        if text[begun:end].strip():
            yield _trimmed(text, begun, end, kind)


def _is_wide_row(line: str) -> bool:
    """Whether every part between semicolons has its own name: sentences may stand in a cell."""
    parts = line.split("; ")
    named = [part for part in parts if re.match(r"[^:.]{1,60}: \S", part)]
    return len(parts) > 1 and len(named) == len(parts) and not _MARK.match(line)


def _is_heading(text: str, start: int, end: int) -> bool:
    """Whether a line is a title or a question with something below it."""
    line = text[start:end].strip()
    if len(line) > _LONGEST_HEADING:
        return False
    if line.startswith("#") or (line.isupper() and not _STOPPED.search(line)):
        return True
    if not text[end:].strip():
        return False
    if _MARK.match(line) and not line[0].isdigit():
        return False
    return line.endswith("?") or not (_STOPPED.search(line) or _breaks(line))


def _breaks(line: str, start: int = 0) -> list[int]:
    """Where in a line one sentence has ended."""
    return [
        match.end() for match in _END.finditer(line, start) if _ends(line, match.start(), match)
    ]


def _ends(line: str, place: int, match: re.Match[str]) -> bool:
    after = line[match.end() :].lstrip(' \t"“\u2018«(¿¡*_-•')
    if not after or after[0].islower():
        return False
    if match.group()[0] != ".":
        return True
    before = line[:place]
    last = _last_word(before)
    return last is None or not _is_abbreviated(last, before, after)


def _last_word(text: str) -> re.Match[str] | None:
    """The last word and the one before it, found without a search from the text's beginning."""
    begin = max(0, len(text) - _LONGEST_WORDS)
    match = _LAST_WORD.search(text, begin)
    return _LAST_WORD.search(text) if match and match.start() <= begin + 1 else match


def _is_abbreviated(last: re.Match[str], before: str, after: str) -> bool:
    word = last[2]
    if word.isupper() and len(word) == 1:  # an initial, or "R. das Flores"
        return bool(_STREET.search(before)) or fold(last[1] or "") not in _LETTERED
    if word.lower() in _NUMBERED:
        return after[0].isdigit()
    return fold(word) in _ABBREVIATIONS or bool(_DOTTED.fullmatch(word))


def _trimmed(text: str, start: int, end: int, kind: Kind) -> Span:
    part = text[start:end]
    return Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()), kind)

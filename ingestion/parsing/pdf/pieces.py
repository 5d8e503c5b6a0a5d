"""A page's characters to pieces of text: broken at wide gaps and at the cells of ruled tables."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pypdfium2 import raw

from ingestion.parsing.decoding import clean
from ingestion.parsing.pdf.line import SPLIT, Box, Piece
from ingestion.parsing.pdf.rules import Ruled

#: A gap this many times the type's height wide may be no space between words; where it is one
#: (justified text), the pieces come together again.
WIDE_GAP: Final = 0.8

#: pdfium's mark of a hyphen at a line's end that it joined with the next line.
HYPHEN: Final = "\x02"

#: What ends a line.
ENDS: Final = "\r\n\x02"

#: Weight from which on a font is bold (CSS); some fonts tell it in their name alone.
BOLD: Final = 600

Cell = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """The piece at work: sides in points, characters, and the places of its first and last."""

    left: float
    bottom: float
    right: float
    top: float
    size: float
    first: int
    cell: tuple[int, Cell] | None
    row: int
    last: int = 0
    characters: list[str] = field(default_factory=list)

    def is_apart(self, left: float, right: float, height: float) -> bool:
        """Whether a character stands too far from what is there, to either side."""
        gap = max(self.size, height * 0.6) * WIDE_GAP
        return left - self.right > gap or self.left - right > gap

    def add(self, char: str, at: int, sides: tuple[float, float, float, float]) -> None:
        """Take a character in."""
        self.left = min(self.left, sides[0])
        self.bottom = min(self.bottom, sides[1])
        self.right = max(self.right, sides[2])
        self.top = max(self.top, sides[3])
        self.last = at
        self.characters.append(char)


def pieces(textpage: Any, tables: Sequence[Ruled]) -> list[tuple[Piece, int]]:  # noqa: ANN401
    """The pieces of a page in pdfium's order, each with the number of its table, or -1."""
    return [
        (
            Piece(
                text,
                Box(each.left, each.bottom, each.right, each.top),
                each.size,
                _is_bold(textpage, each.first) and _is_bold(textpage, each.last),
                each.row,
                each.cell[1] if each.cell else None,
            ),
            each.cell[0] if each.cell else -1,
        )
        for each in _opened(textpage, tables)
        if (text := words(each.characters) + (SPLIT if HYPHEN in each.characters[-1:] else ""))
    ]


def _opened(textpage: Any, tables: Sequence[Ruled]) -> Iterator[_Open]:  # noqa: ANN401
    now: _Open | None = None
    row = 0
    loose = raw.FS_RECTF()
    for at in range(textpage.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(textpage, at))
        if char in ENDS:
            if now is not None:
                if char == HYPHEN:
                    now.characters.append(char)
                yield now
            now = None
            row += 1
            continue
        if char.isspace():
            if now is not None:
                now.characters.append(char)
            continue
        raw.FPDFText_GetLooseCharBox(textpage, at, loose)
        sides = (loose.left, loose.bottom, loose.right, loose.top)
        cell = _cell_at(tables, sides) if tables else None
        height = sides[3] - sides[1]
        if now is not None and (cell != now.cell or now.is_apart(sides[0], sides[2], height)):
            yield now
            now = None
        if now is None:
            now = _Open(*sides, size=_size(textpage, at, height), first=at, cell=cell, row=row)
        now.add(char, at, sides)
    if now is not None:
        yield now


def words(characters: Sequence[str]) -> str:
    """Characters as text: pairs of surrogates made one, spaces single, nothing invisible."""
    text = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(clean(text).split())


def _cell_at(
    tables: Sequence[Ruled], sides: tuple[float, float, float, float]
) -> tuple[int, Cell] | None:
    left, bottom, right, top = sides
    x, y = (left + right) / 2, (bottom + top) / 2
    for number, table in enumerate(tables):
        if (cell := table.at(x, y)) is not None:
            return number, cell
    return None


def _size(textpage: Any, at: int, height: float) -> float:  # noqa: ANN401
    """Height of the type as it is seen: the font's size, scaled as the page scales it."""
    size = float(raw.FPDFText_GetFontSize(textpage, at))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage, at, matrix):
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size *= scale or 1.0
    return round(size or height, 1)


def _is_bold(textpage: Any, at: int) -> bool:  # noqa: ANN401
    if raw.FPDFText_GetFontWeight(textpage, at) >= BOLD:
        return True
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(textpage, at, name, len(name), flags)
    return b"bold" in name.value.lower() or b"black" in name.value.lower()

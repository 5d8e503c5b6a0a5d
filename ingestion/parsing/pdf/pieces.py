"""A page's characters to pieces of text: broken at wide gaps and at the cells of ruled tables."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pypdfium2 import raw

from ingestion.parsing.decoding import clean
from ingestion.parsing.pdf.page import SPLIT, Box, Piece
from ingestion.parsing.pdf.rules import RuledTable

#: A gap wider than this many times the type's height may be no space between words; where it is
#: one (justified text), the layout joins the pieces again.
WIDE_GAP: Final = 0.8

#: pdfium's mark of a hyphen at a line's end that it joined with the next line.
HYPHEN: Final = "\x02"

#: What ends a line.
ENDS: Final = "\r\n\x02"

#: Weight from which a font is bold (CSS); some fonts say so in their name alone.
BOLD: Final = 600

Cell = tuple[int, int]


@dataclass(slots=True)
class _PieceBuilder:
    """A piece in the making: sides in points, characters, the indices of the first and the last."""

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
        """Whether a character stands too far from the piece, to either side."""
        gap = max(self.size, height * 0.6) * WIDE_GAP
        return left - self.right > gap or self.left - right > gap

    def add(self, char: str, index: int, sides: tuple[float, float, float, float]) -> None:
        """Add a character."""
        self.left = min(self.left, sides[0])
        self.bottom = min(self.bottom, sides[1])
        self.right = max(self.right, sides[2])
        self.top = max(self.top, sides[3])
        self.last = index
        self.characters.append(char)


def pieces(textpage: Any, tables: Sequence[RuledTable]) -> list[tuple[Piece, int]]:  # noqa: ANN401
    """The pieces of a page in pdfium's order, each with the number of its table, or -1."""
    return [
        (
            Piece(
                text,
                Box(builder.left, builder.bottom, builder.right, builder.top),
                builder.size,
                _is_bold(textpage, builder.first) and _is_bold(textpage, builder.last),
                builder.row,
                builder.cell[1] if builder.cell else None,
            ),
            builder.cell[0] if builder.cell else -1,
        )
        for builder in _builders(textpage, tables)
        if (text := words(builder.characters) + _split_mark(builder.characters))
    ]


def _split_mark(characters: Sequence[str]) -> str:
    return SPLIT if HYPHEN in characters[-1:] else ""


def _builders(textpage: Any, tables: Sequence[RuledTable]) -> Iterator[_PieceBuilder]:  # noqa: ANN401
    builder: _PieceBuilder | None = None
    row = 0
    box = raw.FS_RECTF()
    for index in range(textpage.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(textpage, index))
        if char in ENDS:
            if builder is not None:
                if char == HYPHEN:
                    builder.characters.append(char)
                yield builder
            builder = None
            row += 1
            continue
        if char.isspace():
            if builder is not None:
                builder.characters.append(char)
            continue
        raw.FPDFText_GetLooseCharBox(textpage, index, box)
        sides = (box.left, box.bottom, box.right, box.top)
        cell = _cell_at(tables, sides) if tables else None
        height = sides[3] - sides[1]
        if builder is not None and (
            cell != builder.cell or builder.is_apart(sides[0], sides[2], height)
        ):
            yield builder
            builder = None
        if builder is None:
            size = _size(textpage, index, height)
            builder = _PieceBuilder(*sides, size=size, first=index, cell=cell, row=row)
        builder.add(char, index, sides)
    if builder is not None:
        yield builder


def words(characters: Sequence[str]) -> str:
    """Characters as text: surrogate pairs joined, spaces single, nothing invisible."""
    text = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(clean(text).split())


def _cell_at(
    tables: Sequence[RuledTable], sides: tuple[float, float, float, float]
) -> tuple[int, Cell] | None:
    left, bottom, right, top = sides
    x, y = (left + right) / 2, (bottom + top) / 2
    for number, table in enumerate(tables):
        if (cell := table.cell_at(x, y)) is not None:
            return number, cell
    return None


def _size(textpage: Any, index: int, height: float) -> float:  # noqa: ANN401
    """Height of the type as it is seen: the font's size, scaled as the page scales it."""
    size = float(raw.FPDFText_GetFontSize(textpage, index))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage, index, matrix):
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size *= scale or 1.0
    return round(size or height, 1)


def _is_bold(textpage: Any, index: int) -> bool:  # noqa: ANN401
    if raw.FPDFText_GetFontWeight(textpage, index) >= BOLD:
        return True
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(textpage, index, name, len(name), flags)
    return b"bold" in name.value.lower() or b"black" in name.value.lower()

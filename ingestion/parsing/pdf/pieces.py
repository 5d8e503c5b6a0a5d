"""A page's characters to pieces of text: broken at wide gaps and at the cells of ruled tables."""

import ctypes
from collections.abc import Sequence
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

#: Weight from which on a font is bold (CSS); some fonts tell it in their name alone.
BOLD: Final = 600

Cell = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """The piece at work."""

    characters: list[str] = field(default_factory=list)
    box: Box | None = None
    size: float = 0.0
    first: int = 0
    last: int = 0
    cell: tuple[int, Cell] | None = None


def pieces(textpage: Any, tables: Sequence[Ruled]) -> list[tuple[Piece, int]]:  # noqa: ANN401
    """The pieces of a page in pdfium's order, each with the number of its table, or -1."""
    found: list[tuple[Piece, int]] = []
    now = _Open()
    row = 0
    loose = raw.FS_RECTF()

    def end() -> None:
        nonlocal now
        text = words(now.characters) + (SPLIT if HYPHEN in now.characters[-1:] else "")
        if text and now.box is not None:
            number, cell = now.cell or (-1, None)
            bold = _is_bold(textpage, now.first) and _is_bold(textpage, now.last)
            found.append((Piece(text, now.box, now.size, bold, row, cell), number))
        now = _Open()

    for at in range(textpage.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(textpage, at))
        if char in "\r\n":
            end()
            row += 1
            continue
        if char == HYPHEN:
            now.characters.append(char)
            end()
            row += 1
            continue
        if char.isspace():
            now.characters.append(char)
            continue
        raw.FPDFText_GetLooseCharBox(textpage, at, loose)
        box = Box(loose.left, loose.bottom, loose.right, loose.top)
        cell = _cell_at(tables, box)
        if now.box is not None and (cell != now.cell or _is_apart(now, box)):
            end()
        if now.box is None:
            now.first, now.cell, now.size = at, cell, _size(textpage, at, box)
        now.box = now.box.joined(box) if now.box else box
        now.last = at
        now.characters.append(char)
    end()
    return found


def words(characters: Sequence[str]) -> str:
    """Characters as text: pairs of surrogates made one, spaces single, nothing invisible."""
    text = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(clean(text).split())


def _is_apart(now: _Open, box: Box) -> bool:
    if now.box is None:
        return False
    gap = max(now.size, box.height * 0.6) * WIDE_GAP
    return box.left - now.box.right > gap or now.box.left - box.right > gap


def _cell_at(tables: Sequence[Ruled], box: Box) -> tuple[int, Cell] | None:
    x, y = box.middle
    for number, table in enumerate(tables):
        if (cell := table.at(x, y)) is not None:
            return number, cell
    return None


def _size(textpage: Any, at: int, box: Box) -> float:  # noqa: ANN401
    """Height of the type as it is seen: the font's size, scaled as the page scales it."""
    size = float(raw.FPDFText_GetFontSize(textpage, at))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage, at, matrix):
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size *= scale or 1.0
    return round(size or box.height, 1)


def _is_bold(textpage: Any, at: int) -> bool:  # noqa: ANN401
    if raw.FPDFText_GetFontWeight(textpage, at) >= BOLD:
        return True
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(textpage, at, name, len(name), flags)
    return b"bold" in name.value.lower() or b"black" in name.value.lower()

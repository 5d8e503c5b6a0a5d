"""Pieces of text to a page in the order of reading: columns one after the other, tables as tables.

pdfium gives text in the order of the file, which is mostly that of reading. It is not where a
program wrote line by line across columns: there the page is cut at its gutters (a recursive
X-Y cut, Nagy and Seth 1984).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Final

from ingestion.parsing.grid import Rows, tables
from ingestion.parsing.pdf.line import Grid, Line, Page, Piece, mended

#: Points of the narrowest gutter between columns of text.
GUTTER: Final = 7.0

#: Share of its column's width from which on a line counts as full.
FULL: Final = 0.75

#: Lines that each of two columns has at least.
COLUMN_LINES: Final = 4

#: Characters that the lines of a column have on average; shorter ones are cells of a table.
COLUMN_WIDTH: Final = 18

#: Rows of a table without rules.
TABLE_ROWS: Final = 3

#: Characters of a table's cells on average; in one of its columns they may be longer.
CELL_WIDTH: Final = 30

#: Points of the narrowest gap between columns of a table without rules.
CELL_GAP: Final = 6.0

#: What is a point or number of a list, not a cell.
MARKER: Final = re.compile(r"^([•▪●◦‣·*\u2013\u2014-]|\(?\w{1,3}[.)ºª°])$")

#: Lines of type further apart than this many heights are not one table.
APART: Final = 2.6

Block = Piece | Grid


def laid_out(blocks: Sequence[Block], page: int | None = None) -> Page:
    """The lines and tables of a page in the order of reading.

    Args:
        blocks: pieces in pdfium's order, and ruled tables.
        page: its number, which tables carry.
    """
    return list(_read(blocks, page))


def _read(blocks: Sequence[Block], page: int | None) -> Iterator[Line | Grid]:
    at = _gutter(blocks)
    if at is None:
        yield from _lines(_with_tables(blocks, page))
        return
    left: list[Block] = []
    right: list[Block] = []
    for block in sorted(blocks, key=lambda each: (-each.box.top, each.box.left)):
        if block.box.right <= at:
            left.append(block)
        elif block.box.left >= at:
            right.append(block)
        else:  # across both columns: what stands above it is read before
            yield from _read(left, page)
            yield from _read(right, page)
            yield from _lines([block])
            left, right = [], []
    yield from _read(left, page)
    yield from _read(right, page)


def _lines(blocks: Sequence[Block]) -> Iterator[Line | Grid]:
    """Pieces of one row together, in the order of the file."""
    rows = [list(row) for _, row in groupby(blocks, key=lambda each: each.row)]
    texts = [" ".join(each.text for each in row if isinstance(each, Piece)) for row in rows]
    room = max(map(len, texts), default=0)
    for row, text in zip(rows, texts, strict=True):
        parts = [each for each in row if isinstance(each, Piece)]
        if parts:
            is_bold = all(each.is_bold for each in parts)
            yield Line(text, parts[0].size, is_bold, room)
        yield from (each for each in row if isinstance(each, Grid))


def _gutter(blocks: Sequence[Block]) -> float | None:
    """Where two columns of text part, if the blocks stand in such."""
    parts = [each for each in blocks if isinstance(each, Piece)]
    if len(parts) < 2 * COLUMN_LINES:
        return None
    left = min(each.box.left for each in parts)
    right = max(each.box.right for each in parts)
    narrow = [each for each in parts if each.box.width < 0.6 * (right - left)]
    free = []
    reached = left
    for piece in sorted(narrow, key=lambda each: each.box.left):
        if piece.box.left - reached >= GUTTER:
            free.append((piece.box.left - reached, (reached + piece.box.left) / 2))
        reached = max(reached, piece.box.right)
    for _, at in sorted(free, reverse=True):
        if _are_columns(parts, at):
            return at
    return None


def _are_columns(parts: Sequence[Piece], at: float) -> bool:
    left = [each for each in parts if each.box.right <= at]
    right = [each for each in parts if each.box.left >= at]
    across = len(parts) - len(left) - len(right)
    if min(len(left), len(right)) < COLUMN_LINES or across > min(len(left), len(right)):
        return False
    if not (_is_prose(left) and _is_prose(right)):
        return False
    # Side by side, not one below the other.
    beside = min(max(e.box.top for e in left), max(e.box.top for e in right)) - max(
        min(e.box.bottom for e in left), min(e.box.bottom for e in right)
    )
    return beside > 2 * median(each.box.height for each in parts)


def _is_prose(parts: Sequence[Piece]) -> bool:
    """Whether pieces are the lines of a column of text: long, and mostly as long as it is wide."""
    if sum(len(each.text) for each in parts) < COLUMN_WIDTH * len(parts):
        return False
    widths = sorted(each.box.width for each in parts)
    full = FULL * widths[int(0.9 * (len(widths) - 1))]
    return sum(width >= full for width in widths) * 2 >= len(widths)


def _with_tables(blocks: Sequence[Block], page: int | None) -> list[Block]:
    """With the tables that have no rules in place of their pieces."""
    rows = _rows([each for each in blocks if isinstance(each, Piece)])
    found: dict[Piece, Grid] = {}
    run: list[list[Piece]] = []
    for row in [*rows, []]:
        if row and (not run or _belongs(row, run)) and (len(row) > 1 or run):
            run.append(row)
            continue
        while run and len(run[-1]) < 2:  # noqa: PLR2004 - a text below the table
            run.pop()
        if (grid := _unruled(run, page)) is not None:
            found |= {piece: grid for each in run for piece in each}
        run = [row] if len(row) > 1 else []
    kept: list[Block] = []
    for block in blocks:
        grid_of = found.get(block) if isinstance(block, Piece) else None
        if grid_of is None:
            kept.append(block)
        elif grid_of not in kept:
            kept.append(grid_of)
    return kept


def _belongs(row: Sequence[Piece], run: Sequence[Sequence[Piece]]) -> bool:
    """Whether a row goes on with a table: close below, and one text alone only under one cell."""
    above = run[-1]
    distance = above[0].box.middle[1] - row[0].box.middle[1]
    if distance > APART * max(above[0].box.height, row[0].box.height):
        return False
    if len(row) > 1:
        return True
    cells = next(each for each in reversed(run) if len(each) > 1)
    reach = max(each.box.right for each in cells) - min(each.box.left for each in cells)
    return row[0].box.width < 0.5 * reach


def _rows(parts: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces side by side, rows from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(parts, key=lambda each: -each.box.middle[1]):
        middle = piece.box.middle[1]
        if rows and rows[-1][0].box.bottom < middle < rows[-1][0].box.top:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda each: each.box.left) for row in rows]


def _unruled(run: Sequence[Sequence[Piece]], page: int | None) -> Grid | None:
    """The table that rows of aligned pieces make, if they do."""
    full = [row for row in run if len(row) > 1]
    if len(full) < TABLE_ROWS:
        return None
    spans = _spans([piece for row in full for piece in row])
    columns: list[list[Piece]] = [[] for _ in spans]
    body: Rows = []
    for row in run:
        cells = [""] * len(spans)
        for piece in row:
            at = next(
                (at for at, (_, end) in enumerate(spans) if piece.box.left < end), len(spans) - 1
            )
            cells[at] = f"{cells[at]} {piece.text}".strip()
            columns[at].append(piece)
        if len(row) == 1 and body and not cells[0]:  # a cell that goes on below
            body[-1] = [f"{a} {b}".strip() for a, b in zip(body[-1], cells, strict=True)]
        else:
            body.append(cells)
    if not _are_cells(columns):
        return None
    body = [[mended(cell) for cell in row] for row in body]
    box = full[0][0].box
    for piece in (piece for row in run for piece in row):
        box = box.joined(piece.box)
    return Grid(tuple(tables(body, page=page)), box, run[0][0].row)


def _spans(parts: Sequence[Piece]) -> list[tuple[float, float]]:
    """The columns: where some piece stands, from left to right."""
    spans: list[tuple[float, float]] = []
    for piece in sorted(parts, key=lambda each: each.box.left):
        if spans and piece.box.left - spans[-1][1] < CELL_GAP:
            spans[-1] = (spans[-1][0], max(spans[-1][1], piece.box.right))
        else:
            spans.append((piece.box.left, piece.box.right))
    return spans


def _are_cells(columns: Sequence[Sequence[Piece]]) -> bool:
    """Columns of a table: filled, short but for one, and no marks of a list."""
    if len(columns) < 2:  # noqa: PLR2004 - one column is a text
        return False
    if all(MARKER.match(piece.text) for piece in columns[0]):
        return False
    counts = [len(parts) for parts in columns]
    long = sum(
        sum(len(piece.text) for piece in parts) > CELL_WIDTH * len(parts) or _is_prose(parts)
        for parts in columns
        if parts
    )
    return long <= 1 and min(counts) * 3 >= max(counts)

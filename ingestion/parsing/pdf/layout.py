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
from ingestion.parsing.pdf.page import Line, Page, PageTable, Piece, dehyphenated

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

#: A list's bullet or number, which is no cell.
MARKER: Final = re.compile(r"^([•▪●◦‣·*\u2013\u2014-]|\(?\w{1,3}[.)ºª°])$")

#: Lines further apart than this many heights of their type are not one table.
MOST_DISTANCE: Final = 2.6

Block = Piece | PageTable


def reading_order(blocks: Sequence[Block], page: int | None = None) -> Page:
    """The lines and tables of a page in the order of reading.

    Args:
        blocks: pieces in pdfium's order, and ruled tables.
        page: its number, which tables carry.
    """
    return list(_in_order(blocks, page))


def _in_order(blocks: Sequence[Block], page: int | None) -> Iterator[Line | PageTable]:
    gutter = _gutter(blocks)
    if gutter is None:
        yield from _lines(_with_tables(blocks, page))
        return
    left: list[Block] = []
    right: list[Block] = []
    for block in sorted(blocks, key=lambda block: (-block.box.top, block.box.left)):
        if block.box.right <= gutter:
            left.append(block)
        elif block.box.left >= gutter:
            right.append(block)
        else:  # across both columns: the blocks above it come first
            yield from _in_order(left, page)
            yield from _in_order(right, page)
            yield from _lines([block])
            left, right = [], []
    yield from _in_order(left, page)
    yield from _in_order(right, page)


def _lines(blocks: Sequence[Block]) -> Iterator[Line | PageTable]:
    """The pieces of one row as one line, in the order of the file."""
    rows = [list(row) for _, row in groupby(blocks, key=lambda block: block.row)]
    texts = [" ".join(block.text for block in row if isinstance(block, Piece)) for row in rows]
    room = max(map(len, texts), default=0)
    for row, text in zip(rows, texts, strict=True):
        pieces = [block for block in row if isinstance(block, Piece)]
        if pieces:
            is_bold = all(piece.is_bold for piece in pieces)
            yield Line(text, pieces[0].size, is_bold, room)
        yield from (block for block in row if isinstance(block, PageTable))


def _gutter(blocks: Sequence[Block]) -> float | None:
    """The x between two columns of text, in points; None where the blocks stand in one."""
    pieces = [block for block in blocks if isinstance(block, Piece)]
    if len(pieces) < 2 * COLUMN_LINES:
        return None
    left = min(piece.box.left for piece in pieces)
    right = max(piece.box.right for piece in pieces)
    narrow = [piece for piece in pieces if piece.box.width < 0.6 * (right - left)]
    gaps = []
    edge = left
    for piece in sorted(narrow, key=lambda piece: piece.box.left):
        if piece.box.left - edge >= GUTTER:
            gaps.append((piece.box.left - edge, (edge + piece.box.left) / 2))
        edge = max(edge, piece.box.right)
    for _, middle in sorted(gaps, reverse=True):
        if _are_columns(pieces, middle):
            return middle
    return None


def _are_columns(pieces: Sequence[Piece], gutter: float) -> bool:
    left = [piece for piece in pieces if piece.box.right <= gutter]
    right = [piece for piece in pieces if piece.box.left >= gutter]
    across = len(pieces) - len(left) - len(right)
    if min(len(left), len(right)) < COLUMN_LINES or across > min(len(left), len(right)):
        return False
    if not (_is_prose(left) and _is_prose(right)):
        return False
    # Side by side, not one below the other.
    top = min(max(piece.box.top for piece in column) for column in (left, right))
    bottom = max(min(piece.box.bottom for piece in column) for column in (left, right))
    return top - bottom > 2 * median(piece.box.height for piece in pieces)


def _is_prose(pieces: Sequence[Piece]) -> bool:
    """Whether pieces are the lines of a column of text: long, and mostly as long as it is wide."""
    if sum(len(piece.text) for piece in pieces) < COLUMN_WIDTH * len(pieces):
        return False
    widths = sorted(piece.box.width for piece in pieces)
    full = FULL * widths[int(0.9 * (len(widths) - 1))]
    return sum(width >= full for width in widths) * 2 >= len(widths)


def _with_tables(blocks: Sequence[Block], page: int | None) -> list[Block]:
    """The blocks, with tables that have no rules in place of their pieces."""
    rows = _rows([block for block in blocks if isinstance(block, Piece)])
    table_of: dict[Piece, PageTable] = {}
    run: list[list[Piece]] = []
    for row in [*rows, []]:
        if row and (not run or _continues(row, run)) and (len(row) > 1 or run):
            run.append(row)
            continue
        while run and len(run[-1]) < 2:  # noqa: PLR2004 - a text below the table
            run.pop()
        if (table := _unruled_table(run, page)) is not None:
            table_of |= {piece: table for pieces in run for piece in pieces}
        run = [row] if len(row) > 1 else []
    merged: list[Block] = []
    for block in blocks:
        unruled = table_of.get(block) if isinstance(block, Piece) else None
        if unruled is None:
            merged.append(block)
        elif unruled not in merged:
            merged.append(unruled)
    return merged


def _continues(row: Sequence[Piece], run: Sequence[Sequence[Piece]]) -> bool:
    """Whether a row continues a table: close below it; a single text must fit under one cell."""
    above = run[-1]
    distance = above[0].box.middle[1] - row[0].box.middle[1]
    if distance > MOST_DISTANCE * max(above[0].box.height, row[0].box.height):
        return False
    if len(row) > 1:
        return True
    cells = next(pieces for pieces in reversed(run) if len(pieces) > 1)
    width = max(cell.box.right for cell in cells) - min(cell.box.left for cell in cells)
    return row[0].box.width < 0.5 * width


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Rows of pieces side by side, from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -piece.box.middle[1]):
        middle = piece.box.middle[1]
        if rows and rows[-1][0].box.bottom < middle < rows[-1][0].box.top:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.box.left) for row in rows]


def _unruled_table(run: Sequence[Sequence[Piece]], page: int | None) -> PageTable | None:
    """The table that rows of aligned pieces make; None where they make none."""
    full = [row for row in run if len(row) > 1]
    if len(full) < TABLE_ROWS:
        return None
    spans = _spans([piece for row in full for piece in row])
    columns: list[list[Piece]] = [[] for _ in spans]
    body: Rows = []
    for row in run:
        cells = [""] * len(spans)
        for piece in row:
            column = next(
                (index for index, (_, end) in enumerate(spans) if piece.box.left < end),
                len(spans) - 1,
            )
            cells[column] = f"{cells[column]} {piece.text}".strip()
            columns[column].append(piece)
        if len(row) == 1 and body and not cells[0]:  # a cell that continues below
            body[-1] = [f"{a} {b}".strip() for a, b in zip(body[-1], cells, strict=True)]
        else:
            body.append(cells)
    if not _are_cells(columns):
        return None
    body = [[dehyphenated(cell) for cell in row] for row in body]
    box = full[0][0].box
    for piece in (piece for row in run for piece in row):
        box = box.joined(piece.box)
    return PageTable(tuple(tables(body, page=page)), box, run[0][0].row)


def _spans(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """(left, right) of each column in points: where some piece stands, from left to right."""
    spans: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.left):
        if spans and piece.box.left - spans[-1][1] < CELL_GAP:
            spans[-1] = (spans[-1][0], max(spans[-1][1], piece.box.right))
        else:
            spans.append((piece.box.left, piece.box.right))
    return spans


def _are_cells(columns: Sequence[Sequence[Piece]]) -> bool:
    """Whether columns are those of a table: filled, all but one short, and no marks of a list."""
    if len(columns) < 2:  # noqa: PLR2004 - one column is a text
        return False
    if all(MARKER.match(piece.text) for piece in columns[0]):
        return False
    counts = [len(pieces) for pieces in columns]
    long = sum(
        sum(len(piece.text) for piece in pieces) > CELL_WIDTH * len(pieces) or _is_prose(pieces)
        for pieces in columns
        if pieces
    )
    return long <= 1 and min(counts) * 3 >= max(counts)

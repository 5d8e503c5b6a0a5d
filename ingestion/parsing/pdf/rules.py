"""The ruled_tables tables of a page: from the lines that are drawn on it."""

import ctypes
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from pypdfium2 import raw

from ingestion.parsing.grid import Rows
from ingestion.parsing.pdf.page import Box, Piece, dehyphenated

#: Points (1/72 inch) by which lines that should meet may miss each other.
NEAR: Final = 3.0

#: Points of the shortest line that rules a table.
SHORTEST: Final = 8.0

#: Points of the thickest line; what is thicker is an area.
THICKEST: Final = 3.0

#: Most objects of a page that are looked at, and most lines: drawings have more than tables.
MOST_OBJECTS: Final = 4000
MOST_RULES: Final = 3000

#: Points of one path; curves of a logo have more.
MOST_POINTS: Final = 400

#: Cells of the largest table.
MOST_CELLS: Final = 5000


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line along an axis: at `position` on the other axis, from `low` to `high`."""

    position: float
    low: float
    high: float

    def covers(self, position: float, along: float) -> bool:
        """Whether it passes through a point."""
        return (
            abs(self.position - position) <= NEAR and self.low - NEAR <= along <= self.high + NEAR
        )


@dataclass(slots=True)
class RuledTable:
    """A grid of lines. Rows count from the top; places that no line separates are one cell.

    Attributes:
        xs: the vertical lines, from left to right.
        ys: the horizontal lines, from top to bottom.
    """

    xs: list[float]
    ys: list[float]
    _cells: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        """Where it stands."""
        return Box(self.xs[0], self.ys[-1], self.xs[-1], self.ys[0])

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.ys) - 1, len(self.xs) - 1

    @property
    def cells(self) -> int:
        """Number of cells, merged ones counted once."""
        rows, columns = self.size
        return len({self.cell(row, column) for row in range(rows) for column in range(columns)})

    def cell(self, row: int, column: int) -> tuple[int, int]:
        """The top left place of the cell that covers this place."""
        place = (row, column)
        while (up := self._cells.get(place, place)) != place:
            place = up
        return place

    def merge(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Make two places one cell."""
        first, second = sorted((self.cell(*one), self.cell(*other)))
        self._cells[second] = first

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The cell at a point, by its top left place; None outside of the table."""
        if not self.box.holds(x, y):
            return None
        rows, columns = self.size
        row = bisect_right([-line for line in self.ys], -y) - 1
        column = bisect_right(self.xs, x) - 1
        return self.cell(min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))

    def rows(self, pieces: Sequence[Piece]) -> Rows:
        """Each place with the text of the cell that covers it."""
        texts: dict[tuple[int, int], list[str]] = {}
        for piece in pieces:
            if piece.cell is not None:
                texts.setdefault(piece.cell, []).append(piece.text)
        rows, columns = self.size
        return [
            [
                dehyphenated(" ".join(texts.get(self.cell(row, column), ())))
                for column in range(columns)
            ]
            for row in range(rows)
        ]


def ruled_tables(page: Any) -> list[RuledTable]:  # noqa: ANN401 - pdfium's page has no type
    """The ruled_tables tables of a page: at least two rows of two columns, or so many cells."""
    page_tables = []
    for across, down in _groups(*_rules(page)):
        xs = _clusters(rule.position for rule in down)
        ys = _clusters(rule.position for rule in across)[::-1]
        if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > MOST_CELLS:  # noqa: PLR2004 - 2 by 2
            continue
        table = RuledTable(xs, ys)
        _merge(table, across, down)
        if table.cells >= 4:  # noqa: PLR2004 - 2 by 2
            page_tables.append(table)
    return page_tables


def _merge(table: RuledTable, across: Sequence[Rule], down: Sequence[Rule]) -> None:
    rows, columns = table.size
    for row in range(rows):
        y = (table.ys[row] + table.ys[row + 1]) / 2
        for column in range(columns):
            x = (table.xs[column] + table.xs[column + 1]) / 2
            right, below = table.xs[column + 1], table.ys[row + 1]
            if column + 1 < columns and not any(rule.covers(right, y) for rule in down):
                table.merge((row, column), (row, column + 1))
            if row + 1 < rows and not any(rule.covers(below, x) for rule in across):
                table.merge((row, column), (row + 1, column))


def _clusters(values: Iterator[float]) -> list[float]:
    """The lowest of each group of values that lie near each other, ascending."""
    lowest: list[float] = []
    for value in sorted(values):
        if not lowest or value - lowest[-1] > NEAR:
            lowest.append(value)
    return lowest


def _groups(
    horizontal: Sequence[Rule], vertical: Sequence[Rule]
) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """(horizontal, vertical) lines that cross or touch each other, directly or through others."""
    groups: list[tuple[list[Rule], list[Rule]]] = []
    for rule in vertical:
        crossing = [
            other
            for other in horizontal
            if other.covers(other.position, rule.position)
            and rule.covers(rule.position, other.position)
        ]
        if not crossing:
            continue
        across, down = list(crossing), [rule]
        separate = []
        for group in groups:
            if any(other in group[0] for other in crossing):
                across += [other for other in group[0] if other not in across]
                down += group[1]
            else:
                separate.append(group)
        groups = [*separate, (across, down)]
    yield from groups


def _rules(page: Any) -> tuple[list[Rule], list[Rule]]:  # noqa: ANN401
    """The page's (horizontal, vertical) lines; none where there are too many for tables."""
    horizontal: dict[Rule, None] = {}
    vertical: dict[Rule, None] = {}
    for index in range(min(raw.FPDFPage_CountObjects(page), MOST_OBJECTS)):
        shape = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(shape) != raw.FPDF_PAGEOBJ_PATH:
            continue
        for (x0, y0), (x1, y1) in _strokes(shape):
            if abs(y1 - y0) <= 1 and abs(x1 - x0) >= SHORTEST:
                horizontal[Rule(round((y0 + y1) / 2, 1), min(x0, x1), max(x0, x1))] = None
            elif abs(x1 - x0) <= 1 and abs(y1 - y0) >= SHORTEST:
                vertical[Rule(round((x0 + x1) / 2, 1), min(y0, y1), max(y0, y1))] = None
        if len(horizontal) + len(vertical) > MOST_RULES:
            return [], []
    return list(horizontal), list(vertical)


Point = tuple[float, float]


def _strokes(shape: Any) -> Iterator[tuple[Point, Point]]:  # noqa: ANN401
    """The straight strokes of a path; a thin area is a stroke along its middle."""
    box = _bounds(shape)
    if box is None:
        return
    if box.height <= THICKEST and box.width >= SHORTEST:
        y = box.middle[1]
        yield (box.left, y), (box.right, y)
        return
    if box.width <= THICKEST and box.height >= SHORTEST:
        x = box.middle[0]
        yield (x, box.bottom), (x, box.top)
        return
    fill, stroke = ctypes.c_int(), raw.FPDF_BOOL()
    raw.FPDFPath_GetDrawMode(shape, fill, stroke)
    if not stroke.value and not fill.value:
        return
    points = _points(shape)
    yield from pairwise(points)
    if len(points) == 4:  # noqa: PLR2004 - a rectangle closes itself
        yield points[-1], points[0]


def _bounds(shape: Any) -> Box | None:  # noqa: ANN401
    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(shape, *sides):
        return None
    return Box(*(side.value for side in sides))


def _points(shape: Any) -> list[Point]:  # noqa: ANN401
    count = raw.FPDFPath_CountSegments(shape)
    if not 0 < count <= MOST_POINTS:
        return []
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(shape, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(shape, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        points.append(
            (
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
        )
    return points

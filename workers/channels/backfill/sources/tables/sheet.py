"""The rows of one sheet, as a person sees them: merged cells filled, hidden rows marked."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, Self

from python_calamine import CalamineSheet, CalamineWorkbook

from ingestion.parsing.sheets import Value, cell_text
from workers.channels.backfill.sources.tables.layout import Cell
from workers.channels.backfill.sources.tables.workbook_rows import hidden_rows

#: Rows of the longest merged cell that fills what is below it.
_MOST_MERGED: Final = 10_000


class SheetRow(NamedTuple):
    """A row that is not empty; `number` from 0. `left_out` says why it is no question."""

    number: int
    cells: Sequence[Cell]
    left_out: str = ""


class _Merged(NamedTuple):
    """A merged cell: its first and last row, first and last column."""

    top: int
    bottom: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        sheet: as calamine has it, whole.
        question: the column of questions, where that is known already.
        hidden: rows that are not shown.
        merged: cells of several, by each row that they cover.
    """

    sheet: CalamineSheet
    question: int | None
    hidden: frozenset[int]
    merged: dict[int, list[_Merged]]

    @classmethod
    def of(cls, path: Path, book: CalamineWorkbook, name: str, question: int | None = None) -> Self:
        """The sheet of a name."""
        sheet = book.get_sheet_by_name(name)
        left = (sheet.start or (0, 0))[1]
        merged = defaultdict(list)
        for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
            if bottom - top < _MOST_MERGED and left <= first < left + sheet.width:
                cell = _Merged(top, bottom, first - left, last - left)
                for row in range(top, bottom + 1):
                    merged[row].append(cell)
        return cls(sheet, question, hidden_rows(path, name), dict(merged))

    def rows(self) -> Iterator[SheetRow]:
        """Its rows that are not empty, in their order."""
        values: dict[_Merged, Cell] = {}
        for number, raw in enumerate(self.sheet.iter_rows()):
            cells = [_cell(value) for value in raw]
            if not any(cells):
                continue
            left_out = "hidden" if number in self.hidden else ""
            for merged in self.merged.get(number, ()):
                if number == merged.top:
                    values[merged] = cells[merged.first]
                elif merged in values:
                    cells[merged.first] = cells[merged.first] or values[merged]
                left_out = left_out or self._part_of(merged, number)
            yield SheetRow(number, cells, left_out)

    def _part_of(self, merged: _Merged, number: int) -> str:
        """Why a merged cell makes its row no question: it goes on, or heads what is below."""
        if self.question is None or not merged.first <= self.question <= merged.last:
            return ""
        return "merged" if number > merged.top or merged.first < self.question else ""


def _cell(value: Value) -> Cell:
    """Dates as they are, since their order is known; all else as text, with its lines."""
    return value if isinstance(value, str | date) else cell_text(value)

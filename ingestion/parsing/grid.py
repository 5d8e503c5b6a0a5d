"""Grids of cells to tables: merged cells fill, header rows made one, group rows read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ingestion.parsing.document import Table

#: Characters of a cell above which it is no name of a column.
LONGEST_NAME: Final = 80

#: What columns are not called: money, times, dates, telephone numbers, sentences.
DATA_LIKE: Final = re.compile(r"R\$\s*\d|\d{1,2}[:h]\d{2}|\d[\d./-]{4,}\d|^[\d.,%\s+-]+$|[.;]$")

#: A span may claim more; no document has more.
MOST_COLUMNS: Final = 300
MOST_ROWS: Final = 20_000

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, how many rows and columns it covers, whether it is marked as a header."""

    text: str
    rows: int = 1
    columns: int = 1
    is_header: bool = False


def fill(rows: Sequence[Sequence[Cell]]) -> tuple[Rows, int]:
    """Equally long rows, each place with the text of the cell that covers it.

    And the number of rows at the top that are marked as header.
    """
    grid: dict[tuple[int, int], Cell] = {}
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (row, column) in grid:
                column += 1
            for down in range(min(max(1, cell.rows), len(rows) - row)):
                for right in range(min(max(1, cell.columns), MOST_COLUMNS - column)):
                    grid.setdefault((row + down, column + right), cell)
    width = max((column + 1 for _, column in grid), default=0)
    empty = Cell("")
    full_rows = [
        [grid.get((row, column), empty) for column in range(width)] for row in range(len(rows))
    ]
    headers = 0
    for cells in full_rows[:-1]:
        if not any(cell.text for cell in cells) or not all(
            cell.is_header for cell in cells if cell.text
        ):
            break
        headers += 1
    return [[cell.text for cell in cells] for cells in full_rows], headers


def tables(rows: Rows, headers: int = 0, page: int | None = None) -> Iterator[Table]:
    """The tables of a grid; a body row with one text over its whole width heads what follows.

    Args:
        rows: equally long rows.
        headers: rows at the top that are marked as header; 0 where nothing is marked, and the
            first row is one if it reads like one.
        page: where it stands.
    """
    rows = _without_empty(rows)
    if not rows:
        return
    if not headers:
        headers = _guess_headers(rows)
    header = _one_header(rows[:headers], len(rows[0]))
    body = rows[headers:]
    if not headers and _is_list_of_values(rows):
        header, body = ("",), [[_named_value(row)] for row in rows]
    if not body:  # a header alone still says something
        header, body = ("",) * len(rows[0]), rows
    yield from _grouped(header, body, page)


def _grouped(header: tuple[str, ...], body: Rows, page: int | None) -> Iterator[Table]:
    """A table of the rows below each row that heads others; one that heads none stands alone."""
    heading: tuple[str, ...] = ()
    group: list[tuple[str, ...]] = []
    for row in [*body, None]:
        if row is not None and not (len(body) > 1 and _is_group_heading(row)):
            group.append(tuple(row))
            continue
        if group:
            yield Table(header, tuple(group), heading, page)
        elif heading:
            yield Table(("",), (heading,), (), page)
        heading, group = (row[0],) if row else (), []


def _without_empty(rows: Rows) -> Rows:
    """Without rows and columns that hold nothing."""
    rows = [row for row in rows if any(row)]
    width = len(rows[0]) if rows else 0
    columns = [column for column in range(width) if any(row[column] for row in rows)]
    return [[row[column] for column in columns] for row in rows]


def _guess_headers(rows: Rows) -> int:
    """Number of an unmarked header's rows: the first, and one below that its merged cells cover."""
    first = rows[0]
    if len(rows) < 2 or len(first) < 2 or _is_list_of_values(rows):  # noqa: PLR2004 - nothing to head
        return 0
    if any(_is_data(cell) for cell in first) or not _mostly_full(first):
        return 0
    is_merged = any(a == b and a for a, b in pairwise(first))
    below = rows[1]
    if is_merged and not _is_group_heading(first) and len(rows) > 2:  # noqa: PLR2004 - a body stays
        is_header = all(b == a or not _is_data(b) for a, b in zip(first, below, strict=True))
        return 2 if is_header and not _is_group_heading(below) else 1
    return 0 if _is_group_heading(first) else 1


def _is_data(cell: str) -> bool:
    return len(cell) > LONGEST_NAME or DATA_LIKE.search(cell) is not None


def _mostly_full(row: Sequence[str]) -> bool:
    return sum(map(bool, row)) * 2 > len(row)


def _is_list_of_values(rows: Rows) -> bool:
    """Whether two columns are names and their values (`Endereço: | Rua das Flores, 10`)."""
    if len(rows[0]) != 2:  # noqa: PLR2004 - name and value
        return False
    return sum(row[0].endswith(":") for row in rows) * 2 > len(rows)


def _named_value(row: Sequence[str]) -> str:
    name, value = row
    return f"{name.removesuffix(':')}: {value}" if name and value else name or value


def _is_group_heading(row: Sequence[str]) -> bool:
    """One text in all of several columns, as a merged cell gives it."""
    return len(row) > 1 and len(set(row)) == 1 and 0 < len(row[0]) <= LONGEST_NAME


def _one_header(rows: Rows, width: int) -> tuple[str, ...]:
    """Several header rows as one: `Preço` over `Particular` is `Preço Particular`."""
    return tuple(
        " ".join(dict.fromkeys(row[column] for row in rows if row[column]))
        for column in range(width)
    )

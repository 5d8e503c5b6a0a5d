"""Grids of cells to tables: merged cells filled, header rows made one, group rows read."""

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


def filled(rows: Sequence[Sequence[Cell]]) -> tuple[Rows, int]:
    """Each place of the grid with the text of the cell that covers it; marked header rows at top.

    Rows are made equally long.
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
    nothing = Cell("")
    whole = [
        [grid.get((row, column), nothing) for column in range(width)] for row in range(len(rows))
    ]
    headers = 0
    for cells in whole[:-1]:
        if not any(cell.text for cell in cells) or not all(
            cell.is_header for cell in cells if cell.text
        ):
            break
        headers += 1
    return [[cell.text for cell in cells] for cells in whole], headers


def tables(rows: Rows, headers: int = 0, page: int | None = None) -> Iterator[Table]:
    """The tables of a grid; a body row that says one thing over its whole width heads what follows.

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
        headers = _guessed(rows)
    header = _one_header(rows[:headers], len(rows[0]))
    body = rows[headers:]
    if not headers and _names_left(rows):
        header, body = ("",), [[_named(row)] for row in rows]
    if not body:  # a header alone is still something that is said
        header, body = ("",) * len(rows[0]), rows
    yield from _grouped(header, body, page)


def _grouped(header: tuple[str, ...], body: Rows, page: int | None) -> Iterator[Table]:
    """The rows below each row that heads others; one that heads none is said by itself."""
    heading: tuple[str, ...] = ()
    part: list[tuple[str, ...]] = []
    for row in [*body, None]:
        if row is not None and not (len(body) > 1 and _is_group(row)):
            part.append(tuple(row))
            continue
        if part:
            yield Table(header, tuple(part), heading, page)
        elif heading:
            yield Table(("",), (heading,), (), page)
        heading, part = (row[0],) if row else (), []


def _without_empty(rows: Rows) -> Rows:
    """Without rows and columns that hold nothing."""
    kept = [row for row in rows if any(row)]
    columns = [at for at in range(len(kept[0])) if any(row[at] for row in kept)] if kept else []
    return [[row[at] for at in columns] for row in kept]


def _guessed(rows: Rows) -> int:
    """Rows of an unmarked header: the first, and those below it that its merged cells cover."""
    first = rows[0]
    if len(rows) < 2 or len(first) < 2 or _names_left(rows):  # noqa: PLR2004 - nothing to head
        return 0
    if any(_is_data(cell) for cell in first) or not _mostly_full(first):
        return 0
    is_merged = any(a == b and a for a, b in pairwise(first))
    below = rows[1]
    if is_merged and not _is_group(first) and len(rows) > 2:  # noqa: PLR2004 - a body stays
        covered = all(b == a or not _is_data(b) for a, b in zip(first, below, strict=True))
        return 2 if covered and not _is_group(below) else 1
    return 0 if _is_group(first) else 1


def _is_data(cell: str) -> bool:
    return len(cell) > LONGEST_NAME or DATA_LIKE.search(cell) is not None


def _mostly_full(row: Sequence[str]) -> bool:
    return sum(map(bool, row)) * 2 > len(row)


def _names_left(rows: Rows) -> bool:
    """Whether two columns are names and what they name (`Endereço: | Rua das Flores, 10`)."""
    if len(rows[0]) != 2:  # noqa: PLR2004 - name and value
        return False
    return sum(row[0].endswith(":") for row in rows) * 2 > len(rows)


def _named(row: Sequence[str]) -> str:
    name, value = row
    return f"{name.removesuffix(':')}: {value}" if name and value else name or value


def _is_group(row: Sequence[str]) -> bool:
    """One text in all of several columns, as a merged cell gives it."""
    return len(row) > 1 and len(set(row)) == 1 and 0 < len(row[0]) <= LONGEST_NAME


def _one_header(rows: Rows, width: int) -> tuple[str, ...]:
    """Several header rows as one: `Preço` over `Particular` is `Preço Particular`."""
    return tuple(" ".join(dict.fromkeys(row[at] for row in rows if row[at])) for at in range(width))

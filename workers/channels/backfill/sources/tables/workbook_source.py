"""Questions in a spreadsheet: XLSX, and what else calamine reads (XLS, XLSB, ODS)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingestion.parsing.errors import ParseError
from ingestion.parsing.limits import DEFAULT
from ingestion.parsing.package import check_package
from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import (
    Guess,
    LeftOut,
    SourceError,
    SourceOptions,
    name_of,
    unreadable,
)
from workers.channels.backfill.sources.tables.columns import folded, head_of, listed, names_of
from workers.channels.backfill.sources.tables.layout import Cell, Layout, text_of
from workers.channels.backfill.sources.tables.sheet import Sheet, SheetRow
from workers.contracts.backfill import BackfillRow

#: Rows of a sheet by which its columns are guessed.
_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet that holds questions; its rows begin after the row numbered `head` from 0."""

    sheet: str
    layout: Layout
    head: int


class WorkbookSource:
    """A spreadsheet's file: all of its sheets that hold questions and are shown.

    calamine holds a sheet in memory, about 450 bytes a row of four columns.

    Raises:
        SourceError: it cannot be read, or no sheet of it has a column that looks like questions.
    """

    kind = "xlsx"

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self.name = name_of(path)
        self._path, self._options = path, options
        self._book = _opened(path)
        sheets = [
            sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet
        ]
        shown = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
        self._hidden = [sheet.name for sheet in sheets if sheet.name not in shown]
        every = [sheet.name for sheet in sheets]
        self._tables, self._others = self._read_heads(
            [_chosen(options.sheet, every)] if options.sheet else shown
        )

    def guesses(self) -> tuple[Guess, ...]:
        """The sheets, and the columns of the first of them."""
        names = [table.sheet for table in self._tables]
        guesses = []
        if not self._options.sheet and len(names) + len(self._others) + len(self._hidden) > 1:
            guesses.append(Guess("planilha", ", ".join(names), "--sheet"))
            if self._others:
                others = ", ".join(self._others)
                guesses.append(Guess("planilha sem perguntas, não lida", others, "--sheet"))
            if self._hidden:
                hidden = ", ".join(self._hidden)
                guesses.append(Guess("planilha oculta, não lida", hidden, "--sheet"))
        return (*guesses, *self._tables[0].layout.guesses())

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """A row for each one below a sheet's header; those that are not shown are left out."""
        with Occurrences() as seen:
            for table in self._tables:
                sheet = Sheet.of(self._path, self._book, table.sheet, table.layout.question)
                for row in sheet.rows():
                    if row.number > table.head:
                        yield self._row(table, row, seen)

    def _row(self, table: _Table, row: SheetRow, seen: Occurrences) -> BackfillRow | LeftOut:
        if row.left_out:
            return LeftOut(row.left_out)
        return table.layout.row(f"{table.sheet}, linha {row.number + 1}", row.cells, seen)

    def _read_heads(self, names: Sequence[str]) -> tuple[list[_Table], list[str]]:
        """The sheets that hold questions, and the names of the others that are not empty."""
        tables: list[_Table] = []
        others: list[str] = []
        errors: list[SourceError] = []
        for name in names:
            every = Sheet.of(self._path, self._book, name).rows()
            sample = list(islice((row for row in every if not row.left_out), _SAMPLE))
            if not sample:
                continue
            try:
                tables.append(self._table(name, sample))
            except SourceError as error:
                others.append(name)
                errors.append(error)
        if errors and not tables:
            raise errors[0]
        if not tables:
            raise SourceError(
                f"{self._path} has no rows that are shown. Nothing was read. Check that the right "
                f"file was saved, or name a hidden sheet with --sheet."
            )
        return tables, others

    def _table(self, name: str, sample: Sequence[SheetRow]) -> _Table:
        texts = [[text_of(cell) for cell in row.cells] for row in sample]
        above, has_header = head_of(texts, self._options)
        names = names_of(texts[above - 1] if has_header else (), max(map(len, texts)))
        body: list[Sequence[Cell]] = [row.cells for row in sample[above:]]
        layout = Layout.of(names, body, self._options)
        return _Table(name, layout, sample[above - 1].number if above else -1)


def _opened(path: Path) -> CalamineWorkbook:
    try:
        data = path.read_bytes()
        if data.startswith(b"PK"):
            check_package(data, DEFAULT)
        del data
        return CalamineWorkbook.from_path(path)
    except OSError as error:
        raise unreadable(path, error) from error
    except ParseError as error:
        raise SourceError(f"{path} cannot be read: {error} Nothing was read.") from error
    except CalamineError as error:
        locked = "password" in f"{type(error).__name__} {error}".lower()
        what = "is protected by a password" if locked else f"is damaged or was cut off ({error})"
        raise SourceError(
            f"{path} {what}. Nothing was read. Open it, and save a copy without a password."
        ) from error


def _chosen(value: str, names: Sequence[str]) -> str:
    for name in names:
        if name == value or folded(name) == folded(value):
            return name
    if value.isdecimal() and 0 < int(value) <= len(names):
        return names[int(value) - 1]
    raise SourceError(
        f"There is no sheet '{value}'. Nothing was read. Give --sheet one of: {listed(names)}."
    )

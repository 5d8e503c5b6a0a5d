"""Spreadsheets (XLSX, XLS, XLSB, ODS) to sections: a sheet is a page and a heading."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Final

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, Prose, Section, title_of
from ingestion.parsing.errors import EncryptedError, TooManyPagesError
from ingestion.parsing.grid import Rows, tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.outline import Outline
from ingestion.parsing.package import check_package
from ingestion.parsing.pairs import pairs

#: A merged cell says its text in all its places, up to this many.
MOST_MERGED: Final = 10_000

Value = int | float | str | bool | date | datetime | time | timedelta


def parse_sheets(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A spreadsheet as a document. Hidden sheets are left out, and the notes say so.

    Raises:
        CorruptFileError: it is cut off or damaged.
        EncryptedError: it asks for a password.
        TooManyPagesError: it has more sheets than allowed.
    """
    if data.startswith(b"PK"):
        check_package(data, limits)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
    except Exception as error:
        if "password" in str(error).lower():
            raise EncryptedError from error
        raise
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
    if len(sheets) > limits.pages:
        raise TooManyPagesError.of(len(sheets), limits.pages)
    names = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
    hidden = [sheet.name for sheet in sheets if sheet.name not in names]
    outline = Outline()
    for number, sheet_name in enumerate(names, start=1):
        if len(names) > 1:
            outline.head(1, sheet_name, number)
        for section in sections(_rows(book.get_sheet_by_name(sheet_name)), number):
            outline.add(section)
        outline.leave()
    notes = (
        (f"Hidden sheets were not read: {', '.join(hidden)}. Unhide what patients may know.",)
        if hidden
        else ()
    )
    return Document(title_of(name), outline.finish(), len(names), notes)


def sections(rows: Rows, page: int | None) -> Iterator[Section]:
    """A sheet's blocks between empty rows, each a text, pairs, or a table.

    A line alone above a block heads it.
    """
    heading: tuple[str, ...] = ()
    for block in _blocks(rows):
        lines = _leading_lines(block)
        body = block[len(lines) :]
        texts = [next(filter(None, row)) for row in lines]
        if not body:
            if len(texts) == 1 and not heading:
                heading = (texts[0],)
                continue
            yield Prose("\n".join([*heading, *texts]), page=page)
            heading = ()
            continue
        if texts:
            if heading:
                yield Prose("\n".join(heading), page=page)
            heading = (texts[0],)
            if texts[1:]:
                yield Prose("\n".join(texts[1:]), heading, page)
        parts: Sequence[Section] = tuple(pairs(body, page)) or tuple(tables(body, page=page))
        for section in parts:
            yield replace(section, heading=(*heading, *section.heading))
        heading = ()
    if heading:
        yield Prose("\n".join(heading), page=page)


def _blocks(rows: Rows) -> Iterator[Rows]:
    block: Rows = []
    for row in rows:
        if any(row):
            block.append(row)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _leading_lines(block: Rows) -> Rows:
    """Rows at the top with one text alone, above a table; all of them where there is no table."""
    for index, row in enumerate(block):
        if len(set(filter(None, row))) > 1:
            return block[:index]
    return block


def _rows(sheet: CalamineSheet) -> Rows:
    left, right = (sheet.start or (0, 0)), (sheet.end or (0, 0))
    rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        if (bottom - top + 1) * (last - first + 1) > MOST_MERGED or top >= len(rows):
            continue
        _fill(rows[top : bottom + 1], first, last)
    # What lies left of and above the used area is empty.
    return [row[left[1] : right[1] + 1] for row in rows[left[0] :]]


def _fill(rows: Sequence[list[str]], first: int, last: int) -> None:
    value = rows[0][first] if first < len(rows[0]) else ""
    for row in rows:
        for column in range(first, min(last + 1, len(row))):
            row[column] = row[column] or value


def cell_text(value: Value) -> str:  # noqa: PLR0911 - a table of types
    """A cell as a Brazilian spreadsheet shows it.

    >>> cell_text(120.0), cell_text(89.9), cell_text(True), cell_text(date(2026, 3, 1))
    ('120', '89,9', 'sim', '01/03/2026')
    """
    match value:
        case bool():
            return "sim" if value else "não"
        case float():
            return f"{value:.10g}".replace(".", ",") if abs(value) < 1e10 else f"{value:.0f}"  # noqa: PLR2004 - CPF, telephone
        case datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return f"{value:%d/%m/%Y}"
        case datetime():
            return f"{value:%d/%m/%Y %H:%M}"
        case date():
            return f"{value:%d/%m/%Y}"
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case _:
            return " ".join(clean(str(value)).split())

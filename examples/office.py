"""A sample clinic's Word documents and workbooks, as ZIP archives whose entries have no time."""

import io
import re
import zipfile
from itertools import pairwise

import docx
import xlsxwriter
from docx.document import Document
from docx.shared import Pt
from docx.text.paragraph import Paragraph as DocxParagraph
from xlsxwriter.worksheet import Worksheet

from examples.source import BUILT_AT, Block, Bullets, Clinic, Heading, Paragraph, Table, title_of

#: The earliest time that a zip entry can carry.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_docx(blocks: list[Block], clinic: Clinic) -> bytes:
    """Renders the blocks as a Word document with real headings, lists and tables."""
    document = docx.Document()
    properties = document.core_properties
    properties.author = properties.last_modified_by = clinic.name
    properties.title, properties.comments = title_of(blocks), clinic.notice
    properties.language = "pt-BR"
    properties.created = properties.modified = BUILT_AT
    document.styles["Normal"].font.size = Pt(11)
    document.sections[0].header.paragraphs[0].text = clinic.name
    document.sections[0].footer.paragraphs[0].text = clinic.notice
    for block in blocks:
        _add_to_docx(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_times(buffer)


def _add_to_docx(document: Document, block: Block) -> None:
    match block:
        case Heading(level, text):
            document.add_heading(text, level=level)
        case Paragraph(text):
            _add_runs(document.add_paragraph(), text)
        case Bullets(items):
            for item in items:
                _add_runs(document.add_paragraph(style="List Bullet"), item)
        case Table(rows):
            table = document.add_table(len(rows), len(rows[0]), style="Light Grid Accent 1")
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text


def _add_runs(paragraph: DocxParagraph, text: str) -> None:
    for index, run in enumerate(text.split("**")):
        paragraph.add_run(run).bold = index % 2 == 1


def build_xlsx(blocks: list[Block], clinic: Clinic) -> bytes:
    """Renders the blocks as a workbook: each section heading begins a sheet named so.

    A whole number, or one with two decimals, is a number there, as clinics type prices.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties(
            {"title": title_of(blocks), "author": clinic.name, "comments": clinic.notice}
            | {"created": BUILT_AT.replace(tzinfo=None)}
        )
        places = [place for place, block in enumerate(blocks) if isinstance(block, Heading)]
        for start, end in pairwise([*places[1:], len(blocks)]):
            sheet = book.add_worksheet(title_of(blocks[start:]))
            sheet.set_column(0, 0, 40)
            _fill(sheet, blocks[start + 1 : end])
    return without_times(buffer)


def _fill(sheet: Worksheet, blocks: list[Block]) -> None:
    """Writes paragraphs and tables below each other, with an empty row after each."""
    top = 0
    for block in blocks:
        rows = block.rows if isinstance(block, Table) else ((_text(block),),)
        for row, cells in enumerate(rows, top):
            sheet.write_row(row, 0, [_value(cell) for cell in cells])
        top += len(rows) + 1


def _text(block: Block) -> str:
    if not isinstance(block, Paragraph):
        raise TypeError("a workbook's sheets have paragraphs and tables alone")
    return block.text


def _value(cell: str) -> str | float:
    return float(cell.replace(",", ".")) if re.fullmatch(r"\d+(,\d\d)?", cell) else cell


def without_times(archive: io.BytesIO) -> bytes:
    """Copies a zip with every entry's time set to the zip epoch."""
    copy = io.BytesIO()
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            new.writestr(entry, old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return copy.getvalue()

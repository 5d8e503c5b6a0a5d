"""Builds the sample clinic's PDF and Word documents from their Markdown sources.

`clinica/fontes/<name>.<pdf|docx>.md` becomes `clinica/documentos/<name>.<pdf|docx>`; the other
documents of that folder are written by hand. A second run gives the same bytes: dates are fixed,
PDFs are not compressed (their bytes would depend on the zlib at hand), zip entries have no time.

The sources use a small part of Markdown: `#` and `##` headings, paragraphs, `-` bullets, tables
and `**bold**`. Their text must stay within Latin-1, which the built-in PDF fonts can show.

    python examples/build_documents.py [--output FOLDER]
"""

import argparse
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import docx
from docx.document import Document
from docx.shared import Pt
from docx.text.paragraph import Paragraph as DocxParagraph
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

CLINIC = Path(__file__).parent / "clinica"
BUILT_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CLINIC_NAME = "Clínica Vila Serena"
NOTICE = "Documento de exemplo de uma clínica fictícia."
#: The earliest time that a zip entry can carry.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
GREEN = (24, 94, 84)
GREY = (110, 110, 110)
PALE = (226, 240, 237)


@dataclass(frozen=True)
class Heading:
    """A title (level 1) or a section heading (level 2)."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, with `**bold**` still marked."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; each item may hold `**bold**`."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first row is the header."""

    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Bullets | Table


def parse(markdown: str) -> list[Block]:
    """Splits a source into blocks, which blank lines separate."""
    return [_block(part.splitlines()) for part in re.split(r"\n{2,}", markdown.strip())]


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if heading := re.fullmatch(r"(#{1,2}) (.+)", first):
        return Heading(len(heading[1]), heading[2])
    if first.startswith("- "):
        return Bullets(tuple(line.removeprefix("- ") for line in lines))
    if first.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        return Table((rows[0], *rows[2:]))  # rows[1] is the line of dashes
    return Paragraph(" ".join(lines))


class Sheet(FPDF):
    """An A4 sheet with the clinic's name on top and the page number below."""

    def __init__(self) -> None:
        super().__init__()
        self.set_compression(False)
        self.set_creation_date(BUILT_AT)
        self.set_producer("examples/build_documents.py")
        self.set_author(CLINIC_NAME)
        self.set_lang("pt-BR")
        self.set_margins(22, 18, 22)
        self.set_auto_page_break(auto=True, margin=22)

    def header(self) -> None:
        """Prints the letterhead; fpdf2 calls it on every new page."""
        self.set_font("Helvetica", "B", 10)
        self.set_text_color(*GREEN)
        self.cell(0, 6, CLINIC_NAME, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*GREEN)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(5)

    def footer(self) -> None:
        """Prints the notice and the page number; fpdf2 calls it at every page's end."""
        self.set_y(-16)
        self.set_font("Helvetica", "", 8)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"{NOTICE} Página {self.page_no()} de {{nb}}", align="C")

    def add(self, block: Block) -> None:
        """Writes one block at the current position."""
        self.set_text_color(30)
        match block:
            case Heading(level, text):
                self._heading(level, text)
            case Paragraph(text):
                self._text(text, space_after=2)
            case Bullets(items):
                for item in items:
                    self._text(f"- {item}", indent=4)
                self.ln(2)
            case Table(rows):
                self._table(rows)

    def _heading(self, level: int, text: str) -> None:
        size = 18 if level == 1 else 13
        if self.will_page_break(3 * size):  # a heading stays with the start of its section
            self.add_page()
        self.ln(0 if level == 1 else 2)
        self.set_font("Helvetica", "B", size)
        self.set_text_color(*GREEN)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _text(self, text: str, *, indent: float = 0, space_after: float = 0) -> None:
        self.set_font("Helvetica", "", 11)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, 5.6, text, align="L", markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(space_after)

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        self.set_font("Helvetica", "", 10)
        heading = FontFace(emphasis="BOLD", fill_color=PALE)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        with self.table(
            rows, headings_style=heading, col_widths=widths, line_height=5.4, padding=1, align="L"
        ):
            pass  # leaving the block draws the table
        self.ln(3)


def build_pdf(blocks: list[Block]) -> bytes:
    """Renders the blocks as a PDF with a text layer."""
    sheet = Sheet()
    sheet.set_title(_title(blocks))
    sheet.add_page()
    for block in blocks:
        sheet.add(block)
    return bytes(sheet.output())


def build_docx(blocks: list[Block]) -> bytes:
    """Renders the blocks as a Word document with real headings, lists and tables."""
    document = docx.Document()
    properties = document.core_properties
    properties.author = properties.last_modified_by = CLINIC_NAME
    properties.title, properties.comments, properties.language = _title(blocks), NOTICE, "pt-BR"
    properties.created = properties.modified = BUILT_AT
    document.styles["Normal"].font.size = Pt(11)
    document.sections[0].header.paragraphs[0].text = CLINIC_NAME
    document.sections[0].footer.paragraphs[0].text = NOTICE
    for block in blocks:
        _add_to_docx(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer)


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


def _without_times(archive: io.BytesIO) -> bytes:
    """Copies a zip with every entry's time set to the zip epoch."""
    copy = io.BytesIO()
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            new.writestr(entry, old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return copy.getvalue()


def _title(blocks: list[Block]) -> str:
    first = blocks[0]
    if not isinstance(first, Heading):
        raise TypeError("a source begins with its title: '# ...'")
    return first.text


def main() -> None:
    """Builds every source into the output folder and prints the names."""
    parser = argparse.ArgumentParser(description="Builds the sample clinic's PDF and DOCX files.")
    parser.add_argument("--output", type=Path, default=CLINIC / "documentos")
    output: Path = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    builders = {".pdf": build_pdf, ".docx": build_docx}
    for source in sorted((CLINIC / "fontes").glob("*.md")):
        target = output / source.stem
        target.write_bytes(builders[target.suffix](parse(source.read_text(encoding="utf-8"))))
        print(target.name)


if __name__ == "__main__":
    main()

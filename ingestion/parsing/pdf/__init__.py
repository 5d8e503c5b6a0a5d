"""PDF to sections, page by page, with pdfium (pypdf took 55 s on a two-page file)."""

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, title_of
from ingestion.parsing.errors import (
    CorruptFileError,
    EncryptedError,
    NoTextLayerError,
    TooManyPagesError,
    WrongTypeError,
)
from ingestion.parsing.grid import tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.pdf.layout import reading_order
from ingestion.parsing.pdf.ocr import DPI, LONGEST_SIDE, Recognise, recogniser
from ingestion.parsing.pdf.page import Page, PageTable, Piece
from ingestion.parsing.pdf.pieces import pieces
from ingestion.parsing.pdf.rules import RuledTable, ruled_tables
from ingestion.parsing.pdf.sections import sections_of, without_running_heads

#: pdfium is not thread-safe.
PDFIUM: Final = threading.Lock()

#: Titles that programs give, and that say nothing.
MEANINGLESS: Final = re.compile(
    r"^(microsoft (word|powerpoint|excel) - .*|untitled.*|sem t[ií]tulo.*|documento? ?\d*"
    r"|slide \d*|apresentação do powerpoint|powerpoint presentation"
    r"|.*\.(docx?|pptx?|xlsx?|odt|rtf|indd|cdr|html?))$",
    re.IGNORECASE,
)

#: Cells with text that a ruled table has at least, and the least share of its places that are cells
#: of their own: forms are ruled finely, and most of their lines separate nothing.
FEWEST_CELLS: Final = 3
MERGED_MOST: Final = 0.4

#: Characters of the longest cell; a frame around a text holds more.
LONGEST_CELL: Final = 1500

#: Runs of page numbers that a sentence names one by one.
MOST_NAMED: Final = 30


@dataclass(slots=True)
class _Contents:
    """What was read of a PDF.

    Attributes:
        title: as its metadata has it.
        pages: all of them, unread ones empty.
        unread: numbers of those that are pictures or damaged, and could not be read.
        ocr_pages: how many went to OCR.
        reason: why the unread ones could not be read.
    """

    title: str
    pages: list[Page] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    ocr_pages: int = 0
    reason: str = ""


def parse_pdf(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A PDF as a document. Its notes name pages that are pictures and were not read.

    Raises:
        EncryptedError: it asks for a password.
        WrongTypeError: it is no PDF.
        CorruptFileError: it is cut off or damaged.
        TooManyPagesError: it has more pages than allowed.
        NoTextLayerError: its pages are pictures, and cannot be read.
    """
    if b"%PDF" not in data[:1024]:
        raise WrongTypeError.content(name, "no PDF")
    with PDFIUM:
        contents = _contents_of(data, limits)
    sections = sections_of(without_running_heads(contents.pages))
    if not sections and contents.unread:
        raise NoTextLayerError.because(contents.reason)
    title = "" if MEANINGLESS.match(contents.title) else contents.title
    return Document(title or title_of(name), sections, len(contents.pages), _notes(contents))


def _notes(contents: _Contents) -> tuple[str, ...]:
    if not contents.unread:
        return ()
    pages = page_numbers_in_words(contents.unread)
    pictures = "it is a picture" if len(contents.unread) == 1 else "they are pictures"
    return (f"{pages} not read, because {pictures} without text: {contents.reason}.",)


def page_numbers_in_words(numbers: list[int]) -> str:
    """Page numbers in words, runs shortened.

    >>> page_numbers_in_words([3]), page_numbers_in_words([1, 2, 3, 7])
    ('Page 3 was', 'Pages 1-3, 7 were')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    if len(words) > MOST_NAMED:
        words = [*words[:MOST_NAMED], f"and {len(words) - MOST_NAMED} further places"]
    many = len(numbers) > 1
    return f"{'Pages' if many else 'Page'} {', '.join(words)} {'were' if many else 'was'}"


def _contents_of(data: bytes, limits: Limits) -> _Contents:
    try:
        with pdfium.PdfDocument(data) as pdf, recogniser(limits) as (recognise, reason):
            if len(pdf) > limits.pages:
                raise TooManyPagesError.of(len(pdf), limits.pages)
            title = clean(pdf.get_metadata_dict().get("Title") or "").strip()
            contents = _Contents(title, reason=reason)
            for number in range(1, len(pdf) + 1):
                _read_page(pdf, number, contents, recognise, limits)
            if len(pdf) == 0:
                raise CorruptFileError.because("it has no pages")
            return contents
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedError from error
        raise CorruptFileError.because(str(error)) from error


def _read_page(
    pdf: Any,  # noqa: ANN401 - pdfium's document has no type
    number: int,
    contents: _Contents,
    recognise: Recognise | None,
    limits: Limits,
) -> None:
    try:
        page = pdf[number - 1]
    except pdfium.PdfiumError:  # one damaged page in a document
        contents.pages.append([])
        contents.unread.append(number)
        return
    try:
        lines = _page_of(page, number)
        if not lines and raw.FPDFPage_CountObjects(page):
            lines = _recognised(page, contents, recognise, limits)
            if not lines:
                contents.unread.append(number)
        contents.pages.append(lines)
    finally:
        page.close()


def _recognised(
    page: Any,  # noqa: ANN401 - likewise
    contents: _Contents,
    recognise: Recognise | None,
    limits: Limits,
) -> Page:
    """The lines that OCR reads on a page; none where it may not or cannot."""
    if recognise is None:
        return []
    if contents.ocr_pages >= limits.ocr_pages:
        most = limits.ocr_pages
        contents.reason = f"ATENDE_OCR_PAGES allows {most}; raise it, or split the file"
        return []
    limits.heartbeat()
    contents.ocr_pages += 1
    longest = max(page.get_size()) or 1.0
    scale = min(DPI / 72, LONGEST_SIDE / longest)
    picture = page.render(scale=scale, grayscale=True).to_pil()
    return list(recognise(picture))


def _page_of(page: Any, number: int) -> Page:  # noqa: ANN401
    """The lines and tables of a page, in the order of reading."""
    ruled = ruled_tables(page)
    textpage = page.get_textpage()
    try:
        parts = pieces(textpage, ruled)
        real = [
            table for index, table in enumerate(ruled) if _is_table(table, _inside(parts, index))
        ]
        if len(real) < len(ruled):  # frames and forms cut words apart that belong together
            ruled, parts = real, pieces(textpage, real)
    finally:
        textpage.close()
    blocks: list[Piece | PageTable] = []
    table_numbers: set[int] = set()
    for piece, table_number in parts:
        if table_number < 0:
            blocks.append(piece)
        elif table_number not in table_numbers:
            table_numbers.add(table_number)
            table = ruled[table_number]
            content = tuple(tables(table.rows(_inside(parts, table_number)), page=number))
            blocks.append(PageTable(content, table.box, piece.row))
    return reading_order(blocks, number)


def _inside(parts: Sequence[tuple[Piece, int]], table_number: int) -> list[Piece]:
    return [piece for piece, number in parts if number == table_number]


def _is_table(table: RuledTable, inside: Sequence[Piece]) -> bool:
    """Whether the lines rule a table, and not a form, a frame around text or a drawing."""
    rows, columns = table.size
    texts: Counter[tuple[int, int]] = Counter()
    for piece in inside:
        if piece.cell is not None:
            texts[piece.cell] += len(piece.text)
    if len(texts) < FEWEST_CELLS or table.cells < MERGED_MOST * rows * columns:
        return False
    return max(texts.values()) <= LONGEST_CELL and len({row for row, _ in texts}) > 1

"""PDF to sections, page by page, with pdfium (pypdf took 55 s on a two-page file)."""

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, readable
from ingestion.parsing.errors import (
    CorruptFileError,
    EncryptedError,
    NoTextLayerError,
    TooManyPagesError,
    WrongTypeError,
)
from ingestion.parsing.grid import tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.pdf.layout import laid_out
from ingestion.parsing.pdf.line import Grid, Page, Piece
from ingestion.parsing.pdf.ocr import DPI, LONGEST_SIDE, Recognise, recogniser
from ingestion.parsing.pdf.outlining import outlined, without_repeats
from ingestion.parsing.pdf.pieces import pieces
from ingestion.parsing.pdf.rules import Ruled, ruled

#: pdfium is not made for threads.
PDFIUM: Final = threading.Lock()

#: Titles that programs give, which say nothing.
MEANINGLESS: Final = re.compile(
    r"^(microsoft (word|powerpoint|excel) - .*|untitled.*|sem t[ií]tulo.*|documento? ?\d*"
    r"|slide \d*|apresentação do powerpoint|powerpoint presentation"
    r"|.*\.(docx?|pptx?|xlsx?|odt|rtf|indd|cdr|html?))$",
    re.IGNORECASE,
)

#: Cells with text that a ruled table has at least, and the share of its places that are cells of
#: their own: forms are ruled finely, and most of their lines part nothing.
FEWEST_CELLS: Final = 3
MERGED_MOST: Final = 0.4

#: Characters of the longest cell; a frame around a text holds more.
LONGEST_CELL: Final = 1500

#: Page numbers that a sentence names one by one.
MOST_NAMED: Final = 30


@dataclass(slots=True)
class _Read:
    """What was read of a PDF: its pages, and which ones were pictures that nobody read."""

    title: str
    pages: list[Page] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    recognised: int = 0
    why: str = ""


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
        raise WrongTypeError.found(name, "no PDF")
    with PDFIUM:
        read = _read(data, limits)
    sections = outlined(without_repeats(read.pages))
    if not sections and read.unread:
        raise NoTextLayerError.because(read.why)
    title = "" if MEANINGLESS.match(read.title) else read.title
    return Document(title or _title(name), sections, len(read.pages), _notes(read))


def _title(name: str) -> str:
    return readable(PurePosixPath(name).name)


def _notes(read: _Read) -> tuple[str, ...]:
    if not read.unread:
        return ()
    return (
        f"{named(read.unread)} not read, because {_they(read.unread)} without text: {read.why}.",
    )


def _they(numbers: list[int]) -> str:
    return "it is a picture" if len(numbers) == 1 else "they are pictures"


def named(numbers: list[int]) -> str:
    """Page numbers in words, runs shortened.

    >>> named([3]), named([1, 2, 3, 7])
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


def _read(data: bytes, limits: Limits) -> _Read:
    try:
        with pdfium.PdfDocument(data) as pdf, recogniser(limits) as (recognise, why):
            if len(pdf) > limits.pages:
                raise TooManyPagesError.of(len(pdf), limits.pages)
            title = clean(pdf.get_metadata_dict().get("Title") or "").strip()
            read = _Read(title, why=why)
            for number in range(1, len(pdf) + 1):
                _read_page(pdf, number, read, recognise, limits)
            if len(pdf) == 0:
                raise CorruptFileError.because("it has no pages")
            return read
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedError from error
        raise CorruptFileError.because(str(error)) from error


def _read_page(
    pdf: Any,  # noqa: ANN401 - pdfium's document has no type
    number: int,
    read: _Read,
    recognise: Recognise | None,
    limits: Limits,
) -> None:
    try:
        page = pdf[number - 1]
    except pdfium.PdfiumError:  # one damaged page in a document
        read.pages.append([])
        read.unread.append(number)
        return
    try:
        lines = page_of(page, number)
        if not lines and raw.FPDFPage_CountObjects(page):
            lines = _recognised(page, read, recognise, limits)
            if not lines:
                read.unread.append(number)
        read.pages.append(lines)
    finally:
        page.close()


def _recognised(page: Any, read: _Read, recognise: Recognise | None, limits: Limits) -> Page:  # noqa: ANN401
    if recognise is None:
        return []
    if read.recognised >= limits.ocr_pages:
        read.why = f"ATENDE_OCR_PAGES allows {limits.ocr_pages}; raise it, or split the file"
        return []
    limits.alive()
    read.recognised += 1
    longest = max(page.get_size()) or 1.0
    scale = min(DPI / 72, LONGEST_SIDE / longest)
    picture = page.render(scale=scale, grayscale=True).to_pil()
    return list(recognise(picture))


def page_of(page: Any, number: int) -> Page:  # noqa: ANN401
    """The lines and tables of a page, in the order of reading."""
    found = ruled(page)
    textpage = page.get_textpage()
    try:
        parts = pieces(textpage, found)
        kept = [table for at, table in enumerate(found) if _is_table(table, _inside(parts, at))]
        if len(kept) < len(found):  # frames and forms cut words apart that belong together
            found, parts = kept, pieces(textpage, kept)
    finally:
        textpage.close()
    blocks: list[Piece | Grid] = []
    placed: set[int] = set()
    for piece, of in parts:
        if of < 0:
            blocks.append(piece)
        elif of not in placed:
            placed.add(of)
            said = tuple(tables(found[of].rows(_inside(parts, of)), page=number))
            blocks.append(Grid(said, found[of].box, piece.row))
    return laid_out(blocks, number)


def _inside(parts: Sequence[tuple[Piece, int]], at: int) -> list[Piece]:
    return [piece for piece, of in parts if of == at]


def _is_table(table: Ruled, inside: Sequence[Piece]) -> bool:
    """Whether lines rule a table, and not a form, a frame around text or a drawing."""
    rows, columns = table.size
    texts: Counter[tuple[int, int]] = Counter()
    for piece in inside:
        if piece.cell is not None:
            texts[piece.cell] += len(piece.text)
    if len(texts) < FEWEST_CELLS or table.cells < MERGED_MOST * rows * columns:
        return False
    return max(texts.values()) <= LONGEST_CELL and len({row for row, _ in texts}) > 1

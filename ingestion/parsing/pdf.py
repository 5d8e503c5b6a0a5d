"""PDF to sections, page by page, with pdfium (pypdf took 55 s on a two-page file)."""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, Prose, readable
from ingestion.parsing.errors import (
    CorruptFileError,
    EncryptedError,
    NoTextLayerError,
    WrongTypeError,
)
from ingestion.parsing.outline import Outline

#: pdfium is not made for threads.
PDFIUM = threading.Lock()

#: A line this much taller than the body's type is a heading.
HEADING_RATIO = 1.15

#: Characters of the longest heading.
LONGEST_HEADING = 120

#: Characters above the first heading up to which they are a letterhead: it goes below the title,
#: because alone it would be found for every question about the title, and answer none.
LETTERHEAD = 80

#: A line that ends here is finished; others go on in the next, if they are long enough.
FINISHED = re.compile(r"[.:;!?…]$")

#: Where the next line begins anew: a bullet, a number, a dash.
BEGINS = re.compile(r"^([•▪●◦‣·*\u2013\u2014-]|\d{1,3}[.)ºª°]|[a-z]\))\s")

#: Share of the page's longest line from which on a line counts as full.
FULL_LINE = 0.75


#: Lines at the top and at the bottom of a page among which running heads and feet are sought.
EDGE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its words, and the height of its type in points."""

    text: str
    size: float


def parse_pdf(data: bytes, name: str) -> Document:
    """A PDF as a document.

    Raises:
        EncryptedError: it asks for a password.
        WrongTypeError: it is no PDF.
        CorruptFileError: it is cut off or damaged.
        NoTextLayerError: its pages are pictures.
    """
    if b"%PDF" not in data[:1024]:
        raise WrongTypeError(".pdf", "no PDF")
    with PDFIUM:
        title, pages = _read(data)
    if not any(pages):
        raise NoTextLayerError
    return Document(title or readable(name), tuple(outlined(without_repeats(pages))), len(pages))


def outlined(pages: Sequence[Sequence[Line]]) -> Sequence[Prose]:
    """Sections by heading and page. Headings are the lines in taller type than the body's."""
    body = _body_size(pages)
    outline = Outline()
    for number, lines in enumerate(pages, start=1):
        plain: list[str] = []
        for line in lines:
            if line.size >= body * HEADING_RATIO and len(line.text) <= LONGEST_HEADING:
                if outline.heading or len(" ".join(plain)) > LETTERHEAD:
                    outline.add(Prose(joined(plain), page=number))
                    plain = []
                outline.head(-line.size, line.text, number)
            else:
                plain.append(line.text)
        outline.add(Prose(joined(plain), page=number))
    return [section for section in outline.finish() if isinstance(section, Prose)]


def joined(lines: Sequence[str]) -> str:
    """Paragraphs from a page's lines: a full line without an end goes on in the next."""
    full = FULL_LINE * max(map(len, lines), default=0)
    text = ""
    before = ""
    for line in lines:
        unfinished = line[:1].islower() or not FINISHED.search(before)
        goes_on = len(before) >= full and unfinished and not BEGINS.match(line)
        text += (" " if before and goes_on else "\n") + line
        before = line
    return text.strip()


def without_repeats(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Pages without the running heads and feet that most of them repeat; the first one stays.

    Lines count as equal when they differ in digits alone, as page numbers do.
    """
    seen = Counter(key for lines in pages for key in {_masked(line) for line in _edges(lines)})
    repeated = {key for key, count in seen.items() if count > max(1, len(pages) // 2)}
    kept: list[list[Line]] = [list(lines) for lines in pages[:1]]
    for lines in pages[1:]:
        edges = _edges(lines)
        kept.append([each for each in lines if each not in edges or _masked(each) not in repeated])
    return kept


def _edges(lines: Sequence[Line]) -> list[Line]:
    return [*lines[:EDGE], *lines[-EDGE:]]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The type height that most characters have."""
    heights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            heights[line.size] += len(line.text)
    return heights.most_common(1)[0][0]


def _read(data: bytes) -> tuple[str, list[list[Line]]]:
    try:
        with pdfium.PdfDocument(data) as pdf:
            title = clean(pdf.get_metadata_dict().get("Title") or "").strip()
            return title, [list(_lines(page)) for page in pdf]
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedError from error
        raise CorruptFileError(str(error)) from error


def _lines(page: pdfium.PdfPage) -> Iterator[Line]:
    textpage = page.get_textpage()
    characters: list[str] = []
    size = 0.0
    for at in range(textpage.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(textpage, at))
        if char in "\r\n":
            yield from _line(characters, size)
            characters, size = [], 0.0
        else:
            size = size or (raw.FPDFText_GetFontSize(textpage, at) if not char.isspace() else 0.0)
            characters.append(char)
    yield from _line(characters, size)


def _line(characters: Sequence[str], size: float) -> Iterator[Line]:
    text = clean("".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if words := " ".join(text.split()):
        yield Line(words, round(size, 1))

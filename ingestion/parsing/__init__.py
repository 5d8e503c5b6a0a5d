"""Files to documents: one parser per format, found by the file's suffix."""

from collections.abc import Callable
from pathlib import PurePosixPath

from ingestion.parsing.document import Document
from ingestion.parsing.docx import parse_docx
from ingestion.parsing.errors import CorruptFileError, EmptyDocumentError, ParseError
from ingestion.parsing.html import parse_html
from ingestion.parsing.markdown import parse_markdown, parse_text
from ingestion.parsing.pdf import parse_pdf
from ingestion.parsing.table import parse_csv

#: Version of what parsing makes of a file: raise it where the same bytes give other sections.
PARSING = 1

#: A file's bytes and name to a document. To add a format, add its parser here.
Parser = Callable[[bytes, str], Document]

PARSERS: dict[str, Parser] = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".txt": parse_text,
    ".html": parse_html,
    ".htm": parse_html,
    ".xhtml": parse_html,
    ".pdf": parse_pdf,
    ".docx": parse_docx,
    ".csv": parse_csv,
    ".tsv": parse_csv,
}

__all__ = ["PARSERS", "PARSING", "Document", "ParseError", "parse", "suffix_of"]


def suffix_of(name: str) -> str:
    """The suffix that a file's format is known by.

    >>> suffix_of("Preparo.PDF")
    '.pdf'
    """
    return PurePosixPath(name).suffix.lower()


def parse(data: bytes, name: str) -> Document:
    """A file as a document.

    Args:
        data: its bytes.
        name: its name; the suffix is one of `PARSERS`.

    Raises:
        ParseError: it cannot be read; the subclass and the message say why and what to do.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise EmptyDocumentError
    try:
        document = PARSERS[suffix_of(name)](data, name)
    except ParseError:
        raise
    except Exception as error:  # hostile files make the libraries raise anything
        raise CorruptFileError(f"{type(error).__name__}: {error}") from error
    if not document.sections:
        raise EmptyDocumentError
    return document

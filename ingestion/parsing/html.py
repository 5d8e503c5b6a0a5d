"""HTML to sections, by way of Markdown: menus, scripts and hidden parts stay out."""

import html_to_markdown
from html_to_markdown import ConversionOptions, PreprocessingOptions

from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.document import Document
from ingestion.parsing.errors import CorruptFileError
from ingestion.parsing.markdown import from_markdown

OPTIONS = ConversionOptions(
    extract_metadata=True,
    skip_images=True,
    strip_newlines=True,  # a line end in the source is a space to the reader
    compact_tables=True,
    preprocessing=PreprocessingOptions(enabled=True, preset="standard", remove_navigation=True),
)


def parse_html(data: bytes, name: str) -> Document:
    """An HTML page as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: the page cannot be converted.
    """
    return from_html(decode(data), name)


def from_html(text: str, name: str) -> Document:
    """Sections from HTML text.

    Raises:
        CorruptFileError: it cannot be converted.
    """
    try:
        result = html_to_markdown.convert(text, OPTIONS)
    except html_to_markdown.ConversionError as error:
        raise CorruptFileError(str(error)) from error
    title = result.metadata.document.title if result.metadata else None
    return from_markdown(clean(result.content or ""), name, (title or "").strip())

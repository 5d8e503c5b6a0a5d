"""HTML to sections, by way of Markdown: menus, scripts and hidden parts stay out.

Tables are taken out before and put back after: Markdown's have neither merged cells nor several
header rows.
"""

from collections.abc import Iterator
from typing import Final

import html_to_markdown
from html_to_markdown import ConversionOptions, PreprocessingOptions
from lxml import etree, html

from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.document import Document, Table
from ingestion.parsing.errors import CorruptFileError, EmptyDocumentError
from ingestion.parsing.grid import Cell, fill, tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.markdown import TABLE_MARK, from_markdown

OPTIONS: Final = ConversionOptions(
    extract_metadata=True,
    skip_images=True,
    strip_newlines=True,  # a line end in the source is a space to the reader
    compact_tables=True,
    preprocessing=PreprocessingOptions(enabled=True, preset="standard", remove_navigation=True),
)

#: Tags in a table that only lays out the page: no cell of data holds them.
LAYOUT: Final = "|".join(f".//{tag}" for tag in ("table", "h1", "h2", "h3", "h4", "form", "hr"))

#: Tags after which a cell's text goes on in a new word.
BREAKS: Final = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "td", "th"})

#: Tags whose text nobody sees.
UNSEEN: Final = frozenset({"script", "style", "template", "noscript"})


def parse_html(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
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
    text, page_tables = _extract_tables(text)
    try:
        result = html_to_markdown.convert(text, OPTIONS)
    except html_to_markdown.ConversionError as error:
        raise CorruptFileError.because(str(error)) from error
    title = result.metadata.document.title if result.metadata else None
    return from_markdown(clean(result.content or ""), name, (title or "").strip(), page_tables)


def _extract_tables(text: str) -> tuple[str, list[tuple[Table, ...]]]:
    """The page with a mark in place of each table of data, and those tables."""
    reader = html.HTMLParser(encoding="utf-8", huge_tree=True)
    text = TABLE_MARK.sub("", text)
    if "<table" not in text.lower():
        return text, []
    try:
        root = html.document_fromstring(text.encode(), parser=reader)
    except etree.ParserError as error:
        raise EmptyDocumentError from error
    page_tables: list[tuple[Table, ...]] = []
    # Inner tables first: one that holds a table of data only lays out the page.
    for element in reversed(list(root.iter("table"))):
        if _is_layout(element):
            _unwrap(element)
            continue
        rows, headers = fill([list(_cells(row)) for row in element.iter("tr")])
        mark = html.Element("p")
        mark.text = f"\ue000{len(page_tables)}\ue001"
        mark.tail = element.tail
        caption = element.find("caption")
        page_tables.append(tuple(tables(rows, headers)))
        parent = element.getparent()
        if parent is None:
            continue
        parent.replace(element, mark)
        if caption is not None and (words := _text(caption)):
            paragraph = html.Element("p")
            paragraph.text = words
            mark.addprevious(paragraph)
    return html.tostring(root, encoding="unicode"), page_tables


def _is_layout(table: html.HtmlElement) -> bool:
    if table.get("role") in {"presentation", "none"} or table.xpath(LAYOUT):
        return True
    if table.xpath('.//p[starts-with(text(), "\ue000")]'):  # a table of data, taken out before
        return True
    rows = list(table.iter("tr"))
    return max((len(list(_cell_elements(row))) for row in rows), default=0) < 2  # noqa: PLR2004


def _unwrap(table: html.HtmlElement) -> None:
    for element in table.iter("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption"):
        element.tag = "div"


def _cell_elements(row: html.HtmlElement) -> Iterator[html.HtmlElement]:
    yield from row.iterchildren("td", "th")


def _cells(row: html.HtmlElement) -> Iterator[Cell]:
    parent = row.getparent()
    in_head = parent is not None and parent.tag == "thead"
    for element in _cell_elements(row):
        yield Cell(
            _text(element),
            _span(element, "rowspan"),
            _span(element, "colspan"),
            in_head or element.tag == "th",
        )


def _span(element: html.HtmlElement, name: str) -> int:
    value = (element.get(name) or "1").strip()
    return min(int(value), 1000) if value.isdecimal() and len(value) < 5 else 1  # noqa: PLR2004


def _text(element: html.HtmlElement) -> str:
    """A cell's words; the texts of separate blocks do not run together."""
    parts: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if not isinstance(node.tag, str):
            if event in {"comment", "pi"}:
                parts.append(node.tail or "")
            continue
        if node.tag in BREAKS:
            parts.append(" ")
        if event == "start" and node.tag not in UNSEEN:
            parts.append(node.text or "")
        elif event == "end" and node is not element:
            parts.append(node.tail or "")
    return clean(" ".join("".join(parts).split()))

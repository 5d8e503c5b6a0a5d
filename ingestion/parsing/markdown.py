"""Markdown to sections; HTML and DOCX come through here too."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from ingestion.parsing.decoding import decode
from ingestion.parsing.document import Document, Prose, Section, Table, title_of
from ingestion.parsing.front_matter import read_front_matter
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.outline import Outline

#: Most characters of a heading that only bold type or capitals mark; longer lines only shout.
LONGEST_HEADING = 120

#: Below every real heading.
BOLD_LEVEL = 7

#: Stands where a table was tables out of a page; the number is the table's.
TABLE_MARK = re.compile("\ue000(\\d*)\ue001|[\ue000\ue001]")

#: A backslash that only keeps a character from being Markdown.
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
READER.use(front_matter_plugin)


@dataclass(frozen=True, slots=True)
class _Head:
    level: int
    text: str


_Block = _Head | Prose | Table


def parse_markdown(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A Markdown file as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
    """
    text = decode(data)
    front = read_front_matter(text)
    document = from_markdown(text, name)  # which skips front matter of whatever content
    return replace(document, notes=front.notes, validity=front.validity)


def parse_text(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A plain text file as a document: lines in capitals head what follows.

    Those that it begins with are its title, as a letter's or a notice's are. Front matter that says
    when it holds is read; any other is text.

    Raises:
        UnknownEncodingError: the bytes are no text.
    """
    text = decode(data)
    front = read_front_matter(text)
    outline = Outline()
    title, rest = _opening(text[front.length :].split("\n"))
    lines: list[str] = []
    for line in rest:
        if _is_capitals(line):
            outline.add(Prose("\n".join(lines).strip("\n")))
            outline.head(1, line.strip())
            lines = []
        else:
            lines.append(line)
    outline.add(Prose("\n".join(lines).strip("\n")))
    if title and not outline.sections:
        outline.add(Prose(title))
    name = title or title_of(name)
    return Document(name, outline.finish(), None, front.notes, front.validity)


def from_markdown(
    text: str, name: str, title: str = "", tables: Sequence[tuple[Table, ...]] = ()
) -> Document:
    """Sections from Markdown text.

    Args:
        text: the Markdown.
        name: the file's name, the last resort for a title.
        title: a title known from elsewhere, e.g. HTML's; a single level-1 heading goes before it.
        tables: those that the text has marks for, by the marks' numbers.
    """
    blocks = [part for block in _blocks(text) for part in _with_tables(block, tables)]
    top_heads = [block for block in blocks if isinstance(block, _Head) and block.level == 1]
    if len(top_heads) == 1 and blocks[0] is top_heads[0]:
        title = top_heads[0].text
        blocks = blocks[1:] or [Prose(title)]
    return Document(title or title_of(name), _outline(blocks))


def _with_tables(block: _Block, tables: Sequence[tuple[Table, ...]]) -> Iterator[_Block]:
    """A text's parts and the tables between them; texts without words are left out."""
    if not isinstance(block, Prose):
        yield block
        return
    # Text, number, text, number, …, text.
    for index, part in enumerate(TABLE_MARK.split(block.text)):
        if index % 2:
            yield from tables[int(part)] if part else ()
        elif words := part.strip("\n"):
            yield Prose(words)


def _opening(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The title that a text begins with, and the lines below; no title where it heads a part.

    It is one where nothing stands between it and the next heading, or no other heading follows.
    """
    text = list(dropwhile(lambda line: not line.strip(), lines))
    head = list(takewhile(_is_capitals, text))
    rest = text[len(head) :]
    below = next(filter(str.strip, rest), "")
    is_title = _is_capitals(below) or not any(map(_is_capitals, rest))
    return (" - ".join(map(str.strip, head)), rest) if head and is_title else ("", lines)


def _is_capitals(line: str) -> bool:
    """Whether a line of plain text is a heading: short, all in capitals, no sentence."""
    words = line.strip()
    return words.isupper() and len(words) <= LONGEST_HEADING and not words.endswith((".", ";", ","))


def _outline(blocks: Sequence[_Block]) -> tuple[Section, ...]:
    outline = Outline()
    for block in blocks:
        if isinstance(block, _Head):
            outline.head(block.level, block.text)
        else:
            outline.add(block)
    return outline.finish()


def _blocks(text: str) -> Iterator[_Block]:
    """Headings and tables as such; the text between them as Markdown, word for word."""
    lines = text.split("\n")
    prose_start = 0
    for start, end, block in _spans(READER.parse(text)):
        yield Prose("\n".join(lines[prose_start:start]).strip("\n"))
        if block is not None:
            yield block
        prose_start = end
    yield Prose("\n".join(lines[prose_start:]).strip("\n"))


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int, _Block | None]]:
    """(first line, line after, block) of each heading, table and front matter; None says skip."""
    for index, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        start, end = token.map
        if token.type == "heading_open":
            yield start, end, _Head(int(token.tag[1]), _plain(tokens[index + 1]))
        elif token.type == "table_open":
            yield start, end, _table(tokens[index:])
        elif token.type == "front_matter":
            yield start, end, None
        elif token.type == "paragraph_open" and (bold := _all_bold(tokens[index + 1])):
            yield start, end, _Head(BOLD_LEVEL, bold)


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[str]] = []
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(_plain(tokens[index + 1]))
        elif token.type == "table_close":
            break
    header, *body = (tuple(row) for row in rows)
    return Table(header, tuple(row for row in body if any(row)))


def _plain(inline: Token) -> str:
    """An inline token's words, without marks; line breaks become spaces."""
    parts = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
        if child.type != "html_inline"
    )
    return " ".join("".join(parts).split())


def _all_bold(inline: Token) -> str:
    """The text of a paragraph that is one short bold line, else nothing."""
    marks = [child.type for child in inline.children or () if child.type != "text" or child.content]
    text = _plain(inline)
    is_bold = marks == ["strong_open", "text", "strong_close"]
    return text if is_bold and len(text) <= LONGEST_HEADING else ""

"""What the sample clinics' documents are built from: whose they are, and blocks of Markdown.

The sources use a small part of Markdown: `#` and `##` headings, paragraphs, `-` bullets, tables
and `**bold**`. Their text must stay within Latin-1, which the built-in PDF fonts can show.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

#: The time that documents say they were made at: a second build gives the same bytes.
BUILT_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Clinic:
    """Whose documents are built: its folder, the letterhead, and the line below every page."""

    folder: str
    name: str
    notice: str


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


def title_of(blocks: list[Block]) -> str:
    """The title of a source, which its first line is.

    Raises:
        TypeError: it begins with something else.
    """
    first = blocks[0]
    if not isinstance(first, Heading):
        raise TypeError("a source begins with its title: '# ...'")
    return first.text

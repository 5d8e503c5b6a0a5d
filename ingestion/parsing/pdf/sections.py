"""Pages of lines to sections: headings by their type, paragraphs, running heads and feet gone."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ingestion.parsing.document import Prose, Section, Table
from ingestion.parsing.outline import Outline
from ingestion.parsing.pdf.page import SPLIT, Line, Page, PageTable, dehyphenated

#: A line this much taller than the body's type is a heading.
HEADING_RATIO: Final = 1.15

#: Characters of the longest heading, and of the longest that is told by bold type alone.
LONGEST_HEADING: Final = 120
LONGEST_BOLD: Final = 80

#: Share of a document's characters that may be bold for bold lines to head anything.
MOST_BOLD: Final = 0.3

#: Characters above the first heading up to which they are a letterhead: it goes below the title,
#: because alone it would be found for every question about the title, and answer none.
LETTERHEAD: Final = 80

#: The end of a finished line; other lines continue in the next, if they are long enough.
FINISHED: Final = re.compile(r"[.:;!?…]$")

#: No heading ends so.
GOES_ON: Final = re.compile(r"[,;]$|[.]$")

#: A line that begins anew: with a bullet, a number, a dash.
BEGINS: Final = re.compile(r"^([•▪●◦‣·*\u2013\u2014-]|\d{1,3}[.)ºª°]|[a-z]\))\s")

#: Share of the page's longest line from which on a line counts as full.
FULL_LINE: Final = 0.75

#: Lines at the top and at the bottom of a page among which running heads and feet are sought.
EDGE: Final = 2


def sections_of(pages: Sequence[Page]) -> tuple[Section, ...]:
    """Sections by heading and page. Headings are lines in taller type than the body's, or bold."""
    body = _body_size(pages)
    bold_heads = _bold_share(pages) <= MOST_BOLD
    outline = Outline()
    above: Table | None = None
    title: Line | None = None  # the heading that the next line may go on with
    for number, blocks in enumerate(pages, start=1):
        lines: list[Line] = []
        for index, block in enumerate(blocks):
            if isinstance(block, PageTable):
                outline.add(Prose(paragraphs(lines), page=number))
                lines = []
                title = None
                for table in _with_continuation(block.tables, above if index == 0 else None):
                    above = table
                    outline.add(table)
                continue
            level = _level(block, body, bold_heads=bold_heads)
            if level is None:
                title = None
                lines.append(block)
                continue
            if title is not None and _goes_on(title, block, body):
                outline.go_on(dehyphenated(block.text))
                title = block
                continue
            if outline.heading or sum(len(line.text) + 1 for line in lines) > LETTERHEAD:
                outline.add(Prose(paragraphs(lines), page=number))
                lines = []
            outline.head(level, dehyphenated(block.text), number)
            title = block
        outline.add(Prose(paragraphs(lines), page=number))
        title = None
        above = above if _ends_in_table(blocks) else None
    return outline.finish()


def paragraphs(lines: Sequence[Line]) -> str:
    """Paragraphs from lines: a full line without an end continues in the next."""
    longest = max((len(line.text) for line in lines), default=0)
    text = ""
    previous = Line("", 0)
    for line in lines:
        full = FULL_LINE * (min(previous.room, longest) or longest)
        is_open = line.text[:1].islower() or not FINISHED.search(previous.text)
        continues = len(previous.text) >= full and is_open and not BEGINS.match(line.text)
        continues = continues or previous.text.endswith(SPLIT)
        text += (" " if previous.text and continues else "\n") + line.text
        previous = line
    return dehyphenated(text).strip()


def without_running_heads(pages: Sequence[Page]) -> list[Page]:
    """Pages without the running heads and feet that most of them repeat; the first page keeps its.

    Lines count as equal when they differ in digits alone, as page numbers do.
    """
    counts = Counter(key for blocks in pages for key in {_masked(line) for line in _edges(blocks)})
    repeated = {key for key, count in counts.items() if count > max(1, len(pages) // 2)}
    stripped: list[Page] = [list(blocks) for blocks in pages[:1]]
    for blocks in pages[1:]:
        running = {id(line) for line in _edges(blocks) if _masked(line) in repeated}
        stripped.append([block for block in blocks if id(block) not in running])
    return stripped


def _level(line: Line, body: float, *, bold_heads: bool) -> float | None:
    """The level of a heading (smaller is further out); None where a line is no heading."""
    if not line.size:  # read from a picture: nobody knows its type
        return None
    if line.size >= body * HEADING_RATIO and len(line.text) <= LONGEST_HEADING:
        return -line.size
    is_head = (
        bold_heads
        and line.is_bold
        and line.size >= body * 0.95
        and len(line.text) <= LONGEST_BOLD
        and any(char.isalpha() for char in line.text)
        and not GOES_ON.search(line.text)
        and not BEGINS.match(line.text)
    )
    return -body if is_head else None


def _goes_on(title: Line, line: Line, body: float) -> bool:
    """Whether a heading goes on in the line below it: alike, and the first line was full."""
    is_alike = (title.size, title.is_bold) == (line.size, line.is_bold)
    room = title.room * body / title.size  # taller type fills a line with fewer characters
    is_full = bool(title.room) and len(title.text) >= FULL_LINE * room
    return is_alike and (is_full or line.text[:1].islower()) and not BEGINS.match(line.text)


def _with_continuation(tables: Sequence[Table], above: Table | None) -> Iterator[Table]:
    """Tables at the top of a page; the first may continue the one that ended the page before.

    It then has that one's header, and the row that was taken for its own header is a row again.
    """
    for table in tables:
        continues = above is not None and len(above.header) == len(table.header)
        if not continues or above is None or table.header == above.header:
            yield table
        else:
            rows = (table.header, *table.rows) if any(table.header) else table.rows
            heading = table.heading or above.heading
            yield replace(table, header=above.header, rows=rows, heading=heading)
        above = None


def _ends_in_table(blocks: Page) -> bool:
    """Whether a page's last block is a table, but for its foot."""
    return any(isinstance(block, PageTable) for block in blocks[-1 - EDGE :])


def _edges(blocks: Page) -> list[Line]:
    lines = [block for block in blocks if isinstance(block, Line)]
    return [*lines[:EDGE], *lines[-EDGE:]]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _all_lines(pages: Sequence[Page]) -> Iterator[Line]:
    yield from (block for blocks in pages for block in blocks if isinstance(block, Line))


def _body_size(pages: Sequence[Page]) -> float:
    """The type height that most characters have."""
    heights: Counter[float] = Counter()
    for line in _all_lines(pages):
        if line.size:
            heights[line.size] += len(line.text)
    return heights.most_common(1)[0][0] if heights else 0.0


def _bold_share(pages: Sequence[Page]) -> float:
    whole = bold = 0
    for line in _all_lines(pages):
        whole += len(line.text)
        bold += len(line.text) * line.is_bold
    return bold / max(1, whole)

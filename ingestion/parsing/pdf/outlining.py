"""Pages of lines to sections: headings by their type, paragraphs, running heads and feet gone."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ingestion.parsing.document import Prose, Section, Table
from ingestion.parsing.outline import Outline
from ingestion.parsing.pdf.line import SPLIT, Grid, Line, Page, mended

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

#: A line that ends here is finished; others go on in the next, if they are long enough.
FINISHED: Final = re.compile(r"[.:;!?…]$")

#: What no heading ends with.
GOES_ON: Final = re.compile(r"[,;]$|[.]$")

#: Where the next line begins anew: a bullet, a number, a dash.
BEGINS: Final = re.compile(r"^([•▪●◦‣·*\u2013\u2014-]|\d{1,3}[.)ºª°]|[a-z]\))\s")

#: Share of the page's longest line from which on a line counts as full.
FULL_LINE: Final = 0.75

#: Lines at the top and at the bottom of a page among which running heads and feet are sought.
EDGE: Final = 2


def outlined(pages: Sequence[Page]) -> tuple[Section, ...]:
    """Sections by heading and page. Headings are lines in taller type than the body's, or bold."""
    body = _body_size(pages)
    bold_heads = _bold_share(pages) <= MOST_BOLD
    outline = Outline()
    above: Table | None = None
    for number, blocks in enumerate(pages, start=1):
        plain: list[Line] = []
        for at, block in enumerate(blocks):
            if isinstance(block, Grid):
                outline.add(Prose(joined(plain), page=number))
                plain = []
                for table in continued(block.tables, above if at == 0 else None):
                    above = table
                    outline.add(table)
                continue
            level = _level(block, body, bold_heads=bold_heads)
            if level is None:
                plain.append(block)
                continue
            if outline.heading or sum(len(line.text) + 1 for line in plain) > LETTERHEAD:
                outline.add(Prose(joined(plain), page=number))
                plain = []
            outline.head(level, mended(block.text), number)
        outline.add(Prose(joined(plain), page=number))
        above = above if _ends_in_table(blocks) else None
    return outline.finish()


def joined(lines: Sequence[Line]) -> str:
    """Paragraphs from lines: a full line without an end goes on in the next."""
    longest = max((len(line.text) for line in lines), default=0)
    text = ""
    before = Line("", 0)
    for line in lines:
        full = FULL_LINE * (min(before.room, longest) or longest)
        unfinished = line.text[:1].islower() or not FINISHED.search(before.text)
        goes_on = len(before.text) >= full and unfinished and not BEGINS.match(line.text)
        goes_on = goes_on or before.text.endswith(SPLIT)
        text += (" " if before.text and goes_on else "\n") + line.text
        before = line
    return mended(text).strip()


def without_repeats(pages: Sequence[Page]) -> list[Page]:
    """Pages without the running heads and feet that most of them repeat; the first one stays.

    Lines count as equal when they differ in digits alone, as page numbers do.
    """
    seen = Counter(key for blocks in pages for key in {_masked(line) for line in _edges(blocks)})
    repeated = {key for key, count in seen.items() if count > max(1, len(pages) // 2)}
    kept: list[Page] = [list(blocks) for blocks in pages[:1]]
    for blocks in pages[1:]:
        edges = {id(line) for line in _edges(blocks)}
        kept.append(
            [
                each
                for each in blocks
                if isinstance(each, Grid) or id(each) not in edges or _masked(each) not in repeated
            ]
        )
    return kept


def _level(line: Line, body: float, *, bold_heads: bool) -> float | None:
    """How far in a heading stands (smaller is further out), or none where it is no heading."""
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


def continued(tables: Sequence[Table], above: Table | None) -> Iterator[Table]:
    """Tables at the top of a page; the first one goes on with the one that ended the page before.

    It then has that one's header, and what was taken for its own is a row.
    """
    for table in tables:
        goes_on = above is not None and len(above.header) == len(table.header)
        if not goes_on or above is None or table.header == above.header:
            yield table
        else:
            rows = (table.header, *table.rows) if any(table.header) else table.rows
            heading = table.heading or above.heading
            yield replace(table, header=above.header, rows=rows, heading=heading)
        above = None


def _ends_in_table(blocks: Page) -> bool:
    """Whether a page's last block is a table, but for its foot."""
    return any(isinstance(each, Grid) for each in blocks[-1 - EDGE :])


def _edges(blocks: Page) -> list[Line]:
    lines = [each for each in blocks if isinstance(each, Line)]
    return [*lines[:EDGE], *lines[-EDGE:]]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _all_lines(pages: Sequence[Page]) -> Iterator[Line]:
    yield from (each for blocks in pages for each in blocks if isinstance(each, Line))


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

"""What the model or a document says, read as Markdown, for a channel to show as it can. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

#: Stands on both sides of what is bold; nothing that comes from outside holds it.
BOLD: Final = "\ue000"
#: Addresses, which shall be touched and copied as they are.
ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)

_HEADING: Final = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_BULLET: Final = re.compile(r"^(\s*)[*+\u2022\u25cf\u25aa]\s+(?=\S)")
_RULE: Final = re.compile(r"^\s*(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|(?:`{3,}|~{3,})\w*)\s*$")
_DIVIDER: Final = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_LINK: Final = re.compile(
    r"!?\[([^\[\]\n]*)\]\(<?((?:https?|mailto|tel):[^\s()<>]+)>?(?:\s+\"[^\"\n]*\")?\)"
)
_STRONG: Final = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w*])")
#: A row of a table that stands alone: three cells at least, each with its column's name.
_CELL: Final = r"[A-ZÀ-Ý][^:;\n]{0,40}: (?:(?!: )[^;\n])+"
_ROW: Final = re.compile(rf"^{_CELL}(?:; {_CELL}){{2,}}$")


def clean(text: str) -> str:
    """A text without what nobody sees and nothing can send, its line breaks kept."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    return "\n".join("".join(filter(_is_sent, line)).replace("\t", " ").rstrip() for line in lines)


def in_line(text: str) -> str:
    """A title, a name or what a header holds, in one line."""
    return " ".join(clean(text).split())


def marked_lines(text: str, headings: Collection[str] = ()) -> list[str]:
    """The lines of a text: headings whole in `BOLD`, items after `- `, a table's rows as items.

    Args:
        text: plain, or Markdown.
        headings: lines that are headings, as they stand in the text.
    """
    return list(_lines(clean(text).split("\n"), headings))


def _lines(lines: Sequence[str], headings: Collection[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        size = _table_size(lines[place:])
        if size:
            yield from _rows(lines[place : place + size])
            place += size
            continue
        yield from _line(lines[place], headings)
        place += 1


def _line(line: str, headings: Collection[str]) -> Iterator[str]:
    if _RULE.match(line):
        return
    heading = _HEADING.match(line)
    if heading or line.strip() in headings:
        words = heading[1] if heading else line.strip()
        yield BOLD + _STRONG.sub(r"\1", _LINK.sub(_linked, words)) + BOLD
        return
    line = _BULLET.sub(r"\1- ", line)
    line = _STRONG.sub(rf"{BOLD}\1{BOLD}", _LINK.sub(_linked, line))
    yield from line.split("; ") if _ROW.match(line) else [line]


def _linked(link: re.Match[str]) -> str:
    words, address = link[1].strip(), link[2]
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    return bare if not words or words in {address, bare} else f"{words} ({bare})"


def _table_size(lines: Sequence[str]) -> int:
    """The lines of a Markdown table that begins here; 0 where none does."""
    if len(lines) < 2 or "|" not in lines[0] or "|" not in lines[1]:  # noqa: PLR2004 - head, divider
        return 0
    if not _DIVIDER.match(lines[1]):
        return 0
    return next((size for size, line in enumerate(lines) if "|" not in line), len(lines))


def _rows(lines: Sequence[str]) -> Iterator[str]:
    """A table's rows, each as an item: its first cell, then the others with their names."""
    names = _cells(lines[0])
    for line in lines[2:]:
        cells = _cells(line)
        others = [
            f"{name}: {cell}" if name else cell
            for name, cell in zip(names[1:], cells[1:], strict=False)
            if cell
        ] + cells[len(names) :]
        yield "- " + " \u2013 ".join(filter(None, (cells[0], "; ".join(others))))


def _cells(line: str) -> list[str]:
    return [_STRONG.sub(r"\1", cell.strip()) for cell in line.strip().strip("|").split("|")]


def _is_sent(char: str) -> bool:
    """Whether a character is text: no control, no half of an emoji, nothing that turns the line."""
    if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char == BOLD:
        return False
    return char == "\t" or unicodedata.category(char) not in {"Cc", "Cs"}

"""An answer as WhatsApp shows it: Markdown turned into what it knows, all else as it was written.

WhatsApp takes `*bold*`, `_italic_`, `~strike~` and backticks wherever two of them stand in a line,
and has no way to escape them; zero-width characters are not sure to break a pair, and whoever
copies an address gets them, too. So such a character of a document becomes one that looks the same.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

#: What formats in WhatsApp, and what looks the same and does not.
LOOK_ALIKES: Final = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
#: A line that begins so is a quotation; "> 60 anos" is none.
_QUOTATION: Final = re.compile(r"^(\s*)>(?=\s)", re.MULTILINE)
_GREATER: Final = "\uff1e"

_HEADING: Final = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_BULLET: Final = re.compile(r"^(\s*)[*+\u2022\u25cf\u25aa]\s+(?=\S)")
_RULE: Final = re.compile(r"^\s*(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|(?:`{3,}|~{3,})\w*)\s*$")
_DIVIDER: Final = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_LINK: Final = re.compile(
    r"!?\[([^\[\]\n]*)\]\(<?((?:https?|mailto|tel):[^\s()<>]+)>?(?:\s+\"[^\"\n]*\")?\)"
)
_STRONG: Final = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w*])")
#: Addresses: what formats is left in them, so that they can be touched and copied.
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
#: A row of a table that stands alone: three cells at least, each with its column's name.
_CELL: Final = r"[A-ZÀ-Ý][^:;\n]{0,40}: (?:(?!: )[^;\n])+"
_ROW: Final = re.compile(rf"^{_CELL}(?:; {_CELL}){{2,}}$")
#: Marks of ours in a text, before anything in it is neutralised.
_BOLD: Final = "\ue000"
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")


def clean(text: str) -> str:
    """A text without what nobody sees and nothing can send, its line breaks kept."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    return "\n".join("".join(filter(_is_sent, line)).replace("\t", " ").rstrip() for line in lines)


def formatted(text: str, headings: Collection[str] = ()) -> str:
    """What the model or a document says, as WhatsApp shows it.

    Args:
        text: plain, or Markdown.
        headings: lines that are headings, as they stand in the text.
    """
    lines = _lines(clean(text).split("\n"), headings)
    joined = _EMPTY_LINES.sub("\n\n", "\n".join(map(_neutral, lines))).strip()
    return joined.replace(_BOLD, "*")


def neutral(text: str) -> str:
    """A title or a name in which nothing formats, whatever stands around it; in one line."""
    return _translated(" ".join(clean(text).split()), LOOK_ALIKES)


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
        yield _BOLD + _STRONG.sub(r"\1", _LINK.sub(_linked, words)) + _BOLD
        return
    line = _BULLET.sub(r"\1- ", line)
    line = _STRONG.sub(rf"{_BOLD}\1{_BOLD}", _LINK.sub(_linked, line))
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


def _neutral(line: str) -> str:
    """A line in which nothing of what it says formats."""
    line = _QUOTATION.sub(rf"\1{_GREATER}", line)
    pairs = {
        sign: same
        for sign, same in LOOK_ALIKES.items()
        if line.count(sign) > 1 or (sign == "*" and _BOLD in line)
    }
    return _translated(line, pairs)


def _translated(line: str, signs: Mapping[str, str]) -> str:
    """The line with its signs replaced; addresses stay as they are."""
    table = str.maketrans(dict(signs))
    end, parts = 0, []
    for address in _ADDRESS.finditer(line):
        parts += [line[end : address.start()].translate(table), address.group()]
        end = address.end()
    return "".join([*parts, line[end:].translate(table)])


def _is_sent(char: str) -> bool:
    """Whether a character is text: no control, no half of an emoji, nothing that turns the line."""
    if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char == _BOLD:
        return False
    return char == "\t" or unicodedata.category(char) not in {"Cc", "Cs"}

"""What is said in a mail, as plain text and as blocks for HTML: both from the same lines. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from workers.channels.markup import ADDRESS, BOLD

_ITEM: Final = re.compile(r"^\s*- +(?=\S)")
#: A bold word in a text of ours, which is written as WhatsApp shows it.
_STARRED: Final = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
#: What ends a sentence, and no address.
_AFTER_ADDRESS: Final = ").,;:!?\u2026\"'\u201d\u2019>*"
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")

Kind = Literal["text", "heading", "list"]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line.

    Attributes:
        href: where it leads; None: nowhere.
    """

    text: str
    bold: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together."""

    kind: Kind
    lines: tuple[tuple[Run, ...], ...]


def starred(text: str) -> list[str]:
    """The lines of a text of ours, with what stands between stars in `BOLD`."""
    return _STARRED.sub(rf"{BOLD}\1{BOLD}", text).split("\n")


def plain(lines: Sequence[str]) -> str:
    """Marked lines as plain text: bold in stars, a heading bare."""
    text = "\n".join(
        line.strip(BOLD) if _kind(line) == "heading" else line.replace(BOLD, "*") for line in lines
    )
    return _EMPTY_LINES.sub("\n\n", text).strip()


def blocks(lines: Sequence[str], *, linked: bool = True) -> list[Block]:
    """Marked lines as blocks.

    Args:
        lines: marked.
        linked: whether addresses in them lead there; not those that a stranger wrote.
    """
    found = []
    for (kind, _), group in groupby(_numbered(lines), lambda row: row[:2]):
        if kind is not None:
            texts = [_ITEM.sub("", line) if kind == "list" else line.strip() for *_, line in group]
            found.append(
                Block(kind, tuple(tuple(_runs(kind, text, linked=linked)) for text in texts))
            )
    return found


def _numbered(lines: Sequence[str]) -> Iterator[tuple[Kind | None, int, str]]:
    """Each line with its kind and the number of its block."""
    number, before = 0, None
    for line in lines:
        kind = _kind(line)
        number += kind != before or kind == "heading"
        before = kind
        yield kind, number, line


def _kind(line: str) -> Kind | None:
    words = line.strip()
    if not words:
        return None
    if _ITEM.match(line):
        return "list"
    is_heading = words[0] == words[-1] == BOLD and words.count(BOLD) == 2  # noqa: PLR2004 - one pair
    return "heading" if is_heading else "text"


def _runs(kind: Kind, line: str, *, linked: bool) -> Iterator[Run]:
    if kind == "heading":
        line = line.strip(BOLD)
    for place, part in enumerate(line.split(BOLD)):
        bold = place % 2 == 1
        if linked:
            yield from _linked(part, bold=bold)
        elif part:
            yield Run(part, bold)


def _linked(text: str, *, bold: bool) -> Iterator[Run]:
    end = 0
    for match in ADDRESS.finditer(text):
        address = match.group().rstrip(_AFTER_ADDRESS)
        if match.start() > end:
            yield Run(text[end : match.start()], bold)
        yield Run(address, bold, _href(address))
        end = match.start() + len(address)
    if end < len(text):
        yield Run(text[end:], bold)


def _href(address: str) -> str:
    if address.lower().startswith(("http://", "https://")):
        return address
    return f"https://{address}" if "@" not in address else f"mailto:{address}"

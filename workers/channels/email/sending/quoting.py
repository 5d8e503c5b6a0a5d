"""What the patient wrote, below the answer, in a few lines: a mail stands alone. Pure."""

import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from workers.answering.language import Language
from workers.channels.markup import clean

#: Most lines that are quoted, and characters of one.
_LINES: Final = 10
_WIDTH: Final = 76
#: Longest name.
_NAME: Final = 60
#: An address of the web. Whoever forges a sender would have us send it to that one, as the clinic.
_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|\b(?:[\w-]{1,63}\.){1,5}[a-z]{2,10}/\S*", re.IGNORECASE
)
_A_LINK: Final = "[link]"
_MORE: Final = "\u2026"


@dataclass(frozen=True, slots=True)
class Quote:
    """A part of a patient's mail.

    Attributes:
        intro: who wrote it and when, in a form that mail programs know as a quote's beginning.
        lines: of at most `_WIDTH` characters.
    """

    intro: str
    lines: tuple[str, ...]

    @property
    def plain(self) -> str:
        """As it stands in plain text."""
        return "\n".join((self.intro, *(f"> {line}".rstrip() for line in self.lines)))


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote, and when; his name is his own word."""

    address: str
    name: str | None
    at: datetime


def quote(text: str, writer: Writer, language: Language) -> Quote | None:
    """At most ten lines of what a patient wrote, without its links; None where that is nothing."""
    rows = [
        row for line in _LINK.sub(_A_LINK, clean(text)).strip().split("\n") for row in _rows(line)
    ]
    if not any(rows):
        return None
    if len(rows) > _LINES:
        rows = [*rows[: _LINES - 1], _MORE]
    return Quote(_intro(writer, language), tuple(rows))


def writer(address: str, name: str | None, at: float, zone: ZoneInfo) -> Writer:
    """Who wrote at that time (Unix seconds)."""
    return Writer(address, name, datetime.fromtimestamp(at, zone))


def _rows(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, break_on_hyphens=False) or [""]


def _intro(writer: Writer, language: Language) -> str:
    name = " ".join(_LINK.sub(_A_LINK, clean(writer.name or "")).split())[:_NAME].strip('<>" ')
    who = f"{name} <{writer.address}>" if name else f"<{writer.address}>"
    if language == "en":
        return f"On {writer.at:%d %b %Y at %H:%M}, {who} wrote:"
    return f"Em {writer.at:%d/%m/%Y} às {writer.at:%H:%M}, {who} escreveu:"

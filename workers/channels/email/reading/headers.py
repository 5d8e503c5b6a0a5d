"""The headers of a mail, whatever bytes they hold. Pure.

Each is bounded before the standard library reads it: some of its loops take the square of a
header's length, and mails come from anybody.
"""

import re
from collections.abc import Mapping
from email.message import Message
from email.policy import Compat32
from email.utils import mktime_tz, parsedate_tz
from typing import Final

from ingestion.parsing.decoding import decode_as, header_text
from workers.channels.email.reading.charsets import without_mojibake

#: Characters of one header that are read.
MOST_HEADER: Final = 16_000
#: Characters of one that are kept, and of one that must be decoded: that takes their square.
MOST_PLAIN: Final = 4_000
MOST_ENCODED: Final = 1_000
#: Headers of a mail that are kept.
MOST_HEADERS: Final = 300
#: Message-IDs of one header that are kept, the first and the latest ones.
MOST_IDS: Final = 50
_ID: Final = re.compile(r"<[^<>\s\x00-\x20\x7f]{1,400}>")
_BARE_ID: Final = re.compile(r"[^<>\s\x00-\x20\x7f]{1,400}")

Headers = Mapping[str, tuple[str, ...]]


class BoundedHeaders(Compat32):
    """How a mail is parsed: headers of any length and in any bytes come out as bounded text."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """The name and the value of a header, cut to what is read."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MOST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """The value with bytes beyond ASCII read as UTF-8, or as what they look like."""
        if name.lower() == "content-type" or value.isascii():
            return value
        return decode_as(value.encode("utf-8", "surrogateescape"), None)


#: Of all mails that are read.
POLICY: Final = BoundedHeaders()


def headers_of(message: Message) -> Headers:
    """Its headers by their names in lower case, decoded; the first of a name stands first."""
    headers: dict[str, list[str]] = {}
    for name, value in message.items()[:MOST_HEADERS]:
        words = str(value)[:MOST_PLAIN]
        if "=?" in words:
            words = header_text(words[:MOST_ENCODED]) or words[:MOST_ENCODED]
        headers.setdefault(name.lower(), []).append(without_mojibake(" ".join(words.split())))
    return {name: tuple(values) for name, values in headers.items()}


def raw_header(message: Message, name: str) -> str:
    """The first header of a name in one line, not decoded; empty where there is none."""
    return " ".join(str(message.get(name) or "")[:MOST_HEADER].split())


def message_ids(value: str) -> tuple[str, ...]:
    """The Message-IDs of a header, each once, with their brackets."""
    ids = list(dict.fromkeys(_ID.findall(value)))
    return tuple(ids if len(ids) <= MOST_IDS else [*ids[:1], *ids[1 - MOST_IDS :]])


def message_id(value: str) -> str | None:
    """The id of a mail; None where it has none that can be referred to.

    >>> message_id("<1@x.example>"), message_id("1@x.example"), message_id("<>")
    ('<1@x.example>', '<1@x.example>', None)
    """
    ids = _ID.search(value)
    if ids:
        return ids.group()
    return f"<{value.strip()}>" if _BARE_ID.fullmatch(value.strip()) else None


def sent_at(value: str) -> float | None:
    """A `Date` as seconds of the epoch; None where it is none."""
    try:
        fields = parsedate_tz(value[:100])
        return float(mktime_tz(fields)) if fields else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None

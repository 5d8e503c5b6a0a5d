"""The beginning of a message in an exported chat: date, time, and what follows. Pure.

Each telephone writes its own form, by system, language and clock:

    19/09/2026 21:21 - Ana: texto             Android
    19/09/20, 21:21 - Ana: texto              older ones
    9/19/26, 9:05 PM - Ana: texto             English, 12 hours (U+202F before PM)
    [19/09/2026, 21:21:05] Ana: texto         iOS, U+200E before it where the text is not typed

A date alone begins nothing: "12/05/1980 - nascimento: Maria" is a patient's line.
"""

import re
from datetime import datetime, tzinfo
from typing import Final, Literal, NamedTuple

DateOrder = Literal["dmy", "mdy", "ymd"]

#: Signs that only say which way a text runs.
BIDI: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
#: No chat is older than WhatsApp; who types a birthday with its hour begins no message.
_YEARS: Final = range(2009, 2100)
_CENTURY: Final = 2000
_NOON: Final = 12

_HEAD: Final = re.compile(
    rf"[{BIDI}]*(?P<bracket>\[)?"
    r"(?P<first>[0-9]{1,4})(?P<sign>[/.-])(?P<second>[0-9]{1,2})(?P=sign)(?P<third>[0-9]{2,4})"
    r"(?P<comma>,)?\s(?:às\s)?"
    r"(?P<hour>[0-9]{1,2})[:.h](?P<minute>[0-9]{2})(?:[:.](?P<seconds>[0-9]{2}))?"
    r"(?:\s?(?P<half>[ap]\.?\s?m\b\.?|da (?:manhã|tarde|noite|madrugada)))?"
    r"(?(bracket)\]\s?|\s[-–](?:\s|\Z))"  # noqa: RUF001 - as some telephones write it
    r"(?P<body>.*)",
    re.DOTALL | re.IGNORECASE,
)
#: Behind noon, by what stands behind the hour.
_LATE: Final = ("p", "da t", "da n")


class Head(NamedTuple):
    """How a line begins that may begin a message.

    Attributes:
        shape: what is the same in all lines of one export: signs, seconds, digits of the year.
        date: the three numbers as they stand.
        time: hour (0-23), minute, second.
        american: whether it looks as telephones of the United States write it ("9/5/26, 9:05 PM").
        body: what follows: a name with a text, or a notice of WhatsApp.
    """

    shape: str
    date: tuple[int, int, int]
    time: tuple[int, int, int]
    american: bool
    body: str


def head_of(line: str) -> Head | None:
    """What a line begins with; None where it cannot begin a message.

    >>> head_of("19/09/2026 21:21 - Ana: oi").body
    'Ana: oi'
    >>> head_of("12/05/1980 - nascimento: Maria") is None
    True
    """
    match = _HEAD.match(line)
    if match is None:
        return None
    first, second, third = match["first"], match["second"], match["third"]
    half = (match["half"] or "").lower()
    year = f"y{len(first)}" if len(first) > len("31") else f"{len(third)}y"
    shape = "".join((
        match["bracket"] or "", match["sign"], year, match["comma"] or "",
        "s" if match["seconds"] else "", "h" if half else "",
    ))  # fmt: skip
    hour = int(match["hour"])
    if half and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half.startswith(_LATE) else 0)
    return Head(
        shape,
        (int(first), int(second), int(third)),
        (hour, int(match["minute"]), int(match["seconds"] or 0)),
        american=match["half"] in ("AM", "PM") and "0" not in (first[0], second[0]),
        body=match["body"],
    )


def moment(head: Head, order: DateOrder, zone: tzinfo) -> datetime | None:
    """When its message was sent, by the clock of the telephone; None where there is no such day."""
    first, second, third = head.date
    if order == "ymd":
        year, month, day = first, second, third
    else:
        year = third
        day, month = (first, second) if order == "dmy" else (second, first)
    year += _CENTURY if year < _CENTURY // 20 else 0
    if year not in _YEARS:
        return None
    try:
        return datetime(year, month, day, *head.time, tzinfo=zone)
    except ValueError:
        return None

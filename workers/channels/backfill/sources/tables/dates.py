"""When a row was asked, as tables write it. Pure."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Final, Literal

from workers.channels.backfill.sources.checking import ZONE

DateOrder = Literal["dmy", "mdy"]

_DATE: Final = re.compile(
    r"""\s*(?P<first>\d{1,2})[/.-](?P<second>\d{1,2})[/.-](?P<year>\d{4}|\d{2})
        (?:[\s,T]+(?:às\s+|as\s+|-\s*)?
           (?P<hour>\d{1,2})\s?[:hH]\s?(?P<minute>\d{2})?(?::(?P<second_of>\d{2})(?:[.,]\d+)?)?
           \s*(?P<half>[ap]\.?\s?m\.?)?
        )?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
#: Seconds, or thousandths of them, since 1970: of the years from 2001 to 2286.
_UNIX: Final = re.compile(r"(\d{10})(?:[.,]\d+)?|(\d{10})\d{3}")
_NOON: Final = 12
_THIS_CENTURY: Final = 2_000


def moment_of(cell: str | date | datetime, order: DateOrder = "dmy") -> float | None:
    """Unix seconds; None where it is no date that we know. Without a zone, it is Brazil's time.

    >>> moment_of("19/09/2026 21:21") == moment_of("2026-09-20T00:21:00Z")
    True
    """
    if isinstance(cell, datetime):
        return _seconds(cell)
    if isinstance(cell, date):
        return _seconds(datetime.combine(cell, time()))
    text = cell.strip()
    if match := _DATE.fullmatch(text):
        return _of_parts(match, order)
    if match := _UNIX.fullmatch(text):
        return float(match[1] or match[2])
    with suppress(ValueError, OverflowError):
        if not text.isdecimal():  # 20260919 may be any number
            return _seconds(datetime.fromisoformat(text))
    return None


def order_of(cells: Iterable[str | date | datetime]) -> DateOrder:
    """Whether the day or the month comes first, by a number over twelve in either place."""
    matches = [
        match for cell in cells if isinstance(cell, str) and (match := _DATE.fullmatch(cell))
    ]
    if any(int(match["first"]) > _NOON for match in matches):
        return "dmy"
    return "mdy" if any(int(match["second"]) > _NOON for match in matches) else "dmy"


def _of_parts(match: re.Match[str], order: DateOrder) -> float | None:
    parts = {name: int(text) for name, text in match.groupdict("0").items() if name != "half"}
    day, month = parts["first"], parts["second"]
    if order == "mdy":
        day, month = month, day
    year = parts["year"] + (_THIS_CENTURY if len(match["year"]) == 2 else 0)  # noqa: PLR2004 - digits
    hour = parts["hour"]
    if match["half"]:
        hour = hour % _NOON + (_NOON if match["half"][0] in "pP" else 0)
    with suppress(ValueError):
        return _seconds(datetime(year, month, day, hour, parts["minute"], parts["second_of"]))  # noqa: DTZ001 - `_seconds` says the zone
    return None


def _seconds(moment: datetime) -> float | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    with suppress(ValueError, OverflowError):
        return moment.astimezone(UTC).timestamp()
    return None

"""Opening hours, as a clinic writes them: "seg-sex 08:00-18:00; sáb 08:00-12:00".

Groups of days stand between `;` or on lines of their own. Days are Portuguese or English, short or
long, with or without accents: `seg`, `segunda-feira`, `mon`, `Monday`; `seg-sex` or `seg a sex` is
a range, `seg, qua` a list. Times are `8h`, `8:30`, `08h30`; several in a day stand between commas.
`22:00-06:00` ends on the next day. Pure: nothing here reads a clock.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY_MINUTES: Final = 24 * 60
#: Days that are looked ahead: more than any row of holidays.
_HORIZON_DAYS: Final = 366
_DAYS: Final = (
    ("seg", "segunda", "mon", "monday"),
    ("ter", "terca", "tue", "tues", "tuesday"),
    ("qua", "quarta", "wed", "wednesday"),
    ("qui", "quinta", "thu", "thur", "thurs", "thursday"),
    ("sex", "sexta", "fri", "friday"),
    ("sab", "sabado", "sat", "saturday"),
    ("dom", "domingo", "sun", "sunday"),
)
_DAY: Final = {name: day for day, names in enumerate(_DAYS) for name in names}
_TIME: Final = re.compile(r"(\d{1,2})(?:[:h](\d{2})|h)?")
#: A span of days or times: `a-b`, `a a b`, `a to b`; dashes of every width.
_SPAN: Final = re.compile(r"\s*[-\u2010-\u2015]\s*|\s+(?:a|ate|as|to|until)\s+")
_LIST: Final = re.compile(r"\s*[,/]\s*|\s+(?:e|and)\s+")


@dataclass(frozen=True, slots=True)
class Shift:
    """One time of being open: a weekday (0 is Monday), and its minutes since that midnight.

    `closes` is past 24 h where it ends on the next day.
    """

    day: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are at the clinic; `holidays` are closed, as far as a shift would begin then."""

    shifts: tuple[Shift, ...]
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def open_at(self, moment: datetime | float) -> bool:
        """Whether people are there at a moment: Unix seconds, or a time with its zone.

        Raises:
            ValueError: a time without a zone.
        """
        instant = _instant(moment)
        today = instant.astimezone(self.zone).date()
        return any(
            opens <= instant < closes
            for day in (today - timedelta(days=1), today)
            for opens, closes in self._of(day)
        )

    def next_opening(self, moment: datetime | float) -> datetime | None:
        """When people are there next, in the clinic's own time; the moment itself if they are now.

        None where they never are within a year.

        Raises:
            ValueError: a time without a zone.
        """
        instant = _instant(moment)
        if self.open_at(instant):
            return instant.astimezone(self.zone)
        today = instant.astimezone(self.zone).date()
        for ahead in range(_HORIZON_DAYS):
            openings = [opens for opens, _ in self._of(today + timedelta(days=ahead))]
            later = [opens for opens in openings if opens > instant]
            if later:
                return min(later).astimezone(self.zone)
        return None

    def last_closing(self, moment: datetime | float) -> datetime | None:
        """When people left last, in the clinic's own time; None where they never did in a year.

        A shift that another one follows at once ends nothing.

        Raises:
            ValueError: a time without a zone.
        """
        instant = _instant(moment)
        today = instant.astimezone(self.zone).date()
        for back in range(_HORIZON_DAYS):
            day = today - timedelta(days=back)
            closings = [
                closes
                for each in (day, day - timedelta(days=1))  # which may end later: the next noon
                for _, closes in self._of(each)
                if closes <= instant and not self.open_at(closes)
            ]
            if closings:
                return max(closings).astimezone(self.zone)
        return None

    def _of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Beginning and end of each shift that begins on a day, in UTC: clocks may be changed."""
        if day in self.holidays:
            return
        for shift in self.shifts:
            if shift.day == day.weekday():
                yield self._time(day, shift.opens), self._time(day, shift.closes)

    def _time(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, _DAY_MINUTES)
        day += timedelta(days=days)
        local = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=self.zone)
        return local.astimezone(UTC)


def parse_hours(text: str, zone: ZoneInfo, holidays: Collection[date] = ()) -> Hours:
    """Read opening hours.

    Raises:
        ValueError: a part cannot be read; the message names it and shows how it is written.
    """
    shifts = [
        shift
        for group in re.split(r"[;\n]", text)
        if group.strip()
        for shift in _group(group.strip())
    ]
    if not shifts:
        raise _unreadable(text)
    return Hours(tuple(shifts), zone, frozenset(holidays))


def _group(text: str) -> Iterator[Shift]:
    parts = re.fullmatch(r"(\D+)(\d.*)", _folded(text))
    if parts is None:
        raise _unreadable(text)
    days = [day for part in _LIST.split(_bare_days(parts[1])) for day in _days(part, text)]
    times = [_times(part, text) for part in _LIST.split(parts[2])]
    yield from (Shift(day, opens, closes) for day in days for opens, closes in times)


def _bare_days(days: str) -> str:
    """The days, without a colon or the word that leads over to the times: `seg a sex, das `."""
    return re.sub(r"[\s:,]*(?:\b(?:das|de|from))?\s*$", "", days).strip()


def _days(part: str, text: str) -> Iterator[int]:
    ends = [_DAY.get(name.removesuffix("."), -1) for name in _SPAN.split(part)]
    if -1 in ends or len(ends) > 2:  # noqa: PLR2004 - a span has two ends
        raise _unreadable(text)
    first, last = ends[0], ends[-1]
    yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _times(part: str, text: str) -> tuple[int, int]:
    ends = [_TIME.fullmatch(end) for end in _SPAN.split(part)]
    if len(ends) != 2 or None in ends:  # noqa: PLR2004 - a span has two ends
        raise _unreadable(text)
    opens, closes = (_minutes(int(end[1]), int(end[2] or 0), text) for end in ends if end)
    if opens in {_DAY_MINUTES, closes}:
        raise _unreadable(text)
    return opens, closes if closes > opens else closes + _DAY_MINUTES


def _minutes(hour: int, minute: int, text: str) -> int:
    minutes = hour * 60 + minute
    if minute > 59 or minutes > _DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        raise _unreadable(text)
    return minutes


def _folded(text: str) -> str:
    """Lower case without accents, and without what a weekday's full name adds."""
    plain = unicodedata.normalize("NFD", text.lower())
    return re.sub(r"[\u0300-\u036f]|[-\u2010\s]feira\b", "", plain)


def _instant(moment: datetime | float) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.fromtimestamp(moment, UTC)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone is no moment")
    return moment.astimezone(UTC)


def _unreadable(text: str) -> ValueError:
    return ValueError(
        f"the hours {text!r} cannot be read: write them as 'seg-sex 08:00-18:00; sáb 08:00-12:00'"
    )

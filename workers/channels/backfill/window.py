"""The hours in which a backfill's rows are asked. Pure: nothing here reads a clock.

A window is written as opening hours are (`workers.contracts.hours`), where days that are left out
mean every day: `22:00-06:00`, `seg-sex 22:00-06:00; sáb-dom 00:00-24:00`.

ValueError
└── WindowError   it cannot be read; `str()` tells the user how one is written
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from workers.contracts.hours import Hours, parse_window


class WindowError(ValueError):
    """A window cannot be read; `str()` tells the user how one is written."""


@dataclass(frozen=True, slots=True)
class Window:
    """When rows are asked; without hours, always."""

    hours: Hours | None = None

    def open_at(self, moment: float) -> bool:
        """Whether rows are asked at a moment (Unix seconds)."""
        return self.hours is None or self.hours.open_at(moment)

    def last_end(self, moment: float) -> datetime | None:
        """When the window ended that was open last; None: none has ended."""
        return None if self.hours is None else self.hours.last_closing(moment)

    def next_start(self, moment: float) -> datetime | None:
        """When rows are asked next; None: they are asked at all times."""
        return None if self.hours is None else self.hours.next_opening(moment)


@lru_cache(maxsize=256)
def window_of(text: str | None, time_zone: str) -> Window:
    """Read a window; None is one that never ends.

    Raises:
        WindowError: it cannot be read.
    """
    if text is None:
        return Window()
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise WindowError(
            f"there is no time zone {time_zone!r}: write one as 'America/Sao_Paulo'"
        ) from error
    try:
        return Window(parse_window(text, zone))
    except ValueError as error:
        raise WindowError(
            f"the window {text!r} cannot be read: write it as '22:00-06:00' or as "
            "'seg-sex 22:00-06:00; sáb-dom 00:00-24:00'"
        ) from error

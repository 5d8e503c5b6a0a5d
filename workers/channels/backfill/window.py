"""The hours in which a backfill's rows are asked. Pure: nothing here reads a clock.

A window is written as opening hours are (`workers.contracts.hours`), where days that are left out
mean every day: `22:00-06:00`, `seg-sex 22:00-06:00; sáb-dom 00:00-24:00`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from workers.contracts.hours import Hours, parse_hours


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
        ValueError: it cannot be read; the message shows how one is written.
    """
    if text is None:
        return Window()
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"there is no time zone {time_zone!r}: write one as 'America/Sao_Paulo'"
        ) from error
    groups = [group.strip() for group in re.split(r"[;\n]", text)]
    days_named = [f"seg-dom {group}" if group[:1].isdigit() else group for group in groups]
    try:
        return Window(parse_hours("; ".join(days_named), zone))
    except ValueError as error:
        raise ValueError(
            f"the window {text!r} cannot be read: write it as '22:00-06:00' or as "
            "'seg-sex 22:00-06:00; sáb-dom 00:00-24:00'"
        ) from error

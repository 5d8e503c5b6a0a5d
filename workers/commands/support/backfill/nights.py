"""When a source is read again: at the beginning of each window. The clock is passed in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Self

from workers.channels.backfill.window import Window, window_of

#: Steps in which the end of a window is looked for, and how far, in seconds.
_STEP_SECONDS: Final = 300
_WEEK_SECONDS: Final = 7 * 86400


class Nights:
    """Notices that a window has begun since the source was read.

    Args:
        window: the hours in which rows are asked.
        clock: Unix seconds.
    """

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock
        self._read_after: datetime | None = None
        self.note_reading()

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any], clock: Callable[[], float]) -> Self:
        """Those of a backfill's plan, as the API gives it: what was typed now is a part of it."""
        return cls(window_of(plan["window"], plan["time_zone"]), clock)

    @property
    def open(self) -> bool:
        """Whether rows are asked now."""
        return self._window.open_at(self._clock())

    @property
    def next_start(self) -> datetime | None:
        """When rows are asked next, in the clinic's own time; None: at all times, or never."""
        return self._window.next_start(self._clock())

    @property
    def next_night(self) -> datetime | None:
        """When the next window begins, after the one that is open."""
        moment = self._clock()
        while self._window.open_at(moment) and moment < self._clock() + _WEEK_SECONDS:
            moment += _STEP_SECONDS
        return self._window.next_start(moment)

    @property
    def due(self) -> bool:
        """Whether a window is open that began after the last reading.

        A machine that slept from one night to the next sees it as well: a window has ended since.
        """
        now = self._clock()
        begun_anew = self._window.last_end(now) != self._read_after or self._read_outside
        return self._window.open_at(now) and begun_anew

    def note_reading(self) -> None:
        """The source is being read now."""
        now = self._clock()
        self._read_after = self._window.last_end(now)
        self._read_outside = not self._window.open_at(now)

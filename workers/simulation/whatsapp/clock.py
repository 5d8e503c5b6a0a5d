"""A clock that can be moved: a window of 24 hours is tested in no time."""

import threading
import time
from collections.abc import Callable


class Clock:
    """The time of the real clock, plus how far this one was moved. Safe for threads.

    Args:
        real: gives Unix seconds.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._moved = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Unix seconds."""
        with self._lock:
            return self._real() + self._moved

    def advance(self, *, hours: float = 0.0, minutes: float = 0.0, seconds: float = 0.0) -> None:
        """Move it on; it is never moved back."""
        step = hours * 3600 + minutes * 60 + seconds
        if step < 0:
            raise ValueError("a clock is moved forwards only")
        with self._lock:
            self._moved += step

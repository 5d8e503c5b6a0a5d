"""Ctrl-C as a number: the first asks for an orderly end, the second for a quick one."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class Interrupts:
    """Counts Ctrl-C while it is entered, instead of raising wherever the program happens to be.

    Enter it in the main thread alone.
    """

    def __init__(self) -> None:
        self.count = 0
        self._came = threading.Event()
        self._before: object = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the next Ctrl-C."""
        self._came.wait(seconds)
        self._came.clear()

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.count += 1
        self._came.set()

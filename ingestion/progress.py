"""Keeps count of an ingestion's steps, and tells them."""

import threading
from collections.abc import Callable

from ingestion.report import Event, FileRow

#: Is told every step; must be quick. What it raises ends the ingestion.
Progress = Callable[[Event], None]


class Steps:
    """What is done so far. Threads may share it: the receiver is called by one at a time.

    Args:
        total: files found.
        progress: the receiver.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self.rows: list[FileRow] = []
        self._total = total
        self._done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def at_work(self, name: str) -> None:
        """A file's chunks are known, and none is written."""
        self._tell(Event(done=self._done, total=self._total, name=name))

    def embedded(self, name: str, chunks: int, of: int) -> None:
        """So many of a file's chunks are there."""
        event = Event(
            done=self._done, total=self._total, name=name, chunks_done=chunks, chunks_total=of
        )
        self._tell(event)

    def finished(self, row: FileRow, *, counts: bool = True) -> None:
        """A file is done with; `counts` where it is one of those found."""
        with self._lock:
            self._done += counts
            self.rows.append(row)
        self._tell(Event(done=self._done, total=self._total, name=row.name, row=row))

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._progress(event)

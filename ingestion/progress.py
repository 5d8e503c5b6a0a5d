"""Counts an ingestion's steps, and reports each."""

import threading
from collections.abc import Callable

from ingestion.report import Event, FileRow

#: Called at every step; must be quick. What it raises ends the ingestion.
Progress = Callable[[Event], None]


class Steps:
    """The steps so far. Threads may share it: the receiver is called by one at a time.

    Args:
        total: number of files.
        progress: the receiver.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self.rows: list[FileRow] = []
        self._total = total
        self._done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def started(self, name: str) -> None:
        """A file's chunks are known, and none is written yet."""
        self._report(Event(done=self._done, total=self._total, name=name))

    def embedded(self, name: str, done: int, total: int) -> None:
        """`done` of a file's `total` chunks are written."""
        event = Event(
            done=self._done, total=self._total, name=name, chunks_done=done, chunks_total=total
        )
        self._report(event)

    def finished(self, row: FileRow, *, counts: bool = True) -> None:
        """A file is done; `counts` where it is one of the total."""
        with self._lock:
            self._done += counts
            self.rows.append(row)
        self._report(Event(done=self._done, total=self._total, name=row.name, row=row))

    def _report(self, event: Event) -> None:
        with self._lock:
            self._progress(event)

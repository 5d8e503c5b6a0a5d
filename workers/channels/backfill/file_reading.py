"""Uploaded files into the rows of their backfills, one at a time, beside everything else."""

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

from workers.channels.backfill.file_reader import (
    FOLDER_PREFIX,
    FileReadError,
    Part,
    ReadingLimits,
    ReadingStoppedError,
    read_file,
)
from workers.contracts import logs
from workers.contracts.backfill import Backfill
from workers.contracts.backfill_files import BackfillFile
from workers.contracts.backfill_rows import MOST_ROWS
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import BackfillClosedError, BackfillFullError, NoBackfillError
from workers.contracts.pieces import pieces

_log = logs.logger(__name__)
#: Seconds beyond the time for one part of a file for which it is this worker's; renewed with each.
_LEASE_MARGIN_SECONDS: Final = 60.0
#: Seconds after which a folder is left behind: no file takes as long.
_LEFT_SECONDS: Final = 6 * 3600.0


class _LostError(Exception):
    """The file is another worker's by now, or its backfill is gone."""


class FileReading:
    """Reads the files of READING backfills, each in a thread of its own while no other runs.

    A worker may be killed at any line: the file is read again, and known rows are passed over.

    Args:
        store: the backfills.
        worker: its name, new with every process.
        limits: what a file may cost.
        stopping: whether the worker stops.
    """

    def __init__(
        self,
        store: BackfillStore,
        worker: str,
        limits: ReadingLimits,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._worker = worker
        self._limits = limits
        self._stopping = stopping
        self._lease = limits.seconds + _LEASE_MARGIN_SECONDS
        self._thread: Thread | None = None

    def begin(self, backfill: Backfill) -> bool:
        """Read its file in a thread; False where another one is being read, or has this one."""
        if self._thread is not None and self._thread.is_alive():
            return False
        file = self._store.take_file(backfill.id, self._worker, self._lease)
        if file is None:
            return False
        self._thread = Thread(
            target=self.read, args=(backfill, file), name="backfill-file", daemon=True
        )
        self._thread.start()
        return True

    def join(self, seconds: float) -> None:
        """Wait for the thread to end: shortly, once the worker stops."""
        if self._thread is not None:
            self._thread.join(seconds)

    def read(self, backfill: Backfill, file: BackfillFile) -> None:
        """Read a file that is this worker's; whatever it holds, nothing is raised."""
        log = _log.bind(backfill=backfill.id, bytes=len(file.data))
        try:
            self._into_rows(backfill, file)
            self._store.file_read(backfill.id, self._worker)
            log.info("backfill_file_read")
        except FileReadError as error:
            log.warning("backfill_file_unreadable")
            self._refuse(backfill, str(error))
        except BackfillFullError as error:
            log.warning("backfill_file_too_long")
            self._refuse(backfill, str(error))
        except ReadingStoppedError:
            log.info("backfill_file_left")
            self._leave(backfill)
        except (_LostError, NoBackfillError, BackfillClosedError):
            log.info("backfill_file_left")  # another worker reads it, or nobody wants it any more
        except Exception:  # Redis is away, say: the next round takes it again
            log.exception("backfill_file_failed")

    def _leave(self, backfill: Backfill) -> None:
        try:
            self._store.leave_file(backfill.id, self._worker)
        except Exception:  # noqa: BLE001 - its lease ends
            _log.exception("backfill_file_failed", backfill=backfill.id)

    def _refuse(self, backfill: Backfill, words: str) -> None:
        try:
            self._store.file_unreadable(backfill.id, self._worker, words)
        except Exception:  # noqa: BLE001 - likewise
            _log.exception("backfill_file_failed", backfill=backfill.id)

    def _into_rows(self, backfill: Backfill, file: BackfillFile) -> None:
        left_out: Counter[str] = Counter()
        guesses: tuple[tuple[str, str], ...] = ()
        parts = read_file(
            file.data, file.name, json.loads(file.options), self._limits, self._stopping
        )
        for part in parts:
            if not self._store.renew_file(backfill.id, self._worker, self._lease):
                raise _LostError
            self._add(backfill, part)
            left_out.update(part.left_out)
            guesses = guesses if part.guesses is None else part.guesses
        self._store.note_source(backfill.id, left_out, guesses)

    def _add(self, backfill: Backfill, part: Part) -> None:
        for rows in pieces(part.rows, MOST_ROWS):
            self._store.add_rows(backfill.tenant, backfill.id, rows)


def remove_left_folders(now: float | None = None) -> int:
    """Remove files that a killed worker left behind; returns how many there were.

    They hold what patients wrote.
    """
    moment = time.time() if now is None else now
    count = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone by now
            if moment - folder.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(folder)
                count += 1
    return count

"""A file of results that grows row by row, and survives a kill, a full disk and a second try.

Whole lines are added, and waited for until the disk has them. What came of a row is known by the
store, never by this file: whatever is lost of it is read again.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, Self

from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.result_lines import ResultForm, head_of, line_of
from workers.contracts.result_records import (
    HEAD_BYTES,
    Numbers,
    Places,
    begins_as_ours,
    columns_of,
    identity_of,
    spans,
)

__all__ = ["ResultFile", "ResultFileError", "ResultForm", "form_of", "head_of", "line_of"]

_FORMS: Final[dict[str, ResultForm]] = {".csv": "csv", ".jsonl": "ndjson", ".ndjson": "ndjson"}
#: What the system says where there is no room: on the disk, for the user, in one file.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ResultFileError(Exception):
    """A file of results cannot be written. The message says why, what is kept, what to do."""


def form_of(path: Path, shape: str = "plain") -> ResultForm:
    """How a file is written, by the ending of its name and the shape of the source's rows.

    Raises:
        ResultFileError: results are not written under such an ending.
    """
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise ResultFileError(
            f"Results cannot be written to {path.name}. Nothing was asked. Give a name that ends "
            f"in .csv (for spreadsheets) or in .jsonl."
        )
    return "openai" if form == "ndjson" and shape == "openai" else form


class ResultFile:
    """A file of results.

    Args:
        path: where it lies; it need not exist.
        form: of its lines.
        backfill: id of the backfill whose results it holds.
    """

    def __init__(self, path: Path, form: ResultForm, backfill: str) -> None:
        self._path = path.resolve()  # a link stays one
        self._beside = self._path.with_name(f".{self._path.name}.part")
        self._form: ResultForm = form
        self._backfill = backfill
        self._file: FileIO | None = None
        self._columns: tuple[str, ...] | None = None
        self._size = 0
        self._numbers = Numbers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> int:
        """Open it to go on; a torn end is dropped.

        Returns: the `number` after which the store's results are to be read; those among them that
            the file has already are passed over by `append`.

        Raises:
            ResultFileError: the file is not of this backfill, another command writes it, or it
                cannot be written.
        """
        self.close()
        with self._telling():
            # What patients wrote is nobody else's to read.
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._file = FileIO(handle, "r+")
            self._lock(handle)
            self._beside.unlink(missing_ok=True)
            self._read()
            self._file.truncate(self._size)
            self._file.seek(self._size)
        return self._numbers.before_first_gap()

    def append(self, results: Iterable[tuple[BackfillRow, RowResult]]) -> int:
        """Add results that it lacks, and wait until the disk has them; gives how many.

        The first row's columns are those that a CSV file has.

        Raises:
            ResultFileError: the disk is full, or gone. The file ends in a whole line, is closed,
                and can be opened again.
        """
        lines: list[bytes] = []
        for row, result in results:
            if result.number in self._numbers:
                continue
            if self._columns is None:
                self._columns = tuple(row.columns)
                if head := head_of(self._form, self._columns):
                    self._write(head)
            lines.append(line_of(self._form, self._backfill, row, result, self._columns))
            self._numbers.add(result.number)
        if lines:
            self._write(b"".join(lines))
        return len(lines)

    def order(self) -> int:
        """Sort it by row, of each row its last result alone, atomically, and close it.

        Returns: how many rows it has.

        Raises:
            ResultFileError: the disk has no room for a second copy. The file is as it was.
        """
        places, head_end = Places(), self._size
        with self._telling(), self._path.open("rb") as file:
            for span in spans(file, self._form):
                if identity := identity_of(self._form, span.raw):
                    head_end = min(head_end, span.start)
                    places.put(span, identity)
            try:
                self._copy(file, chain([(0, head_end)], places.by_row()))
                self._beside.replace(self._path)
                _sync_folder(self._path.parent)
            finally:
                self._beside.unlink(missing_ok=True)
        self.close()
        return len(places)

    def close(self) -> None:
        """Let it go as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _lock(self, handle: int) -> None:
        import fcntl  # noqa: PLC0415 - POSIX alone has it

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ResultFileError(
                f"Another command is writing {self._path.name}. Nothing was changed. Wait for it, "
                f"or give --out another name."
            ) from error

    def _read(self) -> None:
        """Which results the file has, and where its last whole line ends."""
        self._numbers, self._columns, self._size = Numbers(), None, 0
        with self._path.open("rb") as file:
            if not begins_as_ours(self._form, file.read(HEAD_BYTES)):
                raise self._foreign()
            for span in spans(file, self._form):
                self._size = span.start + len(span.raw)
                if self._columns is None:
                    self._columns = columns_of(span.raw) if self._form == "csv" else ()
                    if self._form == "csv":
                        continue
                identity = identity_of(self._form, span.raw)
                if identity is None or identity.backfill != self._backfill:
                    raise self._foreign()
                self._numbers.add(identity.number)

    def _foreign(self) -> ResultFileError:
        return ResultFileError(
            f"{self._path.name} exists, and is not a file of this backfill's results, or was "
            f"changed since. It is left as it is, and the results are kept. Rename it, or give "
            f"--out another name: the file is then written anew."
        )

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise ValueError("the file of results is not open")
        with self._telling():
            try:
                rest = memoryview(data)
                while rest:  # the system may take a part
                    rest = rest[self._file.write(rest) :]
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(self._size)
                raise
        self._size += len(data)

    def _copy(self, file: BinaryIO, pieces: Iterable[tuple[int, int]]) -> None:
        """Pieces (start, length) into the file beside, down to the disk."""
        handle = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as ordered:
            os.fchmod(handle, os.fstat(file.fileno()).st_mode & 0o777)
            for start, length in pieces:
                file.seek(start)
                ordered.write(file.read(length))
            ordered.flush()
            os.fsync(handle)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """The system's errors as the user reads them; the file is let go."""
        try:
            yield
        except OSError as error:
            self.close()
            raise self._failed(error) from error
        except ResultFileError:
            self.close()
            raise

    def _failed(self, error: OSError) -> ResultFileError:
        name, reason = self._path.name, error.strerror or type(error).__name__
        if error.errno in _FULL:
            return ResultFileError(
                f"There is no room left for {name} ({reason}). Its lines so far are whole, and no "
                f"result is lost. Make room, and run the same command again: it goes on."
            )
        return ResultFileError(
            f"{name} cannot be written ({reason}). No result is lost. Check the folder and its "
            f"permissions, and run the same command again: it goes on."
        )


def _sync_folder(folder: Path) -> None:
    """The disk knows the new name too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

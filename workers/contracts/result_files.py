"""The files in which results are handed out: CSV, JSON lines, OpenAI's batch output.

The command writes them row by row with `ResultFile`; the API sends `head_of` and then a `line_of`
for each result.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from workers.contracts.backfill import BackfillRow, RowResult

ResultForm = Literal["csv", "ndjson", "openai"]


class ResultFileError(Exception):
    """A file of results cannot be written. The message says why, what is kept, what to do."""


def form_of(path: Path, shape: str = "plain") -> ResultForm:
    """How a file is written, by the ending of its name and the shape of the source's rows.

    Raises:
        ResultFileError: results are not written under such an ending.
    """
    raise NotImplementedError


def head_of(form: ResultForm, columns: Sequence[str] = ()) -> bytes:
    """What such a file begins with; `columns` are the source's, echoed in CSV."""
    raise NotImplementedError


def line_of(
    form: ResultForm,
    backfill: str,
    row: BackfillRow,
    result: RowResult,
    columns: Sequence[str] = (),
) -> bytes:
    """One row with its result, with its line end.

    Args:
        form: of the file.
        backfill: its id.
        row: what was asked.
        result: what came of it.
        columns: those that the file's head has; a row's others stand in one column at the end.
    """
    raise NotImplementedError


class ResultFile:
    """A file of results that grows row by row, and survives a kill and a full disk.

    Args:
        path: where it lies; it need not exist.
        form: of its lines.
        backfill: id of the backfill whose results it holds.
    """

    def __init__(self, path: Path, form: ResultForm, backfill: str) -> None:
        raise NotImplementedError

    def open(self) -> int:
        """Open it to go on; a torn end is dropped.

        Returns: the `number` after which the store's results are to be read; those among them that
            the file has already are passed over by `append`.

        Raises:
            ResultFileError: the file is not of this backfill, or cannot be written.
        """
        raise NotImplementedError

    def append(self, results: Iterable[tuple[BackfillRow, RowResult]]) -> int:
        """Add results that it lacks, and wait until the disk has them; gives how many.

        The first row's columns are those that a CSV file has.

        Raises:
            ResultFileError: the disk is full, or gone. The file ends in a whole line, and can be
                opened again.
        """
        raise NotImplementedError

    def order(self) -> int:
        """Sort it by row, of each row its last result alone, atomically; gives how many rows.

        Raises:
            ResultFileError: the disk has no room for a second copy. The file is as it was.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let it go as it is."""
        raise NotImplementedError

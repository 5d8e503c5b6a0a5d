"""Results come from the API and go into FILE, in the order in which they came."""

from pathlib import Path
from typing import Any, Final

from workers.commands.support.backfill.calls import Calls, Json
from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.result_files import ResultFile, form_of

#: Results of one reading.
_PART: Final = 500


class Results:
    """The results of one backfill on their way into a file.

    Args:
        calls: the API's calls.
        backfill: its id.
        path: the file.
        shape: the shape of the source's rows.

    Raises:
        ResultFileError: the file is not of this backfill, or cannot be written.
    """

    def __init__(self, calls: Calls, backfill: str, path: Path, shape: str) -> None:
        self._calls = calls
        self._backfill = backfill
        self._file = ResultFile(path, form_of(path, shape), backfill)
        self._after = self._file.open()

    def fetch(self) -> None:
        """Write what came since.

        Raises:
            ApiError: the API refuses to give it.
            ResultFileError: the disk is full, or gone; what was written stays.
        """
        while results := self._calls.results(self._backfill, self._after, _PART):
            self._file.append([pair_of(each) for each in results])
            self._after = max(each["number"] for each in results)

    def order(self) -> int:
        """Sort the file by row; how many rows it holds. It can be written on.

        Raises:
            ResultFileError: the disk has no room for a second copy.
        """
        rows = self._file.order()
        self._after = self._file.open()
        return rows

    def close(self) -> None:
        """Let the file go as it is."""
        self._file.close()


def check_file(path: Path, shape: str, backfill: str) -> None:
    """Look whether a file may hold the results of a backfill; empty: of a new one.

    Raises:
        ResultFileError: it is there already and is another's.
    """
    form = form_of(path, shape)
    if path.exists() and path.stat().st_size:
        file = ResultFile(path, form, backfill)
        file.open()
        file.close()


def pair_of(line: Json) -> tuple[BackfillRow, RowResult]:
    """A row and its result, as the API gives them in one object."""
    fields: dict[str, Any] = dict(line)
    row = {name: fields[name] for name in BackfillRow.model_fields if name in fields}
    result = {name: fields[name] for name in RowResult.model_fields if name in fields}
    return BackfillRow.model_validate(row), RowResult.model_validate(result)

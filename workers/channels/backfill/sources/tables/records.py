"""The records of a CSV file, one at a time; a broken one harms no other."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from workers.channels.backfill.sources.tables.text_lines import LONGEST, Line

#: Characters that may be read twice, since a quote that never ended was followed; then each line
#: is read for itself.
_MOST_READ_AGAIN: Final = 4 * LONGEST


class Record(NamedTuple):
    """Cells as they stand in a line, or in several where a quote is open at a line's end.

    Attributes:
        line: number of its first line, from 1.
        cells: empty for an empty line.
        broken: whether it cannot be read: a quote that never ends, bytes that are no text. The one
            cell is then the line as it is.
    """

    line: int
    cells: list[str]
    broken: bool = False


class _TooLongError(Exception):
    pass


class _Feed:
    """Lines for the `csv` module, which takes as many as a record has; they can be put back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines, self._waiting = iter(lines), deque[Line]()
        self.taken: list[Line] = []
        self._size = 0
        self._read_again = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > LONGEST or (self.taken and self._read_again > _MOST_READ_AGAIN):
            raise _TooLongError
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.taken.append(line)
        self._size += len(line.text)
        return line.text

    def begin(self) -> None:
        """A new record begins."""
        self.taken.clear()
        self._size = 0

    def put_back(self, lines: list[Line]) -> None:
        """Lines that were taken are read again."""
        self._waiting.extendleft(reversed(lines))
        self._read_again += sum(len(line.text) for line in lines)


def records(lines: Iterable[Line], delimiter: str, width: int = 0) -> Iterator[Record]:
    """A file's records.

    A quote that never ends, or ends where no cell does, takes no other line with it.

    Args:
        lines: of the file.
        delimiter: between cells.
        width: cells that a record has, where that is known: a line with a stray quote is read
            nevertheless if it has as many.
    """
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        feed.begin()
        try:
            cells = _next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError):
            first, *rest = feed.taken
            feed.put_back(rest)
            reader = csv.reader(feed, delimiter=delimiter, strict=True, skipinitialspace=True)
            yield _alone(first, delimiter, width)
            continue
        first = feed.taken[0]
        if any(line.damaged for line in feed.taken):
            yield Record(first.number, ["".join(line.text for line in feed.taken)], broken=True)
        else:
            yield Record(first.number, cells)


def _next(reader: Iterator[list[str]]) -> list[str]:
    """The next record; the module's limit of a cell holds for others in this process."""
    limit = csv.field_size_limit(2 * LONGEST)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(limit)


def _alone(line: Line, delimiter: str, width: int) -> Record:
    """A line that the next one is no part of."""
    broken = Record(line.number, [line.text], broken=True)
    if line.damaged:
        return broken
    try:
        cells = _next(csv.reader([line.text], delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return broken
    open_quote = cells and cells[-1].endswith(("\n", "\r"))
    return broken if open_quote or len(cells) != width else Record(line.number, cells)

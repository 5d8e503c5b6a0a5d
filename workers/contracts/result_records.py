"""Reads a file of results back: which results it holds, and where each begins and ends."""

import csv
import json
from array import array
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from workers.contracts.result_lines import (
    AFTER,
    BATCH_ID,
    BEFORE,
    DELIMITER,
    MARK,
    ResultForm,
    head_of,
)

#: Bytes of a file's beginning by which `begins_as_ours` tells.
HEAD_BYTES: Final = 256


class Span(NamedTuple):
    """A whole record: its first byte's place, and its bytes with the line end."""

    start: int
    raw: bytes


class Identity(NamedTuple):
    """Which result a record is."""

    backfill: str
    row: int
    number: int


class Numbers:
    """A set of numbers from 1, a bit each: a hundred thousand take 12 KB."""

    def __init__(self) -> None:
        self._bits = bytearray(1)

    def __contains__(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        return place < len(self._bits) and bool(self._bits[place] & 1 << bit)

    def add(self, number: int) -> None:
        """Put one in."""
        place, bit = divmod(number, 8)
        self._bits.extend(bytes(max(0, place + 1 - len(self._bits))))
        self._bits[place] |= 1 << bit

    def before_first_gap(self) -> int:
        """The last of those that follow each other from 1; 0 where 1 is not there.

        >>> numbers = Numbers()
        >>> for number in (1, 2, 4):
        ...     numbers.add(number)
        >>> numbers.before_first_gap()
        2
        """
        number = 0
        while number + 1 in self:
            number += 1
        return number


class Places:
    """Where the last result of each row lies in a file: 24 bytes a row."""

    def __init__(self) -> None:
        self._starts, self._lengths, self._numbers = array("q"), array("q"), array("q")

    def put(self, span: Span, identity: Identity) -> None:
        """A record; of a row's several the one with the highest number counts."""
        row = identity.row
        if (more := row + 1 - len(self._numbers)) > 0:
            for column in (self._starts, self._lengths, self._numbers):
                column.frombytes(bytes(8 * more))
        if identity.number > self._numbers[row]:
            self._numbers[row] = identity.number
            self._starts[row], self._lengths[row] = span.start, len(span.raw)

    def __len__(self) -> int:
        return sum(map(bool, self._lengths))

    def by_row(self) -> Iterator[tuple[int, int]]:
        """Start and length of each record, by row."""
        places = zip(self._starts, self._lengths, strict=True)
        return ((start, length) for start, length in places if length)


def spans(file: BinaryIO, form: ResultForm) -> Iterator[Span]:
    """A file's whole records from its beginning, the head of a CSV file too; no torn end."""
    file.seek(0)
    start, raw = 0, b""
    for line in file:
        raw += line
        # A CSV record goes on over lines while a quote is open.
        if raw.endswith(b"\n") and not (form == "csv" and raw.count(b'"') % 2):
            yield Span(start, raw)
            start, raw = start + len(raw), b""


def identity_of(form: ResultForm, raw: bytes) -> Identity | None:
    """Which result a record is; None where it is none of ours."""
    try:
        match form:
            case "csv":
                row, *_, backfill, number = cells_of(raw)
                return Identity(backfill, int(row) - 1, int(number))
            case "ndjson":
                fields = json.loads(raw)
                return Identity(fields["backfill"], fields["row"], fields["number"])
            case "openai":
                backfill, row, number = json.loads(raw)["id"].rsplit("_", 2)
                backfill = backfill.removeprefix(BATCH_ID)
                return Identity(backfill, int(row), int(number))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, csv.Error):
        return None


def begins_as_ours(form: ResultForm, head: bytes) -> bool:
    """Whether a file's first bytes, some perhaps torn off, are those of a file of results."""
    starts = {
        "csv": head_of("csv")[: head_of("csv").index(b"motivo")],
        "ndjson": b'{"row":',
        "openai": b'{"id":"%s' % BATCH_ID.encode(),
    }
    start = starts[form]
    return head.startswith(start) or start.startswith(head)


def columns_of(raw: bytes) -> tuple[str, ...]:
    """The source's columns in the head of a CSV file."""
    return tuple(cells_of(raw.removeprefix(MARK))[len(BEFORE) : -len(AFTER)])


def cells_of(raw: bytes) -> list[str]:
    """The cells of a CSV record.

    Raises:
        ValueError: it is none.
    """
    return next(
        csv.reader(raw.decode().splitlines(keepends=True), delimiter=DELIMITER, strict=True)
    )

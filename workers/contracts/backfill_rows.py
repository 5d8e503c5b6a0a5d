"""A backfill's rows in Redis: kept in compressed blocks of a hundred, each row by its number."""

import hashlib
import secrets
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.client import NEVER_DECODE

from workers.contracts import keys
from workers.contracts.backfill import BackfillRow, RowResult, cut
from workers.contracts.backfill_life import LifeStore
from workers.contracts.errors import (
    BackfillClosedError,
    BackfillFullError,
    NoBackfillError,
    RecordError,
)
from workers.contracts.pieces import pieces

#: Rows of one block. More would be compressed a little better and cost more to read one of.
BLOCK: Final = 100
#: Most rows of one call.
MOST_ROWS: Final = 1_000
#: Bytes of a key's hash: two keys of 200,000 meet by chance once in 10^18 backfills.
_HASH_BYTES: Final = 12
#: Characters that are kept of a question that cannot be asked.
_FAULTY_CHARS: Final = 1_000
_CLOSED: Final = {
    "cancelled": "It was cancelled: remove it to begin anew.",
    "unreadable": "Its file could not be read: upload a repaired one, or remove it.",
}


@dataclass(frozen=True, slots=True)
class Added:
    """What came of rows that were added: `rows` is how many the backfill has now."""

    added: int
    repeated: int
    rows: int


class RowStore(LifeStore):
    """Rows of backfills."""

    def add_rows(self, tenant: str, backfill_id: str, rows: Sequence[BackfillRow]) -> Added:
        """Add up to 1,000 rows, in their order; those whose key is known are passed over.

        Rows with a fault fail in the same step. A DONE backfill is RECEIVING again: `seal` it.

        Args:
            tenant: the clinic.
            backfill_id: which.
            rows: in any sizes; they are compressed here.

        Raises:
            NoBackfillError: there is no such backfill.
            BackfillClosedError: it takes no rows as it stands; none of these were added.
            BackfillFullError: the clinic would keep too many; none of these were added.
            ValueError: more than 1,000.
        """
        if len(rows) > MOST_ROWS:
            raise ValueError(f"at most {MOST_ROWS} rows in one call")
        hashes = [_hash(row.key) for row in rows]
        token = secrets.token_hex(8)
        while True:  # another one added meanwhile: what is known has changed
            before = cast("str | None", self._redis.hget(keys.backfill(backfill_id), "rows"))
            first = int(before or 0)
            fresh = self._fresh(backfill_id, hashes)
            args = self._addition(backfill_id, first, [rows[i] for i in fresh.values()])
            verdict, number = self._run(
                "add",
                *(backfill_id, tenant, self._settings.backfill_rows, first, token),
                *(len(fresh), *fresh, *args),
            )
            if verdict != "again":
                break
        _refuse(verdict, number, self._settings.backfill_rows)
        return Added(len(fresh), len(rows) - len(fresh), int(number))

    def rows_of(self, backfill_id: str, numbers: Iterable[int]) -> dict[int, BackfillRow]:
        """These rows, by number; those that are not there lack.

        Raises:
            RecordError: what is stored was written by another version, or is damaged.
        """
        wanted = set(numbers)
        starts = sorted({number - number % BLOCK for number in wanted})
        rows = {}
        for some in pieces(starts, 16):
            for start, block in zip(some, self._blocks(backfill_id, some), strict=True):
                lines = _lines(block)
                for number in range(start, start + len(lines)):
                    if number in wanted:
                        name = f"row {number} of backfill {backfill_id}"
                        rows[number] = BackfillRow.read(lines[number - start], name)
        return rows

    def _fresh(self, backfill_id: str, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Of keys that are not known, the place of the first row that has each."""
        if not hashes:
            return {}
        known = self._redis.smismember(keys.backfill_keys(backfill_id), cast("Any", hashes))
        fresh: dict[bytes, int] = {}
        for place, (digest, there) in enumerate(zip(hashes, known, strict=True)):
            if not there:
                fresh.setdefault(digest, place)
        return fresh

    def _addition(
        self, backfill_id: str, first: int, rows: Sequence[BackfillRow]
    ) -> list[str | bytes | int]:
        """The script's arguments for rows that will have the numbers from `first`."""
        start = first - first % BLOCK
        (tail,) = self._blocks(backfill_id, [start]) if first > start and rows else (b"",)
        lines = _lines(tail) + [_line(row) for row in rows]
        blocks: list[str | bytes | int] = []
        for number, some in enumerate(pieces(lines, BLOCK)):
            blocks += [start + number * BLOCK, packed(some)]
        ends: list[str | bytes | int] = []
        for number, row in enumerate(rows, first):
            if row.fault:
                ends += [number, RowResult.failed(row.fault, time.time()).line()]
        return [len(blocks) // 2, *blocks, *ends]

    def _blocks(self, backfill_id: str, starts: Sequence[int]) -> "list[bytes]":
        execute = cast("Any", self._redis).execute_command
        name = keys.backfill_rows(backfill_id)
        return [block or b"" for block in execute("HMGET", name, *starts, **{NEVER_DECODE: []})]


def packed(lines: Iterable[str]) -> bytes:
    """Lines of JSON as one compressed block."""
    return zlib.compress("\n".join(lines).encode(), level=6)


def unpacked(block: bytes) -> list[str]:
    """The lines of a compressed block.

    Raises:
        RecordError: it is damaged.
    """
    try:
        return zlib.decompress(block).decode().split("\n")
    except (zlib.error, UnicodeDecodeError) as error:
        raise RecordError("a block of a backfill", "") from error


def _lines(block: bytes) -> list[str]:
    return unpacked(block) if block else []


def _line(row: BackfillRow) -> str:
    if row.fault and len(row.question) > _FAULTY_CHARS:  # it is never asked
        row = row.model_copy(update={"question": cut(row.question, _FAULTY_CHARS)})
    return row.model_dump_json(exclude_defaults=True)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:_HASH_BYTES]


def _refuse(verdict: str, number: str, most: int) -> None:
    if verdict == "unknown":
        raise NoBackfillError
    if verdict == "full":
        raise BackfillFullError(
            f"This clinic keeps {number} rows of backfills and may keep {most} "
            "(ATENDE_BACKFILL_ROWS); these were not added, what was added before is kept. Remove "
            "backfills that are not needed any more."
        )
    if verdict in _CLOSED:
        raise BackfillClosedError(f"None of these rows were added. {_CLOSED[verdict]}")

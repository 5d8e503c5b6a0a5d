"""What came of a backfill's rows: the newest results in a list, older ones in compressed blocks."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from redis.client import NEVER_DECODE

from workers.contracts import keys
from workers.contracts.backfill import RowResult
from workers.contracts.backfill_life import LifeStore
from workers.contracts.backfill_rows import packed, unpacked
from workers.contracts.errors import RecordError

#: Results of one block.
BLOCK: Final = 100
#: So many of the newest are not compressed: they are read while they come.
_RECENT: Final = 200
#: The lower bits of a row's mark: the number of the result that holds.
_NUMBER_MASK: Final = (1 << 29) - 1
_MARK_BYTES: Final = 4

#: What is made of a backfill's results: the page, and the pairs as CSV.
ReportPart = Literal["report", "pairs"]


@dataclass(frozen=True, slots=True)
class Report:
    """What was made of the results up to `number`, as it is downloaded."""

    data: bytes
    number: int


class ResultStore(LifeStore):
    """Results of backfills."""

    def results(self, backfill_id: str, after: int, most: int) -> list[RowResult]:
        """Up to `most` results whose number is above `after`, in the order in which they came.

        Only those that hold: the result of a row that is asked again is left out, and comes again
        with a higher number. Fewer than `most`: there are no more now.

        Raises:
            RecordError: what is stored was written by another version, or is damaged.
        """
        results: list[RowResult] = []
        while len(results) < most:
            numbered = self._page(backfill_id, after)
            if not numbered:
                break
            results += self._holding(backfill_id, numbered)
            after = numbered[-1].number
        return results[:most]

    def compact(self, backfill_id: str) -> int:
        """Compress results that are not the newest; returns how many blocks were made.

        Two that do so at once make each block once.
        """
        blocks = 0
        while True:
            total, done = self._counts(backfill_id)
            if total - done < _RECENT + BLOCK:
                return blocks
            name = keys.backfill_results(backfill_id)
            lines = cast("list[str]", self._redis.lrange(name, 0, BLOCK - 1))
            if len(lines) < BLOCK:  # the list was lost, or all of it was erased
                return blocks
            blocks += int(self._run("compact", backfill_id, done, BLOCK, packed(lines)))

    def put_report(self, backfill_id: str, part: ReportPart, data: bytes, number: int) -> bool:
        """Keep what was made of the results up to `number`; False: the backfill is gone."""
        return bool(self._run("report", backfill_id, part, data, number))

    def report(self, backfill_id: str, part: ReportPart) -> Report | None:
        """What was made last; None before the first. It is old where results came since."""
        execute = cast("Any", self._redis).execute_command
        name = keys.backfill_report(backfill_id)
        data, number = execute("HMGET", name, part, f"{part}_number", **{NEVER_DECODE: []})
        return None if data is None else Report(data, int(number))

    def note_report_job(self, backfill_id: str, job_id: str) -> None:
        """Note which job makes the report."""
        self._run("note", backfill_id, "report_job", job_id)

    def _counts(self, backfill_id: str) -> tuple[int, int]:
        """How many results there are, and how many of them are compressed."""
        name = keys.backfill(backfill_id)
        total, done = cast("list[str | None]", self._redis.hmget(name, "results", "compacted"))
        return int(total or 0), int(done or 0)

    def _page(self, backfill_id: str, after: int) -> list[RowResult]:
        """The results after one of them, up to the end of its block."""
        lines = self._lines_after(backfill_id, after)
        return [RowResult.of_line(line, number) for number, line in lines]

    def _lines_after(self, backfill_id: str, after: int) -> list[tuple[int, str]]:
        """The same as they are stored, each with its number."""
        while True:
            _, done = self._counts(backfill_id)
            if after < done:
                number = after // BLOCK
                lines = self._block(backfill_id, number)
                first = number * BLOCK + 1
                break
            tail, done_then = self._tail(backfill_id, after - done)
            if done_then == done:
                lines, first = tail, after + 1
                break
        return [(number, line) for number, line in enumerate(lines, first) if number > after]

    def _recent_questions(self, backfill_id: str) -> Iterator[str]:
        """Ids of the questions whose records may be kept still; see lua/backfills/collect.lua.

        Results that cannot be read are passed over.
        """
        after = int(cast("str | None", self._redis.hget(keys.backfill(backfill_id), "recent")) or 0)
        total, _ = self._counts(backfill_id)
        while after < total:
            lines: list[tuple[int, str]] = []
            with suppress(RecordError):
                lines = self._lines_after(backfill_id, after)
            for number, line in lines:
                with suppress(RecordError):
                    if question_id := RowResult.of_line(line, number).question_id:
                        yield question_id
            after += BLOCK - after % BLOCK

    def _tail(self, backfill_id: str, start: int) -> tuple[list[str], int]:
        pipe = self._redis.pipeline(transaction=True)
        pipe.lrange(keys.backfill_results(backfill_id), start, start + BLOCK - 1)
        pipe.hget(keys.backfill(backfill_id), "compacted")
        lines, done = pipe.execute()
        return lines, int(done or 0)

    def _block(self, backfill_id: str, number: int) -> list[str]:
        execute = cast("Any", self._redis).execute_command
        raw = execute("HGET", keys.backfill_blocks(backfill_id), number, **{NEVER_DECODE: []})
        return unpacked(raw) if raw else []

    def _holding(self, backfill_id: str, results: Sequence[RowResult]) -> list[RowResult]:
        """Those that are their rows' newest."""
        name, pipe = keys.backfill_marks(backfill_id), self._redis.pipeline(transaction=False)
        for result in results:
            start = result.row * _MARK_BYTES
            end = start + _MARK_BYTES - 1
            cast("Any", pipe).execute_command("GETRANGE", name, start, end, **{NEVER_DECODE: []})
        return [
            result
            for result, raw in zip(results, pipe.execute(), strict=True)
            if int.from_bytes(raw) & _NUMBER_MASK == result.number
        ]

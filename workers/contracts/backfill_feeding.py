"""From a backfill's rows to the lane and back: fed ahead of the workers, collected, taken back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.client import NEVER_DECODE

from workers.contracts import keys
from workers.contracts.backfill import Backfill, RowResult, RowStatus
from workers.contracts.backfill_rows import RowStore
from workers.contracts.pieces import pieces
from workers.contracts.question import Lane, Request

#: Rows that one script call feeds, collects or takes back at most: others wait for Redis that long,
#: about 3 ms.
MOST_PER_CALL: Final = 250
#: Seconds for which a question's record is kept once its result is: long polls may read it still.
_RECORD_SECONDS: Final = 3600
#: Rows whose marks are read at once.
_MARKS: Final = 4096
_MARK_BYTES: Final = 4
#: The upper three bits of a mark: how the row ended. The others are its result's number.
_STATUS_SHIFT: Final = 29
_CODES: Final = {RowStatus.ANSWERED: 1, RowStatus.NEEDS_HUMAN: 2, RowStatus.FAILED: 3}


@dataclass(frozen=True, slots=True)
class Turnout:
    """The rows that are next, and the fence that `feed` wants back with them."""

    numbers: tuple[int, ...]
    fence: int


class FeedingStore(RowStore):
    """Rows of backfills in the lane."""

    def next_rows(self, backfill: Backfill, most: int) -> Turnout:
        """The rows that are next to be asked, at most 250: first those that are asked again."""
        fence, *numbers = self._run("next", backfill.id, min(most, MOST_PER_CALL))
        return Turnout(tuple(int(number) for number in numbers), int(fence))

    def feed(
        self,
        backfill: Backfill,
        fence: int,
        asked: Sequence[tuple[int, str, Request]],
        now: float,
    ) -> int | None:
        """Put rows into the bulk lane, each with its question's id and request: all in one step.

        Args:
            backfill: which; its plan gives the deadline, `expires_in` from now.
            fence: of the turnout that these rows are.
            asked: (number, question id, request) in the turnout's order, all of it or a beginning;
                requests as `channels.backfill.feeding.request_of` makes them.
            now: Unix seconds.

        Returns:
            How many were put: fewer than given, also 0, where the lane is full; None where another
            feeder was first, or where it is no longer RUNNING. Then nothing was put.

        Raises:
            ValueError: a request that could reach a patient, or is not bulk.
        """
        life = backfill.plan.expires_in
        expires = None if life is None else now + life
        args: list[str | int] = []
        for number, question_id, request in asked:
            if request.reply_to or request.conversation_id or request.lane is not Lane.BULK:
                raise ValueError("a row of a backfill is asked in bulk and answered to nobody")
            stored = request.model_copy(update={"expires_at": expires})
            args += [number, question_id, stored.model_dump_json(exclude_defaults=True)]
        deadline = "" if expires is None else str(int(expires * 1000))
        limit = self._settings.queue_limit
        return cast("int | None", self._run("feed", backfill.id, fence, limit, deadline, *args))

    def open_questions(self, backfill_id: str) -> dict[str, int]:
        """The questions that are in the lane or whose end was not collected: id -> row."""
        raw = cast("dict[str, str]", self._redis.hgetall(keys.backfill_open(backfill_id)))
        return {question_id: int(row) for question_id, row in raw.items()}

    def collect(self, backfill: Backfill, results: Iterable[RowResult]) -> int:
        """Keep the results of questions that have ended; returns how many were new.

        Each is found by its `question_id`; one that is not open is passed over, so that a repeat
        changes nothing. Its question's record expires an hour later. A sealed backfill with
        nothing left is DONE.
        """
        kept = 0
        for some in pieces(results, MOST_PER_CALL):
            args = [
                part
                for result in some
                for part in (result.question_id, _CODES[result.status], result.line())
            ]
            kept += int(self._run("collect", backfill.id, _RECORD_SECONDS, *args))
        return kept

    def lost(self, backfill: Backfill, question_ids: Iterable[str]) -> int:
        """Ask the rows again of questions whose records are gone; returns how many."""
        return self._take_back("lost", backfill.id, question_ids)

    def withdraw(self, backfill: Backfill) -> int:
        """Take off the lane what no worker has claimed; returns how many rows.

        Their questions are gone as if never asked, without a deadline; the rows are asked again
        later. What is claimed goes on to its end.
        """
        return self._take_back("withdraw", backfill.id, self.open_questions(backfill.id))

    def redo(
        self,
        tenant: str,
        backfill_id: str,
        rows: Iterable[int] | None = None,
        statuses: Iterable[RowStatus] = (RowStatus.NEEDS_HUMAN, RowStatus.FAILED),
    ) -> int:
        """Ask rows again that ended so; returns how many. A DONE backfill is RUNNING again.

        Their old results are no longer read, and no longer counted. Rows with a fault stay as they
        are. A CANCELLED backfill stays so, and returns 0.

        Args:
            tenant: the clinic.
            backfill_id: which.
            rows: None: all.
            statuses: only rows that ended so.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        self._expected(tenant, backfill_id)
        codes = {_CODES[status] for status in statuses}
        wanted = None if rows is None else frozenset(rows)
        chosen = (
            number
            for number, code in self._codes(backfill_id)
            if code in codes and (wanted is None or number in wanted)
        )
        allowed = "".join(map(str, sorted(codes)))
        return sum(
            int(self._run("redo", backfill_id, tenant, allowed, *some))
            for some in pieces(chosen, MOST_PER_CALL)
        )

    def _take_back(self, script: str, backfill_id: str, question_ids: Iterable[str]) -> int:
        return sum(
            int(self._run(script, backfill_id, keys.GROUP, *some))
            for some in pieces(question_ids, MOST_PER_CALL)
        )

    def _codes(self, backfill_id: str) -> Iterator[tuple[int, int]]:
        """How each row ended that has: (number, code). Pieces of 16 KiB are held at a time."""
        execute = cast("Any", self._redis).execute_command
        name, first = keys.backfill_marks(backfill_id), 0
        while True:
            start, end = first * _MARK_BYTES, (first + _MARKS) * _MARK_BYTES - 1
            raw: bytes = execute("GETRANGE", name, start, end, **{NEVER_DECODE: []})
            if not raw:
                return
            for place in range(0, len(raw), _MARK_BYTES):
                if code := int.from_bytes(raw[place : place + _MARK_BYTES]) >> _STATUS_SHIFT:
                    yield first + place // _MARK_BYTES, code
            first += _MARKS

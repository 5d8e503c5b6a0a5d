"""What came of the rows in the lane, into their backfill's results."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from redis.exceptions import ResponseError

from workers.contracts import keys, logs
from workers.contracts.backfill import Backfill, RowResult
from workers.contracts.backfill_feeding import MOST_PER_CALL
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import RecordError
from workers.contracts.pieces import pieces
from workers.contracts.question import Outcome, Status

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
_ENDED: Final = frozenset(status.value for status in Status if status.ended)


class Collecting:
    """Collects results. Any number of these may run: a result is written once.

    Args:
        redis: the queue.
        store: the backfills.
        clock: Unix seconds.
    """

    def __init__(
        self, redis: "Redis", store: BackfillStore, clock: Callable[[], float] = time.time
    ) -> None:
        self._redis = redis
        self._store = store
        self._clock = clock

    def collect(self, backfill: Backfill) -> int:
        """Take what has ended off the lane's list; returns how many rows got their result.

        A question whose record is gone is asked again, under another id. Where it is damaged, its
        row has failed.
        """
        collected = 0
        for ids in pieces(self._store.open_questions(backfill.id), MOST_PER_CALL):
            results, lost = self._look(ids)
            if results:
                collected += self._store.collect(backfill, results)
            if lost:
                count = self._store.lost(backfill, lost)
                _log.warning("backfill_questions_lost", backfill=backfill.id, count=count)
                damaged = [_unreadable(question_id, self._clock()) for question_id in lost]
                collected += self._store.collect(backfill, damaged)  # of those that are there yet
        return collected

    def _look(self, ids: Sequence[str]) -> tuple[list[RowResult], list[str]]:
        """What has ended of these, with its result; and those that are gone."""
        results: list[RowResult] = []
        lost: list[str] = []
        for question_id, fields in self._records(ids):
            if fields is None:
                lost.append(question_id)
            elif fields["status"] in _ENDED:
                results.append(self._result(question_id, fields))
        return results, lost

    def _records(self, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, str | None] | None]]:
        names = ("status", "outcome", "ended_at")
        pipe = self._redis.pipeline(transaction=False)
        for question_id in ids:
            pipe.hmget(keys.question(question_id), *names)
        replies = pipe.execute(raise_on_error=False)
        for question_id, reply in zip(ids, replies, strict=True):
            if isinstance(reply, ResponseError):  # no hash: a damaged record
                yield question_id, None
            elif isinstance(reply, Exception):
                raise reply
            else:
                yield question_id, dict(zip(names, reply, strict=True)) if reply[0] else None

    def _result(self, question_id: str, fields: Mapping[str, str | None]) -> RowResult:
        try:
            ended_at = float(fields["ended_at"] or self._clock())
        except ValueError:
            ended_at = self._clock()
        try:
            outcome = Outcome.read(fields["outcome"] or "", f"question {question_id}")
        except RecordError:
            return _unreadable(question_id, ended_at)
        return RowResult.of(question_id, outcome, ended_at)


def _unreadable(question_id: str, ended_at: float) -> RowResult:
    return RowResult.failed("record_unreadable", ended_at, question_id)

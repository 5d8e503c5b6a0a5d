"""Rows into the bulk lane, a bounded number ahead of the engine, from each backfill in turn."""

import heapq
import time
from collections.abc import Callable, Sequence
from typing import Final

from workers.contracts.backfill import Backfill, BackfillRow
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import RecordError
from workers.contracts.question import Lane, Request
from workers.contracts.questions import new_id

#: Rows that one script puts into the lane: others wait for Redis that long, about 3 ms.
_MOST_PER_CALL: Final = 250


class Feeding:
    """Feeds the lane. Any number of these may run: each call is fenced by what it was decided on.

    Args:
        store: the backfills.
        ahead: rows that may wait in the lane or be in flight, of all backfills together.
        clock: Unix seconds.
    """

    def __init__(
        self, store: BackfillStore, ahead: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._ahead = ahead
        self._clock = clock

    def rooms(self, backfills: Sequence[Backfill], others: int) -> list[int]:
        """How many rows each may be fed.

        Args:
            backfills: those whose rows are asked now.
            others: rows in the lane of those whose rows are not.
        """
        open_rows = [backfill.open for backfill in backfills]
        wants = [backfill.left - backfill.open for backfill in backfills]
        return shares(self._ahead - others - sum(open_rows), open_rows, wants)

    def feed(self, backfill: Backfill, most: int) -> int:
        """Put up to `most` rows into the lane; returns how many it took.

        It took fewer where another feeder was first, where the lane is full, or where the backfill
        runs no more.

        Raises:
            RecordError: a row cannot be read, or is gone.
        """
        fed = 0
        while fed < most:
            size = min(most - fed, _MOST_PER_CALL)
            count = self._once(backfill, size)
            fed += count
            if count < size:
                break
        return fed

    def _once(self, backfill: Backfill, most: int) -> int:
        turnout = self._store.next_rows(backfill, most)
        if not turnout.numbers:
            return 0
        rows = self._store.rows_of(backfill.id, turnout.numbers)
        if missing := [number for number in turnout.numbers if number not in rows]:
            raise RecordError(f"row {missing[0]} of backfill {backfill.id}", {})
        now = self._clock()
        asked = [
            (number, new_id(), request_of(rows[number], backfill.tenant, now))
            for number in turnout.numbers
        ]
        return self._store.feed(backfill, turnout.fence, asked, now) or 0


def request_of(row: BackfillRow, tenant: str, now: float) -> Request:
    """The question as it is asked: in bulk, of no conversation, answered to nobody.

    It is asked now. The turns before it are moved by as much: what was a follow-up then is one, and
    a question of last year is not overdue in the drain.
    """
    times = [turn.at for turn in row.context]
    then = row.asked_at if row.asked_at is not None else max(times, default=now)
    context = tuple(
        turn.model_copy(update={"at": min(now, turn.at + now - then)}) for turn in row.context
    )
    return Request(
        tenant=tenant, question=row.question, lane=Lane.BULK, asked_at=now, context=context
    )


def shares(room: int, open_rows: Sequence[int], wants: Sequence[int]) -> list[int]:
    """Divide a room so that each has as many rows in the lane as any other, as far as it has rows.

    Args:
        room: rows that may be added, of all.
        open_rows: rows that each has in the lane.
        wants: rows that each could add.
    """
    given = [0] * len(wants)
    heap = [(count, place) for place, count in enumerate(open_rows) if wants[place] > 0]
    heapq.heapify(heap)
    for _ in range(max(0, room)):
        if not heap:
            break
        count, place = heapq.heappop(heap)
        given[place] += 1
        if given[place] < wants[place]:
            heapq.heappush(heap, (count + 1, place))
    return given

"""One round after the other over the backfills that have work: collect, take back, feed, sum up.

Every step is one script, idempotent or fenced: a process may be killed at any line, and any number
of them may go round at the same time. What is wrong with one backfill harms no other.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Final

from workers.channels.backfill.collecting import Collecting
from workers.channels.backfill.feeding import Feeding
from workers.channels.backfill.file_reading import FileReading
from workers.channels.backfill.summaries import Summaries
from workers.channels.backfill.window import Window, WindowError, window_of
from workers.contracts import logs
from workers.contracts.backfill import Backfill, BackfillState
from workers.contracts.backfills import BackfillStore
from workers.contracts.connection import AWAY, may_pass
from workers.contracts.pauses import ALL, Pauses

_log = logs.logger(__name__)
#: Seconds between two rounds: an answer of the engine's takes longer.
_NEXT_ROUND_SECONDS: Final = 0.25
#: Rows that were collected in a round, from which on the next one follows at once.
_MANY: Final = 100
#: Results after which older ones are compressed.
_LOOSE_RESULTS: Final = 100
#: Seconds before Redis is asked again that was away.
_AWAY_SECONDS: Final = 1.0
#: How the words begin for one that nothing can be done with.
_STUCK: Final = "It cannot go on:"
#: Seconds between two complaints about one backfill.
_COMPLAINT_SECONDS: Final = 60.0


class Rounds:
    """One worker's rounds.

    Args:
        store: the backfills.
        pauses: which drains are paused.
        collecting, feeding, files, summaries: the parts of a round.
        clock: Unix seconds.
    """

    def __init__(  # noqa: PLR0913 - the parts of a round, each passed in
        self,
        *,
        store: BackfillStore,
        pauses: Pauses,
        collecting: Collecting,
        feeding: Feeding,
        files: FileReading,
        summaries: Summaries,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._collecting = collecting
        self._feeding = feeding
        self._files = files
        self._summaries = summaries
        self._clock = clock
        self._compacted: dict[str, int] = {}
        self._complained_at: dict[str, float] = {}
        self._files_begun: Counter[str] = Counter()

    def run(self, stopping: Flag) -> None:
        """Go round until `stopping` is set."""
        is_away = False
        while not stopping.is_set():
            try:
                is_busy = self.turn() >= _MANY
                if is_away:
                    _log.info("backfills_go_on")
                is_away = False
                stopping.wait(0.0 if is_busy else _NEXT_ROUND_SECONDS)
            except AWAY as error:
                if not is_away:
                    _log.error("redis_away", error=type(error).__name__, kept="all backfills")
                is_away = True
                stopping.wait(_AWAY_SECONDS)
            except Exception:  # noqa: BLE001 - a thread that dies silently feeds nothing
                _log.exception("backfills_failed")
                stopping.wait(_AWAY_SECONDS)

    def turn(self) -> int:
        """One round; returns how many rows got their result.

        Raises:
            AWAY: Redis does not answer.
        """
        backfills = self._store.running()
        self._forget(backfills)
        is_paused = ALL in self._pauses.all()
        collected, asked = 0, []
        for backfill in sorted(backfills, key=self._files_of):
            count, now_asked = self._alone(backfill, is_paused=is_paused)
            collected += count
            if now_asked is not None:
                asked.append(now_asked)
        self._feed(backfills, asked)
        return collected

    def _alone(self, backfill: Backfill, *, is_paused: bool) -> tuple[int, Backfill | None]:
        """What concerns one backfill: how many results came, and it, where it is to be fed."""
        try:
            return self._attend(backfill, is_paused=is_paused)
        except Exception as error:  # noqa: BLE001 - of this one; the others go on
            self._complain(backfill, error)
            return 0, None

    def _attend(self, backfill: Backfill, *, is_paused: bool) -> tuple[int, Backfill | None]:
        if backfill.state is BackfillState.READING and self._files.begin(backfill):
            self._files_begun[backfill.tenant] = self._files_begun.total() + 1
        collected = 0
        fresh: Backfill | None = backfill
        if backfill.open:
            collected = self._collecting.collect(backfill)
            fresh = self._store.get(backfill.tenant, backfill.id)
        if fresh is None or fresh.state is BackfillState.READING:  # erased meanwhile, or not yet
            return collected, None
        window, now = window_of(fresh.plan.window, fresh.plan.time_zone), self._clock()
        if fresh.state is BackfillState.RUNNING and not fresh.error.startswith(_STUCK):
            self._store.keep(fresh, now)
        if self._is_asked(fresh, window, now, is_paused=is_paused):
            self._compact(fresh)
            return collected, fresh
        if fresh.open and self._is_taken_back(fresh, window, now, is_paused=is_paused):
            self._store.withdraw(fresh)
            fresh = self._store.get(fresh.tenant, fresh.id) or fresh
        self._compact(fresh)
        self._summaries.note(fresh, window, now)
        return collected, None

    @staticmethod
    def _is_asked(backfill: Backfill, window: Window, now: float, *, is_paused: bool) -> bool:
        is_running = backfill.state is BackfillState.RUNNING
        return is_running and not is_paused and window.open_at(now)

    @staticmethod
    def _is_taken_back(backfill: Backfill, window: Window, now: float, *, is_paused: bool) -> bool:
        """Whether what nobody has claimed leaves the lane.

        Rows of a paused backfill stay there, as whoever paused it said, unless they would expire.
        """
        if backfill.state is BackfillState.PAUSED and window.open_at(now) and not is_paused:
            return backfill.plan.expires_in is not None
        return True

    def _files_of(self, backfill: Backfill) -> int:
        """When a file of its clinic was begun last: so many of one keep no other waiting."""
        return self._files_begun[backfill.tenant]

    def _feed(self, backfills: Sequence[Backfill], asked: Sequence[Backfill]) -> None:
        ids = {backfill.id for backfill in asked}
        others = sum(backfill.open for backfill in backfills if backfill.id not in ids)
        for backfill, room in zip(asked, self._feeding.rooms(asked, others), strict=True):
            try:
                self._feeding.feed(backfill, room)
                if backfill.error.startswith(_STUCK):  # it was repaired
                    self._store.note_error(backfill.id, "")
            except Exception as error:  # noqa: BLE001 - of this one; the others go on
                self._complain(backfill, error)

    def _compact(self, backfill: Backfill) -> None:
        """Compress results, as many as have come since."""
        if backfill.results - self._compacted.get(backfill.id, 0) >= _LOOSE_RESULTS:
            self._store.compact(backfill.id)
            self._compacted[backfill.id] = backfill.results

    def _complain(self, backfill: Backfill, error: Exception) -> None:
        """Log a fault, and note it for the user; one of Redis's own is everybody's.

        Raises:
            Exception: the same, where Redis is away.
        """
        if isinstance(error, AWAY) or may_pass(error):
            raise error
        now = self._clock()
        if now - self._complained_at.get(backfill.id, -_COMPLAINT_SECONDS) < _COMPLAINT_SECONDS:
            return
        self._complained_at[backfill.id] = now
        _log.error("backfill_failed", backfill=backfill.id, error=type(error).__name__)
        words = str(error) if isinstance(error, WindowError) else type(error).__name__
        self._store.note_error(
            backfill.id, f"{_STUCK} {words}. What it has is kept, and it is tried again."
        )

    def _forget(self, backfills: Sequence[Backfill]) -> None:
        """Keep nothing in memory of backfills that have no more work."""
        ids = {backfill.id for backfill in backfills}
        for notes in (self._compacted, self._complained_at):
            for backfill_id in notes.keys() - ids:
                del notes[backfill_id]

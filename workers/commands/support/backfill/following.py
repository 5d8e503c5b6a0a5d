"""Follows a backfill: writes results as they come, moves the line, and obeys Ctrl-C."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from workers.commands.support.backfill.calls import Calls
from workers.commands.support.backfill.interrupts import Interrupts
from workers.commands.support.backfill.live_line import LiveLine
from workers.commands.support.backfill.nights import Nights
from workers.commands.support.backfill.results import Results
from workers.commands.support.backfill.totals import Totals

#: Seconds between two looks.
_NEXT_LOOK_SECONDS: Final = 0.5
#: States in which nothing more comes by itself.
_ENDED: Final = frozenset({"done", "cancelled", "unreadable"})


class End(StrEnum):
    """Why following ended."""

    ALL = "all rows have a result, or the backfill was cancelled"
    INTERRUPTED = "Ctrl-C"
    READ_AGAIN = "a window has begun: the source is to be read again"


@dataclass(frozen=True, slots=True)
class Following:
    """Follows one backfill.

    Args:
        calls: the API's calls.
        backfill: its id.
        out: the file of results; None: none is written.
        line: where progress is shown.
        interrupts: Ctrl-C.
        nights: the window's beginnings.
    """

    calls: Calls
    backfill: str
    out: Results | None
    line: LiveLine
    interrupts: Interrupts
    nights: Nights

    def run(self, read_again: Callable[[], bool] = lambda: False) -> End:
        """Follow until the end.

        Args:
            read_again: whether the source is to be read again now.

        Raises:
            ApiError: the API refuses to say how far it is.
            ResultFileError: FILE cannot be written.
        """
        answered_interrupts = 0
        while True:
            if self.interrupts.count > answered_interrupts:
                answered_interrupts = min(self.interrupts.count, 2)
                self._stop(answered_interrupts)
            record = self.calls.read(self.backfill)
            totals = Totals.of(record)
            if self.out is not None:
                self.out.fetch()
            self.line.show(totals, record.get("rate"), self._note(record, totals))
            end = self._end(record, totals, answered_interrupts)
            if end is None and read_again():
                end = End.READ_AGAIN
            if end is not None:
                return end
            self.interrupts.wait(_NEXT_LOOK_SECONDS)

    def _stop(self, interrupts: int) -> None:
        """Feed no more, and take back what no worker has begun; the second Ctrl-C ends at once."""
        if interrupts > 1:
            return
        self.calls.change(self.backfill, "pause", {"withdraw": True})
        self.line.say(
            "Stopping: no more rows are asked. What the workers have begun is waited for; Ctrl-C "
            "again ends at once.",
            "yellow",
        )

    def _end(self, record: Mapping[str, Any], totals: Totals, interrupts: int) -> End | None:
        if record["state"] in _ENDED:
            return End.ALL
        if interrupts > 1 or (interrupts and not totals.open):
            return End.INTERRUPTED
        return None

    def _note(self, record: Mapping[str, Any], totals: Totals) -> str:
        """What keeps it, in words; empty where nothing does."""
        if self.interrupts.count:
            return f"stopping: {totals.open} with the workers"
        if record["state"] == "paused":
            return f"paused: `atende backfills resume {shlex.quote(record['name'])}` goes on"
        if totals.left and not self.nights.open:
            start = self.nights.next_start
            return f"waits for its window, {start:%d/%m %H:%M}" if start else ""
        return ""

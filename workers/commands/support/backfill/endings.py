"""How a backfill's command ends: what is said, what is checked, and the exit code."""

import shlex
from typing import Final

from workers.commands.support.backfill.calls import Calls, Json
from workers.commands.support.backfill.handing_over import Reading
from workers.commands.support.backfill.live_line import LiveLine
from workers.commands.support.backfill.options import Asking
from workers.commands.support.backfill.results import Results
from workers.commands.support.backfill.totals import (
    ALL_ENDED,
    INTERRUPTED,
    SOME_FAILED,
    WRONG_SUM,
    Totals,
)
from workers.stack.errors import StackError

#: Looks at record and FILE: while somebody else adds or asks again, they may differ for a moment.
_LOOKS: Final = 3


class Endings:
    """The ends of one command.

    Args:
        calls: the API's calls.
        asking: what was typed.
        line: where it is said.
    """

    def __init__(self, calls: Calls, asking: Asking, line: LiveLine) -> None:
        self._calls = calls
        self._asking = asking
        self._line = line

    def detached(self, reading: Reading, backfill: Json) -> int:
        """The rows are handed over, and nobody follows."""
        totals, name = Totals.of(backfill), _name(backfill)
        faults = totals.faults(reading, None)
        self._say_faults(faults)
        self._line.say(
            f"The stack goes on alone: {totals.words}. `atende backfills show {name}` says how "
            f"far it is, `atende backfills download {name} --out FILE` writes what came."
        )
        return WRONG_SUM if faults else SOME_FAILED if reading.refused else ALL_ENDED

    def stopped_while_reading(self, backfill: Json) -> int:
        """Ctrl-C came before all rows were there."""
        backfill = self._calls.change(backfill["id"], "pause")
        self._line.say(
            f"Stopped while the source was read. {backfill['rows']} rows are with the stack, which "
            "asks none of them until you type the same line again.",
            "yellow",
        )
        return INTERRUPTED

    def given_up(self, backfill: Json) -> int:
        """Ctrl-C came while the API was away."""
        self._line.say(
            "Stopped waiting for the API. Nothing is lost: what it has taken goes on when the "
            "stack runs again. Type the same line to follow it, or "
            f"`atende backfills pause {_name(backfill)}`.",
            "yellow",
        )
        return INTERRUPTED

    def interrupted(self, backfill: Json, out: Results) -> int:
        """Ctrl-C: it is paused, and what came is written."""
        totals = Totals.of(self._calls.read(backfill["id"]))
        out.fetch()
        self._line.say(
            f"Stopped: {totals.words}. What came is in {self._asking.out}. Type the same line to "
            f"go on, or `atende backfills resume {_name(backfill)}` to let the stack go on alone.",
            "yellow",
        )
        return INTERRUPTED

    def all_ended(self, reading: Reading, backfill: Json, out: Results) -> int:
        """All rows have their result, or it was cancelled: sort FILE, check the sum, report."""
        record, faults = backfill, [""]
        for _ in range(_LOOKS):
            record = self._calls.read(backfill["id"])
            out.fetch()
            faults = Totals.of(record).faults(reading, out.order())
            if not faults:
                break
        totals = Totals.of(record)
        self._line.say(f"{reading.words}")
        if record["state"] == "cancelled":
            self._line.say("It was cancelled: what is left is not asked.", "yellow")
        self._line.say(f"{totals.rows} rows = {totals.sum_words}. All results: {self._asking.out}")
        self._say_faults(faults)
        code = totals.exit_code(reading, faults)
        return self._report(backfill) or code

    def _report(self, backfill: Json) -> int:
        """Write the report where one is wanted; whether that failed."""
        path = self._asking.report
        if path is None:
            return 0
        try:
            self._line.say("Making the report …", "dim")
            path.write_bytes(self._calls.page(backfill["id"], "report"))
        except (StackError, OSError) as error:
            self._line.say(
                f"The report was not written: {error} The results are all there; try "
                f"`atende backfills report {_name(backfill)} --out {path}`.",
                "red",
            )
            return 1
        self._line.say(f"Report: {path}")
        return 0

    def _say_faults(self, faults: list[str]) -> None:
        if faults:
            self._line.say(
                f"THE SUM IS WRONG. {' '.join(faults)} Please report this as a bug; all results "
                "that there are stay where they are.",
                "bold red",
            )


def _name(backfill: Json) -> str:
    """A backfill's name as it is typed."""
    return shlex.quote(backfill["name"])

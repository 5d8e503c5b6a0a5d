"""A drill of backfills: each kind of source, everything killed once, and all adds up.

    python -m benchmarks.backfill_drill [--rows 1000] [--rate 150] [--kinds csv,jsonl,…]

For each kind of source: `atende backfill` runs on a real API, feeder and queue; a drain settles in
the place of a model. On the way the feeder and the API are ended by SIGKILL, the command by Ctrl-C
(it waits for what is in hand, and ends) and then by SIGKILL; each time the same line is typed
again. At the end each row must stand in the file once, with what its text must have come to; no
question may have been settled twice; and the command's own sum must be right.
"""

import argparse
import csv
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.backfill_sources import IMAP, KINDS, opened
from benchmarks.backfill_stack import TENANT, BackfillStack, outcome_of
from benchmarks.control_plane import server
from benchmarks.figure import Figure, keep, show
from benchmarks.peers.work import say
from workers.contracts.backfill import Backfill, BackfillState

COMMAND: Final = "python -m benchmarks.backfill_drill"
NAME: Final = "backfill drill"
#: Seconds for one kind of source, at most.
_MOST_SECONDS: Final = 600.0
_INTERRUPTED: Final = 130
#: As a file for spreadsheets calls them.
_STATUSES: Final = {
    "respondida": "answered",
    "para uma pessoa": "needs_human",
    "falhou": "failed",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wrong with one kind of source: empty where all was right."""

    kind: str
    rows: int
    faults: tuple[str, ...]
    seconds: float


class Drill:
    """One kind of source on an empty queue.

    Args:
        stack: the installation.
        words: what is typed.
    """

    def __init__(self, stack: BackfillStack, words: list[str]) -> None:
        self._stack = stack
        self._words = words
        self._faults: list[str] = []
        self._deadline = time.monotonic() + _MOST_SECONDS
        self._command = stack.command(*words)

    def run(self) -> list[str]:
        """Kill on the way; what was wrong with the command's exits."""
        try:
            self._await_share(0.15)
            self._stack.kill("feeder")
            self._await_share(0.35)
            self._stack.kill("api")
            self._await_share(0.5)
            self._command.send_signal(signal.SIGINT)
            self._expect({_INTERRUPTED}, "after Ctrl-C")
            self._command = self._stack.command(*self._words)
            self._await_share(0.7)
            self._command.kill()
            self._command.wait()
            self._command = self._stack.command(*self._words)
            self._expect({0, 1}, "at the end")  # 1: some rows failed, as they must
        finally:
            if self._command.poll() is None:
                self._command.kill()
                self._command.wait()
        return self._faults

    def backfill(self) -> Backfill | None:
        """The one that there is; None before it is made."""
        backfills = self._stack.store.list(TENANT)
        return backfills[0] if backfills else None

    def _await_share(self, share: float) -> None:
        def has_come() -> bool:
            backfill = self.backfill()
            if backfill is None or not backfill.rows:
                return False
            if backfill.state is BackfillState.DONE:
                raise TimeoutError(f"it was over before {share:.0%}: ask for a lower --rate")
            return backfill.rows - backfill.left >= share * backfill.rows

        self._await(has_come, f"{share:.0%} of the rows")

    def _expect(self, codes: set[int], when: str) -> None:
        self._await(lambda: self._command.poll() is not None, f"the command's end {when}")
        if (code := self._command.returncode) not in codes:
            self._faults.append(f"{when} the command ended with {code}")

    def _await(self, happened: Callable[[], bool], what: str) -> None:
        while not happened():
            if time.monotonic() > self._deadline:
                raise TimeoutError(f"waited in vain for {what}: {self.backfill()}")
            time.sleep(0.02)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1000, help="texts of each source")
    parser.add_argument("--rate", type=float, default=150.0, help="rows settled in a second")
    parser.add_argument("--kinds", default=",".join([*KINDS, IMAP]), help="kinds of source")
    options = parser.parse_args()
    verdicts = [drilled(kind, options) for kind in options.kinds.split(",")]
    for verdict in verdicts:
        said = "; ".join(verdict.faults) or "all adds up"
        print(f"{verdict.kind:10} {verdict.rows:6,} rows, {verdict.seconds:4.0f} s: {said}")
    faults = sum(len(verdict.faults) for verdict in verdicts)
    kinds, rows = len(verdicts), sum(verdict.rows for verdict in verdicts)
    name = f"faults of backfills of {kinds} kinds of source, each stopped once and killed thrice"
    figures = [
        Figure(name, (float(faults),), "", 0.0, COMMAND, most=True),
        Figure("rows of backfills in the drill", (float(rows),), "rows", None, COMMAND),
    ]
    show(figures)
    keep(figures)
    sys.exit(1 if faults else 0)


def drilled(kind: str, options: argparse.Namespace) -> Verdict:
    """Drill one kind of source."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        out = folder / ("respostas.jsonl" if kind == "jsonl" else "respostas.csv")
        with (
            opened(kind, folder, options.rows) as words,
            server(folder) as settings,
            BackfillStack(folder, settings, options.rate) as stack,
        ):
            say(NAME, f"{kind}: {options.rows} texts")
            drill = Drill(stack, ["backfill", *words, "--out", str(out)])
            try:
                faults = drill.run()
            except TimeoutError as error:
                faults = [str(error)]
            backfill = drill.backfill()
            if backfill is None:
                log = (folder / "command.log").read_text("utf-8", errors="replace")
                return Verdict(kind, 0, (f"nothing was made: {log[-500:]}",), 0.0)
            faults += examined(stack, backfill, out)
            log = (folder / "command.log").read_text("utf-8", errors="replace")
            if faults:
                print(log[-3000:], file=sys.stderr)
    return Verdict(kind, backfill.rows, tuple(faults), time.monotonic() - begun)


def examined(stack: BackfillStack, backfill: Backfill, out: Path) -> list[str]:
    """What is wrong with the end of a backfill: its record, its results, its file."""
    faults = []
    ended = (backfill.answered, backfill.needs_human, backfill.failed)
    if backfill.state is not BackfillState.DONE or backfill.left or sum(ended) != backfill.rows:
        faults.append(f"it is {backfill.state}: {ended} of {backfill.rows}, {backfill.left} left")
    results = stack.store.results(backfill.id, 0, backfill.rows + 1)
    rows = stack.store.rows_of(backfill.id, range(backfill.rows))
    if sorted(result.row for result in results) != list(range(backfill.rows)):
        faults.append("not each row has one result")
    wrong = [
        result.row
        for result in results
        if not (row := rows[result.row]).fault
        and result.status.value != outcome_of(row.question).status.value
    ]
    if wrong:
        faults.append(f"rows with another's result: {wrong[:5]}")
    asked = sum(row.fault is None for row in rows.values())
    counts = stack.counters()
    settled = sum(count for name, count in counts.items() if name.startswith("ended:bulk:"))
    accepted = counts["accepted:bulk"] - counts["withdrawn"]
    if (settled, accepted) != (asked, asked):
        faults.append(f"{asked} rows to ask, {accepted} accepted, {settled} settled")
    lines, expected = _lines(out), {result.row: result.status.value for result in results}
    if len(lines) != len(expected) or dict(lines) != expected:
        faults.append(f"the file has {len(lines)} lines, which are not the {len(expected)} results")
    return faults


def _lines(out: Path) -> list[tuple[int, str]]:
    """Row and status of each line of a file of results."""
    if out.suffix == ".csv":
        with out.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return [(int(row["numero"]) - 1, _STATUSES[row["situacao"]]) for row in rows]
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return [(int(line["id"].split("_")[-2]), _status(line)) for line in lines]


def _status(line: dict[str, Any]) -> str:
    """Of a line as OpenAI's batches have it."""
    return "failed" if line["error"] else str(line["response"]["body"]["atende"]["status"])


if __name__ == "__main__":
    main()

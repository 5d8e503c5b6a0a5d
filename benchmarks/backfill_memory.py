"""What a backfill of 1,000, 10,000 and 100,000 rows holds in memory: command, API, feeder, Redis.

    python -m benchmarks.backfill_memory [--rows 1000,10000,100000]

`atende backfill` reads a table, hands it over, follows it and writes its file, over a real API,
feeder and queue; a drain that settles at once stands in the place of a model. Of each process the
most that it held for itself alone (USS) while the backfill ran. Of Redis what it holds at the end
more than before, for each row; and what of that are records of questions, which go within an hour.
"""

import argparse
import csv
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from redis import Redis

from benchmarks.backfill_stack import TENANT, BackfillStack
from benchmarks.control_plane import server
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import say
from workers.contracts import keys

COMMAND: Final = "python -m benchmarks.backfill_memory"
NAME: Final = "backfill memory"
#: Seconds between two looks at the processes.
_LOOK_SECONDS: Final = 0.2
#: Seconds for one backfill, at most.
_MOST_SECONDS: Final = 1800.0
_MIB: Final = 1024.0 * 1024.0


@dataclass(slots=True)
class Run:
    """One backfill.

    Attributes:
        rows: of it.
        seconds: from typing the command to its end.
        most: bytes that each process held at most.
        kept: bytes of Redis for each row at its end, without the questions' records.
        records: bytes of the questions' records for each row.
    """

    rows: int
    seconds: float = 0.0
    most: dict[str, int] = field(default_factory=dict)
    kept: float = 0.0
    records: float = 0.0


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="1000,10000,100000", help="how many, each in turn")
    options = parser.parse_args()
    runs = [measured(int(rows)) for rows in options.rows.split(",")]
    figures = figures_of(runs)
    show(figures)
    keep(figures)
    keep_details("backfill_memory", {str(run.rows): _details(run) for run in runs})


def measured(rows: int) -> Run:
    """One backfill of so many rows, on processes that have just started."""
    run = Run(rows)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        source = _table(folder, rows)
        with server(folder) as settings, BackfillStack(folder, settings) as stack:
            _warm(stack, folder)  # what a process imports for its first backfill
            before, start_time = _used(stack.redis), time.monotonic()
            words = ("backfill", str(source), "--out", str(folder / "respostas.csv"))
            command = stack.command(*words)
            _watch(run, stack, command)
            run.seconds = time.monotonic() - start_time
            (backfill, *_) = stack.store.list(TENANT)
            if command.returncode not in {0, 1} or (backfill.rows, backfill.left) != (rows, 0):
                log = (folder / "command.log").read_text("utf-8", errors="replace")
                raise RuntimeError(f"the command ended with {command.returncode}: {log[-2000:]}")
            with_records = _used(stack.redis)
            _forget_questions(stack.redis)
            run.kept = (_used(stack.redis) - before) / rows
            run.records = (with_records - before) / rows - run.kept
    say(NAME, f"{rows:,} rows: {run.seconds:.0f} s, {_details(run)}")
    return run


def figures_of(runs: Sequence[Run]) -> list[Figure]:
    """Growth from the smallest to the largest, and what a row takes in Redis."""
    first, last = runs[0], runs[-1]
    between = f"{last.rows:,} rows ÷ {first.rows:,}"
    figures = [
        Figure(
            f"memory of the {name} of a backfill, {between}",
            (last.most[name] / first.most[name],),
            "",
            1.1,
            COMMAND,
            most=True,
        )
        for name in last.most
    ]
    rows = f"each of {last.rows:,} rows of a backfill"
    return [
        *figures,
        Figure(f"Redis for {rows}", (last.kept,), "bytes", None, COMMAND),
        Figure(f"records of questions for {rows}", (last.records,), "bytes", None, COMMAND),
        Figure("rows of a backfill", (last.rows / last.seconds,), "rows/s", None, COMMAND),
    ]


def _details(run: Run) -> dict[str, float]:
    """As it is shown and kept: MiB of each process, bytes a row."""
    most = {name: round(count / _MIB, 1) for name, count in run.most.items()}
    return most | {"seconds": round(run.seconds, 1), "redis": run.kept, "records": run.records}


def _table(folder: Path, rows: int, name: str = "perguntas.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["id", "pergunta"])
        for number in range(rows):
            padding = "por favor, " * (number % 10)
            table.writerow([f"P{number}", f"{name}: {padding}quanto custa o exame {number}?"])
    return path


def _warm(stack: BackfillStack, folder: Path) -> None:
    source = _table(folder, 300, "antes.csv")
    command = stack.command("backfill", str(source), "--out", str(folder / "antes-respostas.csv"))
    command.wait(_MOST_SECONDS)
    _forget_questions(stack.redis)


def _watch(run: Run, stack: BackfillStack, command: "subprocess.Popen[bytes]") -> None:
    """Note what each process holds until the command ends."""
    pids = {"API": stack.pid("api"), "feeder": stack.pid("feeder"), "command": command.pid}
    deadline = time.monotonic() + _MOST_SECONDS
    while command.poll() is None:
        for name, pid in pids.items():
            with suppress(psutil.Error):
                run.most[name] = max(run.most.get(name, 0), _own_bytes(pid))
        if time.monotonic() > deadline:
            command.kill()
        time.sleep(_LOOK_SECONDS)


def _own_bytes(pid: int) -> int:
    """What a process and its children hold for themselves alone."""
    process = psutil.Process(pid)
    return sum(
        int(each.memory_full_info().uss) for each in (process, *process.children(recursive=True))
    )


def _used(redis: Redis) -> int:
    redis.memory_purge()
    return int(redis.info("memory")["used_memory"])


def _forget_questions(redis: Redis) -> None:
    """As if their hour were over."""
    names = list(redis.scan_iter(keys.question("*"), count=1000))
    for first in range(0, len(names), 1000):
        redis.unlink(*names[first : first + 1000])
    time.sleep(1.0)  # they are freed beside


if __name__ == "__main__":
    main()

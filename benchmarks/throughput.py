"""Answers per second: the whole system against the bare engine, and against what one builds first.

    python -m benchmarks.throughput [--questions 200] [--repeats 2] [--systems reference …]

FaQuAD's passages are the documents (or the sample clinic's), in the embedded store; every system
gets the same sets of distinct questions, the same search, the same prompts and the same engine
arguments. One start for each system, one after the other, and all sets through it: its prefix cache
is empty at the start, and warm from the same earlier questions at each later set. A ratio compares
the same set. The tokens of the prompts are the same, or the table says so.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import Measurement, Work
from benchmarks.sets import DATA
from workers.commands.up import interruptible
from workers.engine.orphans import die_with_parent

OURS: Final = "whole_system"
#: The modules of `benchmarks.peers`, in the order of their turns; and the least that ours must
#: reach, as a multiple.
SYSTEMS: Final[Mapping[str, float | None]] = {
    "reference": 0.95,
    OURS: None,
    "serve_client": 1.0,
    "batch_of_64": 1.15,
    "one_task": 3.0,
}
#: One question at a time is slow: its sets are shorter.
ALONE: Final = "one_task"
COMMAND: Final = "python -m benchmarks.throughput"
#: Seconds that one system gets in all.
SYSTEM_SECONDS: Final = 1800


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--documents", choices=("faquad", "clinic"), default="faquad")
    parser.add_argument("--questions", type=int, default=200, help="of each set")
    parser.add_argument("--repeats", type=int, default=2, help="sets that each system answers")
    parser.add_argument("--alone", type=int, default=30, help=f"questions of each set of {ALONE}")
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    options = parser.parse_args()
    start_time = time.monotonic()
    with interruptible(), tempfile.TemporaryDirectory() as scratch:
        work = Work.prepare(
            Path(scratch) / "work",
            options.documents,
            options.data,
            options.repeats,
            options.questions,
        )
        results = {
            name: measure(name, work, options.alone if name == ALONE else None)
            for name in SYSTEMS
            if name in options.systems
        }
    measurements = {name: result for name, result in results.items() if result}
    print_table(measurements)
    figures = figures_of(measurements)
    show(figures, Console(width=120))
    print(f"{time.monotonic() - start_time:.0f} s in all")
    keep(figures)
    if set(measurements) == set(SYSTEMS):  # a plot compares what ran on one occasion
        keep_details("throughput", {name: asdict(result) for name, result in measurements.items()})
    if failed := set(results) - set(measurements):
        sys.exit(f"These failed, the others were measured: {', '.join(sorted(failed))}")


def measure(name: str, work: Work, most: int | None) -> Measurement | None:
    """One system in a process of its own, on a copy of the documents; None where it failed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "work"
        shutil.copytree(work.folder, folder)
        command = [sys.executable, "-m", f"benchmarks.peers.{name}", "--folder", str(folder)]
        if most is not None:
            command += ["--questions", str(most)]
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no other threads here
        )
        try:
            output, _ = process.communicate(timeout=SYSTEM_SECONDS)
        finally:
            process.terminate()
            process.wait(60)
    if process.returncode:
        print(f"{name} ended with status {process.returncode}", flush=True)
        return None
    return Measurement.of(output)


def _end_with_parent() -> None:
    die_with_parent(signal.SIGTERM)


def ratios(ours: Measurement, other: Measurement) -> tuple[float, ...]:
    """Ours ÷ the other's answers per second, set by set."""
    pairs = zip(ours.runs, other.runs, strict=True)
    return tuple(our_run.rate / other_run.rate for our_run, other_run in pairs)


def figures_of(measurements: Mapping[str, Measurement]) -> list[Figure]:
    """Each system's speed, and ours as a multiple of it."""
    figures = [
        Figure(
            f"answers, {each.system}",
            tuple(run.rate for run in each.runs),
            "answers/s",
            None,
            COMMAND,
        )
        for each in measurements.values()
    ]
    if ours := measurements.get(OURS):
        figures += [
            Figure(
                f"{ours.system} ÷ {each.system}",
                ratios(ours, each),
                "x",
                SYSTEMS[name],
                COMMAND,
            )
            for name, each in measurements.items()
            if name != OURS
        ]
    return figures


def print_table(measurements: Mapping[str, Measurement]) -> None:
    """What each system did."""
    table = Table(
        *("system", "start s", "answers/s", "prompt tokens/s", "answer tokens/s"),
        *("prompt tokens", "cached", "answer tokens"),
        box=None,
    )
    for each in measurements.values():
        for run in each.runs:
            table.add_row(
                each.system,
                f"{each.start_seconds:.0f}",
                f"{run.rate:.2f}",
                f"{run.prompt_tokens / run.seconds:,.0f}",
                f"{run.completion_tokens / run.seconds:,.1f}",
                f"{run.prompt_tokens:,}",
                "" if run.cached_tokens is None else f"{run.cached_tokens / run.prompt_tokens:.0%}",
                f"{run.completion_tokens:,}",
            )
    Console(width=120).print(table)
    for place, questions in differing_sets(list(measurements.values())):
        print(f"set {place + 1}: the prompts of {questions} questions differ between the systems")


def differing_sets(measurements: Sequence[Measurement]) -> list[tuple[int, int]]:
    """Sets, and their sizes, whose prompts have not the same tokens everywhere."""
    tokens: dict[tuple[int, int], set[int]] = {}
    for measurement in measurements:
        for place, run in enumerate(measurement.runs):
            tokens.setdefault((place, run.questions), set()).add(run.prompt_tokens)
    return [key for key, counts in tokens.items() if len(counts) > 1]


if __name__ == "__main__":
    main()

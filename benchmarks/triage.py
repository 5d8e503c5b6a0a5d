"""How well messages that need no search are told from questions, and what looking costs.

    python -m benchmarks.triage --data ../shared/data

The phrases stand in `tests/unit/workers/answering/triage/messages.csv`. The lists were made on the
`developed` ones; the `fresh` parts were written after the lists were frozen, and their first run is
kept in the file: later runs say nothing of unseen phrases any more. Ordinary questions are those of
the sample clinics and of public sets; what of them gets a fixed text is shown.
"""

import argparse
import csv
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.sets import DATA, read
from workers.answering.triage.triage import Triage, load_triage
from workers.evaluation.questions import read_questions

COMMAND: Final = "python -m benchmarks.triage"
ROOT: Final = Path(__file__).parents[1]
MESSAGES: Final = ROOT / "tests" / "unit" / "workers" / "answering" / "triage" / "messages.csv"
CLINICS: Final = ("clinica", "laboratorio")
SETS: Final = ("cosibot_ptbr", "faquad", "squad_pt", "pira", "covidqa_en", "medquad_en")
EMERGENCY: Final = "emergency"


def phrases() -> list[dict[str, str]]:
    """The rows of the file."""
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reason(message: str) -> str:
    """Why a message gets a fixed text; empty where it is asked."""
    fixed = load_triage().of(message, "pt")
    return fixed.reason if fixed else ""


def share(rows: Sequence[Mapping[str, str]], kind: str) -> float:
    """Percent of a kind's phrases that are taken for an emergency."""
    own = [row for row in rows if row["kind"] == kind]
    return 100 * sum(reason(row["message"]) == EMERGENCY for row in own) / len(own)


def first_run(rows: Sequence[Mapping[str, str]], kind: str) -> float:
    """Percent of a kind's fresh phrases that the lists, as they were then, told rightly."""
    own = [row["first_run"] for row in rows if row["kind"] == kind and row["first_run"]]
    return 100 * own.count("right") / len(own)


def milliseconds(messages: Sequence[str]) -> list[float]:
    """What each message costs of one core, every word seen for the first time."""
    triage, times = Triage(), []
    for message in messages:
        start = time.thread_time()
        triage.of(message, "pt")
        times.append(1000 * (time.thread_time() - start))
    return times


def ordinary(data: Path) -> dict[str, list[str]]:
    """Questions that documents answer, by where they come from."""
    questions = {
        name: [
            each.question
            for each in read_questions(ROOT / "examples" / name / "perguntas.csv")[0]
            if each.answerable
        ]
        for name in CLINICS
    }
    if data.exists():
        for name in SETS:
            rows = read(data / "retrieval" / name / "questions.jsonl")
            questions[name] = [str(row["text"]) for row in rows]
    return questions


def _at_least(name: str, percent: float, target: float) -> Figure:
    return Figure(name, (percent,), "%", target, COMMAND)


def _at_most(name: str, value: float, unit: str, target: float) -> Figure:
    return Figure(name, (value,), unit, target, COMMAND, most=True)


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    questions = ordinary(parser.parse_args().data)
    rows = phrases()
    table = Table("questions that documents answer", "of", "a fixed text, by reason", box=None)
    for name, texts in questions.items():
        counts = Counter(filter(None, map(reason, texts)))
        table.add_row(name, f"{len(texts):,}", ", ".join(f"{k} {n}" for k, n in counts.items()))
    Console().print(table)
    times = milliseconds([row["message"] for row in rows])
    clinic = questions[CLINICS[0]]
    diverted = 100 * sum(bool(reason(text)) for text in clinic) / len(clinic)
    median, p99 = map(float, np.quantile(times, (0.5, 0.99)))
    recognised, at_first = share(rows, EMERGENCY), first_run(rows, EMERGENCY)
    taken, taken_at_first = share(rows, "look_alike"), 100 - first_run(rows, "look_alike")
    figures = [
        _at_least("emergencies recognised", recognised, 98),
        _at_least("emergencies recognised at first sight", at_first, 98),
        _at_most("look-alikes taken", taken, "%", 2),
        _at_most("look-alikes taken at first sight", taken_at_first, "%", 2),
        _at_most("answerable questions of the sample clinic diverted", diverted, "%", 0),
        _at_most("triage of a message, median", median, "ms", 1),
        _at_most("triage of a message, p99", p99, "ms", 1),
    ]
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()

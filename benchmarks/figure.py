"""A measured figure, and the table and file that show several."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results.json"
#: What a script saw beside its figures; the plots are drawn from it.
DETAILS = Path(__file__).parent / "details"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: what was measured.
        runs: its value in each run; the median is quoted.
        unit: of the value.
        target: what it must reach; None where there is none.
        most: whether the target is an upper bound.
        command: prints it again.
    """

    name: str
    runs: tuple[float, ...]
    unit: str
    target: float | None
    command: str
    most: bool = False

    @property
    def value(self) -> float:
        """The median run."""
        return statistics.median(self.runs)

    @property
    def reached(self) -> bool | None:
        """Whether the median meets the target."""
        if self.target is None:
            return None
        return self.value <= self.target if self.most else self.value >= self.target


def show(figures: Sequence[Figure], console: Console | None = None) -> None:
    """Print the closing table."""
    table = Table("figure", "median", "spread", "target", "reached", box=None)
    for figure in figures:
        bound = "≤" if figure.most else "≥"
        table.add_row(
            figure.name,
            f"{figure.value:,.2f} {figure.unit}",
            f"{min(figure.runs):,.2f} to {max(figure.runs):,.2f} ({len(figure.runs)} runs)",
            "" if figure.target is None else f"{bound} {figure.target:,.2f}",
            {True: "yes", False: "NO", None: ""}[figure.reached],
        )
    (console or Console()).print(table)


def keep(figures: Sequence[Figure]) -> None:
    """Write figures into `results.json`; they replace those of the same names.

    It says what was measured, on how many cores, by which command.
    """
    saved = json.loads(RESULTS.read_text("utf-8"))["figures"] if RESULTS.exists() else []
    rows = {row["name"]: row for row in saved}
    rows |= {figure.name: asdict(figure) | {"value": figure.value} for figure in figures}
    results = {"cores": len(os.sched_getaffinity(0)), "figures": list(rows.values())}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")


def keep_details(script: str, details: Mapping[str, Any]) -> None:
    """Write `details/<script>.json`: what the plots need beyond the figures."""
    DETAILS.mkdir(exist_ok=True)
    text = json.dumps(details, indent=1, ensure_ascii=False) + "\n"
    (DETAILS / f"{script}.json").write_text(text, "utf-8")

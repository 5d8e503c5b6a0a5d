"""`atende calibrate`: the gate, fitted to what a clinic's patients ask."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.table import Table

from workers.commands.support.measuring import PROBLEMS, Work, carried_out, give_up, questions
from workers.commands.support.orders import Order, carry_out
from workers.evaluation.calibrating import Calibrated, InUse, Measure
from workers.stack.settings import load_settings

Share = Annotated[float, Parameter(validator=validators.Number(gt=0, lte=1))]


calibrate = App(name="calibrate", help="Fit the gate to the clinic's own questions.")


@calibrate.default
def run(
    path: Path,
    /,
    *,
    recall: Share = 0.97,
    tenant: str | None = None,
    dry_run: bool = False,
) -> None:
    """Fit the gate to the clinic's own questions; running workers use it at once.

    Questions without a `document` count as those that the documents do not answer; each other
    question is asked a second time with its documents left out.

    Args:
        path: CSV or JSON Lines, as for `atende evaluate`.
        recall: share of the questions with an answer that the gate lets through to the model.
        tenant: the clinic.
        dry_run: show the figures and change nothing.
    """
    settings, console = load_settings(), Console(stderr=True)
    try:
        asked, _ = questions(path, console)
        more = {"recall": recall, "dry_run": dry_run}
        work = Work("calibrate", tenant or settings.tenant, asked, more)
        raw = carried_out(work, settings, console)
    except PROBLEMS as error:
        give_up("calibrate", error, console)
        return
    show(Calibrated.model_validate_json(raw), Console())
    sys.exit(0)


@calibrate.command(name="show")
def show_in_use(*, tenant: str | None = None) -> None:
    """Show the calibration in use.

    Args:
        tenant: the clinic.
    """
    _in_use(tenant, reset=False)


@calibrate.command
def reset(*, tenant: str | None = None) -> None:
    """Drop the clinic's own calibration: Atende's own is used again.

    Args:
        tenant: the clinic.
    """
    _in_use(tenant, reset=True)


def _in_use(tenant: str | None, *, reset: bool) -> None:
    settings, console = load_settings(), Console(stderr=True)
    try:
        order = Order("calibration", tenant or settings.tenant, {"reset": reset})
        found = InUse.model_validate_json(carry_out(order, settings)).calibration
    except PROBLEMS as error:
        give_up("calibrate", error, console)
        return
    Console().print(f"in use: {found or 'none: every question goes to the model'}", highlight=False)
    if found and found.recall is not None and found.area is not None:
        Console().print(
            f"area under ROC {found.area:.3f}; {100 * found.recall:.1f} % of the questions with "
            "an answer let through (cross-validated)",
            highlight=False,
        )


def show(made: Calibrated, console: Console) -> None:
    """Print the figures before and after."""
    title = (
        f"{made.answerable} questions with an answer, {made.asked} without, "
        f"{made.removed} with their documents left out"
    )
    console.print(title, highlight=False, soft_wrap=True)
    table = Table(header_style="bold", box=None)
    table.add_column("")
    if made.before:
        table.add_column("before", justify="right")
    table.add_column("now" if made.kept else "would be", justify="right")
    measures = [each for each in (made.before, made.after) if each]
    for name, told in _LINES.items():
        table.add_row(told, *(_text(measure, name) for measure in measures))
    console.print(table)
    if made.before:
        console.print(f"before: {made.before.name}", style="dim", highlight=False)
    console.print(
        "Figures of the new one are of questions left out of its making (10-fold).", style="dim"
    )
    if made.skipped:
        console.print(
            f"{made.skipped} questions name documents that the knowledge base does not hold: "
            "they were left out.",
            style="yellow",
        )
    if made.kept:
        console.print("Kept with the knowledge base; workers use it from now on.", style="green")
    else:
        console.print("Nothing was changed (--dry-run).")


_LINES = {
    "area_asked": "area under ROC, questions without an answer",
    "area_removed": "area under ROC, documents left out",
    "area": "area under ROC, both",
    "recall": "with an answer, let through",
    "stopped": "without one, stopped",
    "precision": "let through that have an answer",
}


def _text(measure: Measure, name: str) -> str:
    value = getattr(measure, name)
    if value is None:
        return "-"
    return f"{value:.3f}" if name.startswith("area") else f"{100 * value:.1f} %"

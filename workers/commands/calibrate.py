"""`atende calibrate`: the gate, fitted to what a clinic's patients ask."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.table import Table

from workers.commands.support.errors import exit_on_error
from workers.commands.support.job import NewJob, carry_out
from workers.commands.support.questions import NOTHING_MEASURED, QuestionsJob, read_questions
from workers.evaluation.calibration import CalibrationFigures, CalibrationInUse, CalibrationResult
from workers.stack.settings import load_settings

Share = Annotated[float, Parameter(validator=validators.Number(gt=0, lte=1))]

calibrate = App(name="calibrate", help="Fit the gate to the clinic's own questions.")


@calibrate.default
@exit_on_error("atende calibrate", NOTHING_MEASURED)
def run(
    path: Path,
    /,
    *,
    recall: Share = 0.97,
    tenant: str | None = None,
    dry_run: bool = False,
) -> None:
    """Fit the gate to the clinic's own questions; running workers use it at once.

    Args:
        path: CSV or JSON Lines file, as for `atende evaluate`.
        recall: share of the questions with an answer that the gate lets through to the model.
        tenant: the clinic.
        dry_run: show the figures, and change nothing.
    """
    settings, console = load_settings(), Console(stderr=True)
    questions, _ = read_questions(path, console)
    options = {"recall": recall, "dry_run": dry_run}
    job = QuestionsJob("calibrate", tenant or settings.tenant, questions, options)
    raw = job.carry_out(settings, console)
    show(CalibrationResult.model_validate_json(raw), Console())


@calibrate.command(name="show")
def show_in_use(*, tenant: str | None = None) -> None:
    """Show the calibration in use.

    Args:
        tenant: the clinic.
    """
    _in_use(tenant, reset=False)


@calibrate.command
def reset(*, tenant: str | None = None) -> None:
    """Drop the clinic's own calibration; Atende's own is used again.

    Args:
        tenant: the clinic.
    """
    _in_use(tenant, reset=True)


@exit_on_error("atende calibrate", NOTHING_MEASURED)
def _in_use(tenant: str | None, *, reset: bool) -> None:
    settings, console = load_settings(), Console()
    job = NewJob("calibration", tenant or settings.tenant, {"reset": reset})
    calibration = CalibrationInUse.model_validate_json(carry_out(job, settings)).calibration
    console.print(
        f"in use: {calibration or 'none: every question goes to the model'}", highlight=False
    )
    if calibration and calibration.recall is not None and calibration.area is not None:
        console.print(
            f"area under ROC {calibration.area:.3f}; {100 * calibration.recall:.1f} % of the "
            "questions with an answer let through (cross-validated)",
            highlight=False,
        )


def show(result: CalibrationResult, console: Console) -> None:
    """Print the figures before and after."""
    title = (
        f"{result.answerable} questions with an answer, {result.asked} without, "
        f"{result.removed} with their documents left out"
    )
    console.print(title, highlight=False, soft_wrap=True)
    table = Table(header_style="bold", box=None)
    table.add_column("")
    if result.before:
        table.add_column("before", justify="right")
    table.add_column("now" if result.kept else "would be", justify="right")
    columns = [figures for figures in (result.before, result.after) if figures]
    for name, label in _LABELS.items():
        table.add_row(label, *(_text(figures, name) for figures in columns))
    console.print(table)
    if result.before:
        console.print(f"before: {result.before.name}", style="dim", highlight=False)
    console.print(
        "Figures of the new one are of questions that it was not fitted to (10-fold).", style="dim"
    )
    if result.skipped:
        console.print(
            f"{result.skipped} questions name documents that the knowledge base does not hold: "
            "they were left out.",
            style="yellow",
        )
    if result.kept:
        console.print("Stored with the knowledge base; workers use it at once.", style="green")
    else:
        console.print("Nothing was changed (--dry-run).")


_LABELS = {
    "area_asked": "area under ROC, questions without an answer",
    "area_removed": "area under ROC, documents left out",
    "area": "area under ROC, both",
    "recall": "with an answer, let through",
    "stopped": "without one, stopped",
    "precision": "let through that have an answer",
}


def _text(figures: CalibrationFigures, name: str) -> str:
    value = getattr(figures, name)
    if value is None:
        return "-"
    return f"{value:.3f}" if name.startswith("area") else f"{100 * value:.1f} %"

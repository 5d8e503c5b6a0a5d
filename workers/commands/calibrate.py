"""`atende calibrate`: the gate, fitted to what patients ask; and what an embedding model needs."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from workers.commands.support.embedding import (
    COMMAND,
    RECALL,
    calibrate_embedding,
    show_embedding,
)
from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.job import NewJob, carry_out
from workers.commands.support.questions import NOTHING_MEASURED, QuestionsJob, read_questions
from workers.evaluation.calibration import CalibrationFigures, CalibrationInUse, CalibrationResult
from workers.stack.settings import load_settings

Share = Annotated[float, Parameter(validator=validators.Number(gt=0, lte=1))]

calibrate = App(name="calibrate", help="Fit the gate to the clinic's own questions.")


@calibrate.default
@exit_on_error("atende calibrate", NOTHING_MEASURED)
def run(
    path: Path | None = None,
    /,
    *,
    embedding: bool = False,
    recall: Share = RECALL,
    tenant: str | None = None,
    dry_run: bool = False,
) -> None:
    """Fit the gate to the clinic's own questions; running workers use it at once.

    Args:
        path: CSV or JSON Lines file, as for `atende evaluate`. With --embedding, none, or a folder
            with the folder `documentos` and the file `perguntas.csv`, to learn from as well.
        embedding: fit instead what the embedding model needs, for all clinics: how much meaning,
            words and letters count, and its gate. It is learned from Atende's sample clinics.
        recall: share of the questions with an answer that the gate lets through to the model.
        tenant: the clinic.
        dry_run: show the figures, and change nothing.
    """
    settings, console = load_settings(), Console(stderr=True)
    if embedding:
        folders: list[JsonValue] = [str(path.resolve())] if path else []
        chosen: dict[str, JsonValue] = {"recall": recall, "dry_run": dry_run, "folders": folders}
        show_embedding(calibrate_embedding(settings, console, chosen), Console())
        return
    if path is None:
        raise CommandError(
            "Give a file of questions, or --embedding for what the embedding model needs. "
            "Nothing was changed."
        )
    questions, _ = read_questions(path, console)
    options = {"recall": recall, "dry_run": dry_run}
    job = QuestionsJob("calibrate", tenant or settings.tenant, questions, options)
    raw = job.carry_out(settings, console)
    show(CalibrationResult.model_validate_json(raw), Console())


@calibrate.command(name="show")
def show_in_use(*, tenant: str | None = None) -> None:
    """Show the calibrations in use: of the gate, and of the embedding model.

    Args:
        tenant: the clinic.
    """
    _in_use(tenant)


@calibrate.command
def reset(*, tenant: str | None = None, embedding: bool = False) -> None:
    """Drop the clinic's own calibration; the embedding model's is used again.

    Args:
        tenant: the clinic.
        embedding: drop the embedding model's instead; Atende's own is used again, if there is one.
    """
    _in_use(tenant, "embedding" if embedding else "clinic")


@exit_on_error("atende calibrate", NOTHING_MEASURED)
def _in_use(tenant: str | None, reset: str = "") -> None:
    settings, console = load_settings(), Console()
    job = NewJob("calibration", tenant or settings.tenant, {"reset": reset})
    result = CalibrationInUse.model_validate_json(carry_out(job, settings))
    calibration, record = result.calibration, result.embedding
    console.print(
        f"in use: {calibration or 'none: every question goes to the model'}", highlight=False
    )
    if calibration and calibration.recall is not None and calibration.area is not None:
        console.print(
            f"area under ROC {calibration.area:.3f}; {100 * calibration.recall:.1f} % of the "
            "questions with an answer let through (cross-validated)",
            highlight=False,
        )
    console.print(
        f"embedding {result.model}: {record or f'not calibrated: run `{COMMAND}`'}",
        highlight=False,
        soft_wrap=True,
    )


def show(result: CalibrationResult, console: Console) -> None:
    """Print the figures before and after."""
    title = (
        f"{result.answerable} questions with an answer, {result.asked} without, "
        f"{result.removed} with their documents left out, {result.off_topic} messages off the topic"
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
    if result.copied:
        console.print(
            f"{result.copied} questions stand in the documents word for word: each finds itself, "
            "so they were left out. Give questions as patients write them.",
            style="yellow",
        )
    if result.kept:
        console.print("Stored with the knowledge base; workers use it at once.", style="green")
    else:
        console.print("Nothing was changed (--dry-run).")


_LABELS = {
    "area_asked": "area under ROC, questions without an answer",
    "area_off_topic": "area under ROC, off the topic",
    "area_removed": "area under ROC, documents left out",
    "area": "area under ROC, all three",
    "recall": "with an answer, let through",
    "stopped_asked": "questions without an answer, stopped",
    "stopped_off_topic": "off the topic, stopped",
    "stopped_removed": "documents left out, stopped",
    "stopped": "all three, stopped",
    "precision": "let through that have an answer",
}


def _text(figures: CalibrationFigures, name: str) -> str:
    value = getattr(figures, name)
    if value is None:
        return "-"
    return f"{value:.3f}" if name.startswith("area") else f"{100 * value:.1f} %"

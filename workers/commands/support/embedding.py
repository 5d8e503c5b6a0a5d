"""The calibration of the embedding model: asked for by `atende calibrate` and `atende ingest`."""

from collections.abc import Mapping
from dataclasses import fields

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from ingestion.knowledge.search.rank import Weights
from workers.commands.support.job import NewJob, carry_out
from workers.commands.support.progress import QuestionBar
from workers.evaluation.embedding import EmbeddingResult
from workers.evaluation.search import Step
from workers.stack.settings import LocalSettings

#: What the user is told to run where a model has no calibration.
COMMAND = "atende calibrate --embedding"

#: Share of the questions with an answer that a new gate lets through.
RECALL = 0.97


def calibrate_embedding(
    settings: LocalSettings, console: Console, options: Mapping[str, JsonValue]
) -> EmbeddingResult:
    """Calibrate with a bar; see the job `calibrate-embedding`.

    Raises:
        JobError: it cannot be done, or would take longer than `seconds` of the options.
        KnowledgeError: the knowledge base cannot be opened.
        RedisError: the stack's queue does not answer.
    """
    with QuestionBar(console, "calibrating the embedding", None) as bar:

        def show_step(raw: str) -> None:
            step = Step.model_validate_json(raw)
            bar(step.done, step.total)

        job = NewJob("calibrate-embedding", settings.tenant, options, on_progress=show_step)
        return EmbeddingResult.model_validate_json(carry_out(job, settings, console))


def show_embedding(result: EmbeddingResult, console: Console) -> None:
    """Print the figures before and after, and where the calibration went."""
    console.print(
        f"{result.record.embedding}: {result.answerable} questions with an answer, {result.asked} "
        f"without, {result.off_topic} messages off the topic; {', '.join(result.sets)}; "
        f"{result.seconds:.0f} s",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(header_style="bold", box=None)
    for column in ("", "before", "now" if result.kept else "would be"):
        table.add_column(column, justify="right" if column else "left")
    before, after, gate = result.before, result.after, result.gate
    table.add_row("recall@1", _percent(before.recall_1), _percent(after.recall_1))
    table.add_row("recall@5", _percent(before.recall_5), _percent(after.recall_5))
    table.add_row("MRR@10", f"{before.mrr_10:.3f}", f"{after.mrr_10:.3f}")
    table.add_row("area under ROC, off the topic", "", _number(gate.area_off_topic))
    table.add_row("area under ROC, documents left out", "", _number(gate.area_removed))
    table.add_row("with an answer, let through", "", _percent(gate.recall))
    table.add_row("off the topic, stopped", "", _percent(gate.stopped_off_topic))
    table.add_row("documents left out, stopped", "", _percent(gate.stopped_removed))
    table.add_row("weights", _weights(result.weights_before), _weights(result.record.ranking))
    console.print(table)
    console.print(
        "The new figures are of questions that weights and gate were not fitted to (10-fold).",
        style="dim",
    )
    if result.kept:
        console.print(
            "Stored with the knowledge base, for all clinics; workers use it at once.",
            style="green",
        )
    else:
        console.print("Nothing was changed (--dry-run).")


def _weights(weights: Weights) -> str:
    return ", ".join(f"{each.name} {getattr(weights, each.name):g}" for each in fields(weights))


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

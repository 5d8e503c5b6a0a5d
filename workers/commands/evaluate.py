"""`atende evaluate`: how well the knowledge base, the gate and the model do on known questions."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.commands.support.errors import exit_on_error
from workers.commands.support.progress import QuestionBar
from workers.commands.support.questions import NOTHING_MEASURED, QuestionsJob, read_questions
from workers.evaluation.answers import ask_all
from workers.evaluation.comparison import Comparison
from workers.evaluation.comparison import compare as compare_runs
from workers.evaluation.errors import RunError
from workers.evaluation.figures import Figures, figures
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.run import Reply, Run, assemble, load_run
from workers.evaluation.search import Search
from workers.stack.api import api_address
from workers.stack.settings import LocalSettings, load_settings

#: Exit code where recall@5 is below what was asked for.
BELOW = 1
#: Seconds of one request to the API, its long poll included.
_REQUEST_SECONDS = 40
#: Misses that the terminal shows; the report has all.
_MISSES_SHOWN = 10

Share = Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `evaluate`.

    Attributes:
        answers: also ask the running stack, in the bulk lane, and compare its answers with the
            file's.
        wait: seconds without any answer after which `--answers` gives up the rest.
        min_recall: lowest recall@5, 0 to 1.
        output: the report's file; default: a dated one under ATENDE_DATA_DIR.
        tenant: the clinic.
    """

    answers: bool = False
    wait: float = 600.0
    min_recall: Share = 0.0
    output: Path | None = None
    tenant: str | None = None


evaluate = App(name="evaluate", help="Measure search, gate and answers on known questions.")


@evaluate.default
@exit_on_error("atende evaluate", NOTHING_MEASURED)
def run(
    path: Path,
    /,
    options: Annotated[Options, Parameter(name="*")] | None = None,
) -> None:
    """Measure on known questions, and write a report (HTML) with its data (JSON) beside it.

    Args:
        path: CSV or JSON Lines with `question` and, where the documents answer it, `document`
            (names, several with `;`) or `passage` (an id or words); `answer`, `page` and
            `heading` are optional. A question without document and passage has no answer.
        options: the options.
    """
    options = options or Options()
    settings, console = load_settings(), Console(stderr=True)
    evaluation, report = _measure(path, settings, options, console)
    values = figures(evaluation)
    show(values, evaluation, Console())
    Console().print(f"Report: {report}", highlight=False, soft_wrap=True)
    below = values.recall_5 is not None and values.recall_5 < options.min_recall
    if below:
        console.print(f"[red]recall@5 is below {options.min_recall:g}[/red]", highlight=False)
    sys.exit(BELOW if below else 0)


@evaluate.command
@exit_on_error("atende evaluate compare", NOTHING_MEASURED)
def compare(before: Path, after: Path, /, *, output: Path | None = None) -> None:
    """Put two evaluations side by side: what changed, and whether it is more than chance.

    Args:
        before: the JSON of the first one.
        after: the JSON of the second one.
        output: the report's file; default: beside the second one.
    """
    from workers.evaluation.report import comparison_page  # noqa: PLC0415 - loads matplotlib

    settings = load_settings()
    first, second = load_run(before), load_run(after)
    comparison = compare_runs(first, second)
    report = output or after.with_name(f"{before.stem}-{after.stem}.html")
    report.write_text(comparison_page(first, second, comparison, settings.language), "utf-8")
    show_comparison(comparison, Console())
    Console().print(f"Report: {report}", highlight=False, soft_wrap=True)


def _measure(
    path: Path,
    settings: LocalSettings,
    options: Options,
    console: Console,
) -> tuple[Run, Path]:
    from workers.evaluation.report import page  # noqa: PLC0415 - loads matplotlib

    questions, bad_rows = read_questions(path, console)
    now = datetime.now(UTC)
    dated = settings.data_dir / "evaluations" / f"{now:%Y-%m-%dT%H%M%S}.html"
    report = options.output or dated
    if report.suffix == ".json":
        raise RunError(
            f"{report} is where the data goes. Nothing was written. Give --output a "
            "page's name, ending in .html."
        )
    report.parent.mkdir(parents=True, exist_ok=True)
    clinic = options.tenant or settings.tenant
    floor = settings.gate_similarity
    job = QuestionsJob("evaluate", clinic, questions, {"gate_similarity": floor})
    raw = job.carry_out(settings, console)
    replies: list[Reply] | list[None] = [None] * len(questions)
    if options.answers:
        replies = _answers(questions, settings, options.wait, console)
    evaluation = assemble(
        name=path.name,
        tenant=clinic,
        made_at=now,
        questions=questions,
        search=Search.model_validate_json(raw),
        replies=replies,
        bad_rows=bad_rows,
        floor=floor,
    )
    report.write_text(page(evaluation, settings.language), "utf-8")
    report.with_suffix(".json").write_text(evaluation.model_dump_json(), "utf-8")
    return evaluation, report


def _answers(
    questions: list[KnownQuestion], settings: LocalSettings, wait: float, console: Console
) -> list[Reply]:
    with (
        api_address(settings).client(_REQUEST_SECONDS) as client,
        QuestionBar(console, "answering", len(questions)) as bar,
    ):
        return ask_all(client, questions, wait, bar)


def show(values: Figures, evaluation: Run, console: Console) -> None:
    """Print the closing table."""
    from workers.evaluation.report import groups, labels_of  # noqa: PLC0415 - loads matplotlib

    for name in evaluation.absent:
        console.print(f"[yellow]{escape(name)}[/yellow] is expected, but not in the knowledge base")
    with_answer, without = len(evaluation.answerable), len(evaluation.unanswerable)
    console.print(f"{with_answer} questions with an answer, {without} without", highlight=False)
    table = Table(box=None, show_header=False)
    for group in groups(values, "en").values():
        for name, value in group.items():
            table.add_row(labels_of("en")[name], value)
    console.print(table)
    for miss in evaluation.misses[:_MISSES_SHOWN]:
        hits = miss.searched.hits
        first = hits[0].document if hits else "nothing"
        expected = ", ".join(miss.asked.documents) or miss.asked.passage
        rank = f"rank {miss.rank}" if miss.rank else "not found"
        line = f"{miss.asked.question} → {rank}: {first} instead of {expected}"
        console.print(
            f"  line {miss.asked.line}: {line}",
            style="dim",
            highlight=False,
            markup=False,
        )
    if len(evaluation.misses) > _MISSES_SHOWN:
        console.print(
            f"  … and {len(evaluation.misses) - _MISSES_SHOWN} more in the report", style="dim"
        )


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the figures of both runs."""
    from workers.evaluation.report import labels_of  # noqa: PLC0415 - loads matplotlib

    table = Table("", "before", "after", "difference", "95 % interval", "chance", box=None)
    for difference in comparison.differences:
        table.add_row(
            labels_of("en")[difference.name],
            f"{difference.before:.3f}",
            f"{difference.after:.3f}",
            f"{difference.change:+.3f}",
            f"{difference.low:+.3f} … {difference.high:+.3f}",
            f"{difference.chance:.3f}" + (" *" if difference.sure else ""),
        )
    console.print(table)
    console.print(f"{len(comparison.changed)} questions with another result", highlight=False)

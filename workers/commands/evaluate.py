"""`atende evaluate`: how well the knowledge base, the gate and the model do on known questions."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, Token, validators
from rich.console import Console

from workers.commands.support.errors import exit_on_error
from workers.commands.support.evaluation_tables import show, show_comparison
from workers.commands.support.progress import QuestionBar
from workers.commands.support.questions import NOTHING_MEASURED, QuestionsJob, read_questions
from workers.evaluation.answers import Manner, ask_all
from workers.evaluation.comparison import compare as compare_runs
from workers.evaluation.errors import RunError
from workers.evaluation.figures import figures
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.reply import Asking
from workers.evaluation.run import Run, assemble, load_run
from workers.evaluation.search import Search
from workers.stack.api import api_address
from workers.stack.settings import LocalSettings, load_settings

#: Exit code where recall@5 is below what was asked for.
BELOW = 1
#: Seconds of one request to the API, its long poll included.
_REQUEST_SECONDS = 40

Share = Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))]


def _counts(_: object, tokens: Sequence[Token]) -> tuple[int, ...]:
    """The numbers of `--at-once 1,8`.

    Raises:
        ValueError: one is none, or below 1.
    """
    counts = tuple(int(part) for token in tokens for part in token.value.split(","))
    if min(counts) < 1:
        raise ValueError("at least one question runs at once")
    return counts


Counts = Annotated[tuple[int, ...], Parameter(converter=_counts)]
Times = Annotated[int, Parameter(validator=validators.Number(gte=1))]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `evaluate`.

    Attributes:
        answers: also ask the running stack, in the bulk lane, and judge its answers by the file's
            facts.
        at_once: how many questions are asked at once, as `8`; with `1,8` all are asked once with
            each. Default: all at once. It asks the stack, as `--answers` does.
        repeat: how often all are asked; the figures are of the first time, with the spread beside
            them. Above 1 it asks the stack, as `--answers` does.
        wait: seconds without any answer after which the rest is given up.
        min_recall: lowest recall@5, 0 to 1.
        output: the report's file; default: a dated one under ATENDE_DATA_DIR.
        tenant: the clinic.
    """

    answers: bool = False
    at_once: Counts = ()
    repeat: Times = 1
    wait: float = 600.0
    min_recall: Share = 0.0
    output: Path | None = None
    tenant: str | None = None

    @property
    def manners(self) -> list[Manner]:
        """How the stack is asked, each time; none where it is not asked at all.

        Asked more than once, no answer comes from an earlier one: it would agree with itself.
        """
        if not (self.answers or self.at_once or self.repeat > 1):
            return []
        counts = (self.at_once or (0,)) * self.repeat
        return [Manner(self.wait, count, fresh=len(counts) > 1) for count in counts]


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
            (names, several with `;`) or `passage` (ids or words, several with `;`). Optional:
            `facts` (what an answer must say, several with `;`, phrases of which any counts with
            `|`), `never` (what it must not), `risk` (yes where a wrong answer could hurt),
            `answer`, `kind`, `page`, `heading`. A question without document and passage has no
            answer.
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
    askings = [_ask(questions, settings, manner, console) for manner in options.manners]
    evaluation = assemble(
        name=path.name,
        tenant=clinic,
        made_at=now,
        questions=questions,
        search=Search.model_validate_json(raw),
        askings=askings,
        bad_rows=bad_rows,
        floor=floor,
    )
    report.write_text(page(evaluation, settings.language), "utf-8")
    report.with_suffix(".json").write_text(evaluation.model_dump_json(), "utf-8")
    return evaluation, report


def _ask(
    questions: list[KnownQuestion], settings: LocalSettings, manner: Manner, console: Console
) -> Asking:
    with (
        api_address(settings).client(_REQUEST_SECONDS) as client,
        QuestionBar(console, "answering", len(questions)) as bar,
    ):
        return Asking(manner.at_once, ask_all(client, questions, manner, bar))

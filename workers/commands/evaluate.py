"""`atende evaluate`: how well the knowledge base, the gate and the model do on known questions."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.commands.support.measuring import PROBLEMS, Bar, Work, carried_out, give_up, questions
from workers.evaluation.asking import ask_all
from workers.evaluation.compare import Comparison
from workers.evaluation.compare import compare as compare_runs
from workers.evaluation.questions import Asked
from workers.evaluation.run import Figures, Reply, Run, RunError, assemble, figures, load
from workers.evaluation.searching import Search
from workers.stack.address import door
from workers.stack.settings import LocalSettings, load_settings

#: Exit code where recall@5 is below what was asked for.
BELOW = 1
#: Seconds of one request to the API, its long poll included.
_TIMEOUT = 40

Share = Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `evaluate` may be told.

    Attributes:
        answers: ask the running stack, too, in the bulk lane, and compare with `answer`.
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
def run(
    path: Path,
    /,
    options: Annotated[Options, Parameter(name="*")] | None = None,
) -> None:
    """Measure on known questions, and write a report (HTML) with its data (JSON) beside it.

    Exit code 0; 1 where recall@5 is below --min-recall; 2 where nothing could be measured.

    Args:
        path: CSV or JSON Lines with `question` and, where the documents answer it, `document`
            (names, several with `;`) or `passage` (an id or words); `answer`, `page` and
            `heading` are optional. Without document and passage it has no answer.
        options: see there.
    """
    options = options or Options()
    settings, console = load_settings(), Console(stderr=True)
    try:
        made, report = _measured(path, settings, options, console)
    except PROBLEMS as error:
        give_up("evaluate", error, console)
        return
    found = figures(made)
    show(found, made, Console())
    Console().print(f"Report: {report}", highlight=False, soft_wrap=True)
    below = found.recall_5 is not None and found.recall_5 < options.min_recall
    if below:
        console.print(f"[red]recall@5 is below {options.min_recall:g}[/red]", highlight=False)
    sys.exit(BELOW if below else 0)


@evaluate.command
def compare(before: Path, after: Path, /, *, output: Path | None = None) -> None:
    """Put two evaluations side by side: what changed, and whether it is more than chance.

    Args:
        before: the JSON of the first one.
        after: the JSON of the second one.
        output: the report's file; default: beside the second one.
    """
    from workers.evaluation.report import comparison_page  # noqa: PLC0415 - loads matplotlib

    settings, console = load_settings(), Console(stderr=True)
    try:
        first, second = load(before), load(after)
        found = compare_runs(first, second)
        report = output or after.with_name(f"{before.stem}-{after.stem}.html")
        report.write_text(comparison_page(first, second, found, settings.language), "utf-8")
    except PROBLEMS as error:
        give_up("evaluate compare", error, console)
        return
    show_comparison(found, Console())
    Console().print(f"Report: {report}", highlight=False, soft_wrap=True)


def _measured(
    path: Path,
    settings: LocalSettings,
    options: Options,
    console: Console,
) -> tuple[Run, Path]:
    from workers.evaluation.report import page  # noqa: PLC0415 - loads matplotlib

    asked, bad_rows = questions(path, console)
    now = datetime.now(UTC)
    dated = settings.data_dir / "evaluations" / f"{now:%Y-%m-%dT%H%M%S}.html"
    report = options.output or dated
    if report.suffix == ".json":
        raise RunError(f"{report} is where the data goes. Give --output the page's name: .html.")
    report.parent.mkdir(parents=True, exist_ok=True)
    clinic = options.tenant or settings.tenant
    floor = settings.gate_similarity
    work = Work("evaluate", clinic, asked, {"gate_similarity": floor})
    raw = carried_out(work, settings, console)
    replies: list[Reply] | list[None] = [None] * len(asked)
    if options.answers:
        replies = _answers(asked, settings, options.wait, console)
    made = assemble(
        name=path.name,
        tenant=clinic,
        made_at=now,
        asked=asked,
        search=Search.model_validate_json(raw),
        replies=replies,
        bad_rows=bad_rows,
        floor=floor,
    )
    report.write_text(page(made, settings.language), "utf-8")
    report.with_suffix(".json").write_text(made.model_dump_json(), "utf-8")
    return made, report


def _answers(
    asked: list[Asked], settings: LocalSettings, wait: float, console: Console
) -> list[Reply]:
    at = door(settings)
    headers = {"Authorization": f"Bearer {at.api_key}"}
    with (
        httpx.Client(base_url=at.url, headers=headers, timeout=_TIMEOUT) as client,
        Bar(console, "answering", len(asked)) as bar,
    ):
        return ask_all(client, asked, wait, bar)


def show(found: Figures, made: Run, console: Console) -> None:
    """Print the closing table."""
    from workers.evaluation.report import groups, labels_of  # noqa: PLC0415 - loads matplotlib

    for name in made.absent:
        console.print(f"[yellow]{escape(name)}[/yellow] is expected and not in the knowledge base")
    title = f"{len(made.answerable)} questions with an answer, {len(made.unanswerable)} without"
    console.print(title, highlight=False)
    table = Table(box=None, show_header=False)
    for values in groups(found, "en").values():
        for name, value in values.items():
            table.add_row(labels_of("en")[name], value)
    console.print(table)
    for each in made.misses[:_SHOWN]:
        hits = each.searched.hits
        instead = hits[0].document if hits else "nothing"
        wanted = ", ".join(each.asked.documents) or each.asked.passage
        rank = f"rank {each.rank}" if each.rank else "not found"
        told = f"{each.asked.question} → {rank}: {instead} instead of {wanted}"
        console.print(
            f"  line {each.asked.line}: {told}",
            style="dim",
            highlight=False,
            markup=False,
        )
    if len(made.misses) > _SHOWN:
        console.print(f"  … and {len(made.misses) - _SHOWN} more in the report", style="dim")


#: Misses that the terminal shows; the report has all.
_SHOWN = 10


def show_comparison(found: Comparison, console: Console) -> None:
    """Print both runs' figures."""
    from workers.evaluation.report import labels_of  # noqa: PLC0415 - loads matplotlib

    table = Table("", "before", "after", "difference", "95 % interval", "chance", box=None)
    for each in found.differences:
        table.add_row(
            labels_of("en")[each.name],
            f"{each.before:.3f}",
            f"{each.after:.3f}",
            f"{each.change:+.3f}",
            f"{each.low:+.3f} … {each.high:+.3f}",
            f"{each.chance:.3f}" + (" *" if each.sure else ""),
        )
    console.print(table)
    console.print(f"{len(found.changed)} questions with another result", highlight=False)

"""What `atende evaluate` shows on a terminal; its report says more."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.evaluation.checks import check_figures
from workers.evaluation.comparison import Comparison
from workers.evaluation.figures import Figures
from workers.evaluation.run import Result, Run
from workers.evaluation.texts import (
    asking_names,
    check_summary,
    groups,
    labels_of,
    reasons,
    step_texts,
    verdict_rows,
)

#: Misses and bad answers that are shown.
LINES = 10


def show(values: Figures, evaluation: Run, console: Console) -> None:
    """Print the closing table."""
    for name in evaluation.absent:
        console.print(f"[yellow]{escape(name)}[/yellow] is expected, but not in the knowledge base")
    with_answer, without = len(evaluation.answerable), len(evaluation.unanswerable)
    console.print(f"{with_answer} questions with an answer, {without} without", highlight=False)
    table = Table(box=None, show_header=False)
    for group in groups(values, "en").values():
        for name, value in group.items():
            table.add_row(labels_of("en")[name], value)
    console.print(table)
    _show_verdicts(evaluation, console)
    _show_check(evaluation, console)
    _show_lines([_miss(each) for each in evaluation.misses], console)
    _show_lines([_bad_answer(each) for each in evaluation.bad_answers], console)
    for step in step_texts(evaluation, values, "en"):
        console.print(f"→ {step}", highlight=False, markup=False, soft_wrap=True)


def _show_lines(lines: Sequence[str], console: Console) -> None:
    for line in lines[:LINES]:
        console.print(f"  {line}", style="dim", highlight=False, markup=False)
    if len(lines) > LINES:
        console.print(f"  … and {len(lines) - LINES} more in the report", style="dim")


def _show_verdicts(evaluation: Run, console: Console) -> None:
    rows = verdict_rows(evaluation, "en")
    if not rows:
        return
    several = len(evaluation.at_once) > 1
    table = Table("verdict", box=None)
    for name in (*asking_names(evaluation, "en"), "share", *(["from … to"] if several else [])):
        table.add_column(name, justify="right")
    for row in rows:
        spread = [f"{min(row.counts)} … {max(row.counts)}"] if several else []
        table.add_row(row.name, *map(str, row.counts), f"{100 * row.share:.1f} %", *spread)
    console.print(table)
    if evaluation.unsteady:
        names = ", ".join(each.asked.id for each in evaluation.unsteady)
        console.print(f"Another verdict from time to time: {names}", highlight=False, markup=False)


def _show_check(evaluation: Run, console: Console) -> None:
    check, labels = check_figures(evaluation), labels_of("en")
    if check is None:
        return
    table = Table(labels["check"], box=None)
    for name in ("check_caught", "check_dangerous", "check_wrongly"):
        table.add_column(labels[name], justify="right")
    for row in check.rows:
        counts = map(str, (row.caught, row.dangerous, row.refused_wrongly))
        table.add_row(labels[f"fault_{row.kind}"], *counts)
    console.print(table)
    console.print(check_summary(check, "en"), highlight=False, markup=False, soft_wrap=True)


def _miss(result: Result) -> str:
    asked, hits = result.asked, result.searched.hits
    first = hits[0].document if hits else "nothing"
    rank = f"rank {result.rank}" if result.rank else "not found"
    expected = ", ".join(f"“{each}”" if asked.passages else each for each in result.missing)
    return f"line {asked.line}: {asked.question} → {rank}: {first} instead of {expected}"


def _bad_answer(result: Result) -> str:
    asked, text = result.asked, result.reply.text if result.reply else ""
    why = ", ".join(reasons(result, "en"))
    return f"line {asked.line}: {result.verdict}: {asked.question} → {text} ({why})"


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the figures of both runs."""
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
    for each in comparison.verdicts:
        console.print(
            f"  {each.before.verdict} → {each.after.verdict}: {each.before.asked.question}",
            style="dim",
            highlight=False,
            markup=False,
        )
    console.print(f"{len(comparison.changed)} questions with another result", highlight=False)

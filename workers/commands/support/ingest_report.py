"""The report that `atende ingest` shows at its end."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.report import FileRow, Report, Status

STYLES = {
    Status.NEW: "green",
    Status.CHANGED: "yellow",
    Status.RENAMED: "cyan",
    Status.UNCHANGED: "dim",
    Status.REMOVED: "magenta",
    Status.FAILED: "bold red",
    Status.SKIPPED: "dim",
}


def show_report(report: Report, console: Console, *, as_json: bool = False) -> None:
    """Print the files that were not simply unchanged, and a line that counts all; or JSON."""
    if as_json:
        console.print_json(report.model_dump_json())
        return
    rows = [row for row in report.rows if row.status is not Status.UNCHANGED or row.remark]
    if rows:
        console.print(_table(rows))
    counts = ", ".join(
        f"{count} {status.value}" for status in Status if (count := report.count(status))
    )
    partly = f" ({report.partly} with a remark)" if report.partly else ""
    chunks = "" if report.dry_run else f" {report.chunks} chunks,"
    console.print(
        Text(
            f"{report.tenant}: {counts or 'no files'}{partly};{chunks} "
            f"{report.seconds:.1f} s, version {report.version}"
        )
    )
    if report.dry_run:
        console.print("This is a plan: files were compared by hash alone, and nothing changed.")
    if report.warning:
        console.print(Text(report.warning, "yellow"))


def _table(rows: Iterable[FileRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("document", overflow="fold")
    table.add_column("")
    table.add_column("pages", justify="right")
    table.add_column("chunks", justify="right")
    table.add_column("why", overflow="fold")
    for row in rows:
        table.add_row(
            Text(row.name),
            Text(row.status.value, STYLES[row.status]),
            str(row.pages or ""),
            str(row.chunks or ""),
            Text(row.remark),
        )
    return table

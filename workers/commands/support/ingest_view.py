"""What `atende ingest` shows: a bar while it runs, a table and an exit code at its end."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ingestion.report import Event, FileRow, Report, Status
from ingestion.settings import IngestionSettings

STYLES = {
    Status.NEW: "green",
    Status.CHANGED: "yellow",
    Status.RENAMED: "cyan",
    Status.UNCHANGED: "dim",
    Status.REMOVED: "magenta",
    Status.FAILED: "bold red",
    Status.SKIPPED: "dim",
}


class ProgressBar:
    """A bar over the files, fed by events from wherever the ingestion runs.

    Use as a context manager; call it with each event.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __call__(self, event: Event) -> None:
        """Show an event."""
        chunks = f" ({event.chunks_done}/{event.chunks_total})" if event.chunks_total else ""
        self._progress.update(
            self._task,
            description=Text(f"{event.name}{chunks}").markup,
            completed=event.done,
            total=event.total,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


def show_report(report: Report, console: Console, *, as_json: bool = False) -> None:
    """The closing table: files that something became of, and a line that counts all; or JSON."""
    if as_json:
        console.print_json(report.model_dump_json())
        return
    told = [row for row in report.rows if row.status is not Status.UNCHANGED or row.reason]
    if told:
        console.print(_table(told))
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
        console.print("This is a plan: nothing was read closer than by its hash, nothing changed.")
    if report.warning:
        console.print(Text(report.warning, "yellow"))


def run(  # noqa: PLR0913 - the command's options
    path: Path,
    tenant: str,
    settings: IngestionSettings,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
    console: Console | None = None,
) -> int:
    """Ingest in this process, which opens the knowledge base itself; the exit code.

    Where a worker owns the embedded store, hand it the job instead, and feed `ProgressBar` and
    `show_report` with what it says.

    Args:
        path: a file or a folder.
        tenant: the clinic.
        settings: where the knowledge base is.
        rebuild: embed everything anew, whatever is stored.
        dry_run: show what would be done; the model is not even loaded.
        as_json: print the report as JSON, for scripts; the bar goes to stderr.
        console: where the report goes.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        KnowledgeError: the knowledge base cannot be opened or written.
    """
    from ingestion.dry_run import dry_run_unopened  # noqa: PLC0415 - likewise
    from ingestion.knowledge.base import open_knowledge  # noqa: PLC0415 - loads the model library
    from ingestion.pipeline import Target, ingest  # noqa: PLC0415 - likewise

    console = console or Console()
    if dry_run:
        report = dry_run_unopened(path, tenant, settings)
    else:
        shown = Console(stderr=True) if as_json else console
        with open_knowledge(settings, rebuild=rebuild) as knowledge, ProgressBar(shown) as bar:
            report = ingest(path, Target(tenant, knowledge, settings), bar, reread=rebuild)
    show_report(report, console, as_json=as_json)
    return report.exit_code


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
            Text(row.reason),
        )
    return table

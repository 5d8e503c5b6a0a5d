"""`atende ingest`: by itself, or through the worker that owns the embedded vectors."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from redis import RedisError
from rich.console import Console
from rich.markup import escape

from ingestion.knowledge.errors import KnowledgeError
from ingestion.report import Event, Report
from workers.commands.support.ingest_view import ProgressBar, run, show_report
from workers.commands.support.orders import Order, carry_out
from workers.commands.support.watch import watch as watch_folder
from workers.jobs.errors import JobError
from workers.stack.address import running
from workers.stack.settings import LocalSettings, load_settings

#: What a command says of and exits with 1 for.
PROBLEMS = (JobError, KnowledgeError, RedisError, OSError)


def ingest(  # noqa: PLR0913 - a command's options
    path: Path,
    /,
    *,
    tenant: str | None = None,
    dry_run: bool = False,
    rebuild: bool = False,
    watch: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Read a file or folder into the knowledge base; what is unchanged costs only its hash.

    Args:
        path: documents of any format that the README lists, e.g. PDF, DOCX, XLSX, HTML, CSV, EML.
        tenant: the clinic that the documents belong to.
        dry_run: show what would be done, and change nothing.
        rebuild: embed everything anew, after a change of ATENDE_EMBEDDING; needs the stack stopped.
        watch: go on after that: ingest what changes in the folder, until Ctrl-C. On network drives
            set WATCHFILES_FORCE_POLLING=true.
        as_json: print the report as JSON.
    """
    settings, console = load_settings(), Console(stderr=True)
    once = Ingestion(settings, tenant or settings.tenant, console, as_json=as_json)
    try:
        if dry_run + rebuild + watch > 1:
            raise JobError(
                "--dry-run, --rebuild and --watch exclude each other. Nothing was changed."
            )
        if watch:
            status = watch_folder(path, once, console)
        elif rebuild:
            status = once.rebuild(path)
        elif dry_run:
            status = once.plan(path)
        else:
            status = once(path)
    except PROBLEMS as error:
        console.print(f"[red]atende ingest:[/red] {escape(str(error))}", highlight=False)
        status = 1
    except KeyboardInterrupt:
        console.print(
            "Stopped. What was written stays. A running stack goes on with this job; "
            "`atende documents list` shows where it stands."
        )
        status = 130
    sys.exit(status)


class Ingestion:
    """Ingests paths of one clinic, each with a bar and a report.

    Args:
        settings: where the knowledge base or the running stack is.
        tenant: the clinic.
        console: where progress is shown.
        as_json: print reports as JSON.
    """

    def __init__(
        self, settings: LocalSettings, tenant: str, console: Console, *, as_json: bool = False
    ) -> None:
        self._settings = settings
        self._tenant = tenant
        self._console = console
        self._as_json = as_json

    def __call__(self, path: Path) -> int:
        """Ingest a file or a folder; the exit code.

        Raises:
            JobError: there is nothing at `path`, or it could not be carried out.
            KnowledgeError: the knowledge base cannot be opened or written.
        """
        with ProgressBar(self._console) as bar:
            result = self._carried_out("ingest", path, bar)
        return self._shown(result)

    def plan(self, path: Path) -> int:
        """Show what `__call__` would do; the exit code."""
        if self._worker_owns_the_store:
            return self._shown(self._carried_out("ingest-plan", path))
        _exists(path)
        return run(path, self._tenant, self._settings, dry_run=True, as_json=self._as_json)

    def rebuild(self, path: Path) -> int:
        """Embed everything anew, and ingest `path` again; the exit code."""
        if self._worker_owns_the_store:
            raise JobError(
                "A rebuild needs the knowledge base for itself. Stop `atende up`, run this again, "
                "then start it. Nothing was changed."
            )
        _exists(path)
        return run(path, self._tenant, self._settings, rebuild=True, as_json=self._as_json)

    @property
    def _worker_owns_the_store(self) -> bool:
        return not self._settings.qdrant_url and running(self._settings) is not None

    def _carried_out(
        self, kind: str, path: Path, show: Callable[[Event], None] = lambda _: None
    ) -> Report:
        _exists(path)
        order = Order(
            kind,
            self._tenant,
            {"path": str(path.resolve())},
            show=lambda raw: show(Event.model_validate_json(raw)),
            say=lambda why: self._console.print(why, style="dim", markup=False),
        )
        return Report.model_validate_json(carry_out(order, self._settings))

    def _shown(self, report: Report) -> int:
        show_report(report, Console(), as_json=self._as_json)
        return report.exit_code


def _exists(path: Path) -> None:
    if not path.exists():
        raise JobError(f"{path} does not exist. Nothing was changed.")

"""`atende ingest`: by itself, or through the worker that owns the embedded vectors."""

import sys
from pathlib import Path

from redis import RedisError
from rich.console import Console

from ingestion.cli import ProgressBar, run, show_report
from ingestion.knowledge.errors import KnowledgeError
from ingestion.report import Event, Report
from workers.job_work import JobError
from workers.local.carrying import Order, carry_out
from workers.local.running import running
from workers.local.settings import LocalSettings, load_settings
from workers.local.watch import watch as watch_folder

#: What a command says of and exits with 1 for.
PROBLEMS = (JobError, KnowledgeError, RedisError, OSError)


def ingest(
    path: Path,
    /,
    *,
    tenant: str | None = None,
    rebuild: bool = False,
    watch: bool = False,
) -> None:
    """Read a file or folder into the knowledge base; what is unchanged costs only its hash.

    Args:
        path: Markdown, text, HTML, PDF, DOCX, or CSV of questions and answers.
        tenant: the clinic that the documents belong to.
        rebuild: embed everything anew, after a change of ATENDE_EMBEDDING; needs the stack stopped.
        watch: go on after that: ingest what changes in the folder, until Ctrl-C. On network drives
            set WATCHFILES_FORCE_POLLING=true.
    """
    settings, console = load_settings(), Console(stderr=True)
    tenant = tenant or settings.tenant
    try:
        if watch:
            status = watch_folder(path, Ingestion(settings, tenant, console), console)
        elif rebuild:
            status = _rebuild(settings, path, tenant)
        else:
            status = Ingestion(settings, tenant, console)(path)
    except PROBLEMS as error:
        console.print(f"[red]atende ingest:[/red] {error}", highlight=False)
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
    """

    def __init__(self, settings: LocalSettings, tenant: str, console: Console) -> None:
        self._settings = settings
        self._tenant = tenant
        self._console = console

    def __call__(self, path: Path) -> int:
        """Ingest a file or a folder; the exit code.

        Raises:
            JobError: there is nothing at `path`, or it could not be carried out.
            KnowledgeError: the knowledge base cannot be opened or written.
        """
        if not path.exists():
            raise JobError(f"{path} does not exist. Nothing was changed.")
        with ProgressBar(self._console) as bar:
            order = Order(
                "ingest",
                self._tenant,
                {"path": str(path.resolve())},
                show=lambda raw: bar(Event.model_validate_json(raw)),
                say=lambda why: self._console.print(why, style="dim"),
            )
            result = carry_out(order, self._settings)
        report = Report.model_validate_json(result)
        show_report(report, Console())
        return report.exit_code


def _rebuild(settings: LocalSettings, path: Path, tenant: str) -> int:
    if running(settings) is not None and not settings.qdrant_url:
        raise JobError(
            "A rebuild needs the knowledge base for itself. Stop `atende up`, run this again, "
            "then start it. Nothing was changed."
        )
    return run(path, tenant, settings, rebuild=True)

"""`atende ingest`: by itself, or through the worker that owns the embedded vectors."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery
from redis import RedisError
from rich.console import Console

from ingestion.cli import ProgressBar, run, show_report
from ingestion.knowledge.errors import KnowledgeError
from ingestion.report import Event, Report
from workers.contracts.connection import connect
from workers.contracts.jobs import JobState, JobStore
from workers.local.running import Running, running
from workers.local.settings import LocalSettings, load_settings
from workers.settings import broker_url

#: Seconds without news after which a job counts as lost.
_SILENCE = 180.0
#: Seconds between two looks at a job.
_LOOK = 0.1


class IngestError(Exception):
    """The ingestion did not run to its end."""


def ingest(path: Path, /, *, tenant: str | None = None, rebuild: bool = False) -> None:
    """Read a file or folder into the knowledge base; what is unchanged costs only its hash.

    Args:
        path: Markdown, text, HTML, PDF, DOCX, or CSV of questions and answers.
        tenant: the clinic that the documents belong to.
        rebuild: embed everything anew, after a change of ATENDE_EMBEDDING; needs the stack stopped.
    """
    settings, console = load_settings(), Console(stderr=True)
    try:
        status = _ingest(settings, path, tenant or settings.tenant, console, rebuild=rebuild)
    except (IngestError, KnowledgeError, RedisError) as error:
        console.print(f"[red]atende ingest:[/red] {error}", highlight=False)
        status = 1
    sys.exit(status)


def _ingest(
    settings: LocalSettings, path: Path, tenant: str, console: Console, *, rebuild: bool
) -> int:
    here = running(settings)
    if not path.exists():
        raise IngestError(f"{path} does not exist. Nothing was changed.")
    if here is None or settings.qdrant_url:
        return run(path, tenant, settings, rebuild=rebuild)
    if rebuild:
        raise IngestError(
            "A rebuild needs the knowledge base for itself. Stop `atende up`, run this again, "
            "then start it. Nothing was changed."
        )
    with ProgressBar(console) as bar:
        report = hand_over(here, settings, path, tenant, bar)
    show_report(report, Console())
    return report.exit_code


def hand_over(
    here: Running,
    settings: LocalSettings,
    path: Path,
    tenant: str,
    show: Callable[[Event], None],
) -> Report:
    """Let the running worker ingest, and follow it.

    Raises:
        IngestError: the job failed, or the stack ended.
    """
    settings = settings.model_copy(update={"redis_url": here.redis_url, "broker_url": None})
    jobs = JobStore(connect(settings))
    job = jobs.create(str(path.resolve()), tenant)
    with Celery(broker=broker_url(settings)) as sender:
        sender.send_task("workers.tasks.ingest", args=[job.id], queue="ingest")
    shown, news, last = "", time.monotonic(), None
    while True:
        now = jobs.get(job.id)
        if now != last:
            last, news = now, time.monotonic()
        if time.monotonic() - news > _SILENCE:
            raise IngestError(
                f"No news from the worker for {_SILENCE:.0f} s; it may have died in the middle. "
                "What was written stays; run this again."
            )
        if now is None or running(settings) is None:
            raise IngestError("The stack ended. What was written stays; run this again after it.")
        if now.progress and now.progress != shown:
            shown = now.progress
            show(Event.model_validate_json(shown))
        if now.state == JobState.FAILED:
            raise IngestError(now.error)
        if now.state == JobState.DONE:
            return Report.model_validate_json(now.report)
        time.sleep(_LOOK)

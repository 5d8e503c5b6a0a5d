"""A job that a command wants done: in this process, or by the worker that owns the vectors."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError
from pydantic import BaseModel, JsonValue
from redis import RedisError
from rich.console import Console

from ingestion.knowledge.base import open_knowledge
from workers.contracts.connection import connect
from workers.contracts.documents import DocumentStore
from workers.contracts.jobs import Job, JobState, JobStore
from workers.jobs.errors import JobError
from workers.jobs.kinds import KINDS
from workers.jobs.running_job import RunningJob
from workers.settings import broker_url
from workers.stack.running_stack import RunningStack, running_stack
from workers.stack.settings import LocalSettings

#: Seconds between two readings of a job's record.
_NEXT_READING_SECONDS = 0.1
#: Seconds after which the user is told that nobody has taken the job yet.
_UNTAKEN_SECONDS = 3.0
#: Seconds that a Redis which may be absent gets to answer.
_PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be done.

    Attributes:
        kind: a name in `workers.jobs.kinds.KINDS`.
        tenant: the clinic.
        args: what the kind needs; paths in it are absolute.
        on_progress: called with the JSON of each progress event.
    """

    kind: str
    tenant: str
    args: Mapping[str, JsonValue]
    on_progress: Callable[[str], None] = lambda _: None


def carry_out(job: NewJob, settings: LocalSettings, console: Console | None = None) -> str:
    """Do a job and return the JSON of its result.

    Where `atende up` runs with the embedded store, its worker does it; else this process does.

    Args:
        job: what is to be done.
        settings: where the knowledge base or the running stack is.
        console: where the user is told why nothing happens; default: stderr.

    Raises:
        JobError: it cannot be done, or the stack ended; the message is for the user.
        KnowledgeError: the knowledge base cannot be opened or written.
        RedisError: the stack's queue does not answer.
    """
    stack = running_stack(settings)
    if stack is not None and not settings.qdrant_url:
        return _hand_over(job, settings, stack, console or Console(stderr=True))
    with open_knowledge(settings) as knowledge:
        running = RunningJob(
            tenant=job.tenant,
            args=job.args,
            knowledge=knowledge,
            settings=settings,
            note=lambda progress: job.on_progress(progress.model_dump_json()),
            documents=_document_list(settings, stack),
        )
        result: BaseModel = KINDS[job.kind].run(running)
    return result.model_dump_json()


def _document_list(settings: LocalSettings, stack: RunningStack | None) -> DocumentStore | None:
    """The list that the API shows, where the documents go to a shared server and Redis answers.

    A Redis that nobody named may be somebody else's: it is left alone.
    """
    if not settings.qdrant_url or not (stack or "redis_url" in settings.model_fields_set):
        return None
    if stack is not None:
        settings = settings.model_copy(update={"redis_url": stack.redis_url})
    client = connect(settings, timeout=_PING_SECONDS)
    try:
        client.ping()
    except RedisError:
        client.close()
        return None  # workers bring the list up to date as soon as they see the change
    return DocumentStore(client, settings)


def _hand_over(job: NewJob, settings: LocalSettings, stack: RunningStack, console: Console) -> str:
    settings = settings.model_copy(update={"redis_url": stack.redis_url, "broker_url": None})
    client = connect(settings)
    try:
        store = JobStore(client)
        kind = KINDS[job.kind]
        record = store.create(
            job.kind,
            job.tenant,
            job.args,
            subject=kind.subject(job.tenant, job.args),
            urgent=kind.urgent,
        )
        _wake_worker(settings)
        return _await_result(record, store, job, settings, console)
    finally:
        client.close()


def _wake_worker(settings: LocalSettings) -> None:
    """Wake a worker now; where the message is lost, the worker's own look finds the job."""
    try:
        with Celery(broker=broker_url(settings)) as sender:
            sender.send_task("workers.tasks.work", queue="ingest", expires=5)
    except OperationalError:
        pass


def _await_result(
    record: Job, store: JobStore, job: NewJob, settings: LocalSettings, console: Console
) -> str:
    progress, started_at, notice = "", time.monotonic(), ""
    while True:
        current = store.get(record.id)
        if current is None or running_stack(settings) is None:
            raise JobError(
                "The stack ended. What was written stays, and its worker goes on with this job "
                "at the next start; or run this again then."
            )
        if current.progress and current.progress != progress:
            progress = current.progress
            job.on_progress(progress)
        if current.state is JobState.DONE:
            return current.result
        if current.state is JobState.FAILED:
            raise JobError(current.error)
        is_late = time.monotonic() - started_at > _UNTAKEN_SECONDS
        reason = current.error or "waiting: another job of this clinic runs, or the worker starts"
        if current.state is JobState.QUEUED and is_late and reason != notice:
            notice = reason
            console.print(reason, style="dim", markup=False)
        time.sleep(_NEXT_READING_SECONDS)

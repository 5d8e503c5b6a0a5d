"""Carries a job out: in this process, or through the worker that owns the embedded vectors."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError
from pydantic import BaseModel, JsonValue
from redis import RedisError

from ingestion.knowledge.base import open_knowledge
from workers.contracts.connection import connect
from workers.contracts.documents import DocumentStore
from workers.contracts.jobs import Job, JobState, JobStore
from workers.jobs.errors import JobError
from workers.jobs.kinds import KINDS
from workers.jobs.running_job import RunningJob
from workers.settings import broker_url
from workers.stack.address import Running, running
from workers.stack.settings import LocalSettings

#: Seconds between two looks at a job.
_LOOK = 0.1
#: Seconds after which a job that nobody took is spoken of.
_WAITING = 3.0
#: Seconds that a Redis which may be absent gets to answer.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Order:
    """A job to be done, and who is told how it goes.

    Attributes:
        kind: a name in `workers.jobs.kinds.KINDS`.
        tenant: the clinic.
        args: what the kind needs; paths in it are absolute.
        show: told the JSON of each progress event.
        say: told in words why nothing happens.
    """

    kind: str
    tenant: str
    args: Mapping[str, JsonValue]
    show: Callable[[str], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None


def carry_out(order: Order, settings: LocalSettings) -> str:
    """Do a job and return the JSON of its result.

    Where `atende up` runs with the embedded store, its worker does it; else this process does.

    Raises:
        JobError: it cannot be done, or the stack ended; the message is for the user.
        KnowledgeError: the knowledge base cannot be opened or written.
        RedisError: the stack's queue does not answer.
    """
    here = running(settings)
    if here is not None and not settings.qdrant_url:
        return _hand_over(order, settings, here)
    with open_knowledge(settings) as knowledge:
        work = RunningJob(
            tenant=order.tenant,
            args=order.args,
            knowledge=knowledge,
            settings=settings,
            note=lambda progress: order.show(progress.model_dump_json()),
            documents=_document_list(settings, here),
        )
        result: BaseModel = KINDS[order.kind].run(work)
    return result.model_dump_json()


def _document_list(settings: LocalSettings, here: Running | None) -> DocumentStore | None:
    """The list that the API shows, where the documents go to a shared server and Redis answers.

    A Redis that nobody named may be somebody else's: it is left alone.
    """
    if not settings.qdrant_url or not (here or "redis_url" in settings.model_fields_set):
        return None
    if here is not None:
        settings = settings.model_copy(update={"redis_url": here.redis_url})
    client = connect(settings, timeout=_PATIENCE)
    try:
        client.ping()
    except RedisError:
        client.close()
        return None  # workers bring the list up to date as soon as they see the change
    return DocumentStore(client, settings)


def _hand_over(order: Order, settings: LocalSettings, here: Running) -> str:
    settings = settings.model_copy(update={"redis_url": here.redis_url, "broker_url": None})
    client = connect(settings)
    try:
        jobs = JobStore(client)
        kind = KINDS[order.kind]
        job = jobs.create(
            order.kind,
            order.tenant,
            order.args,
            subject=kind.subject(order.tenant, order.args),
            urgent=kind.urgent,
        )
        _wake(settings)
        return _follow(job, jobs, order, settings)
    finally:
        client.close()


def _wake(settings: LocalSettings) -> None:
    """Wake a worker now; where the message is lost, the worker's own look finds the job."""
    try:
        with Celery(broker=broker_url(settings)) as sender:
            sender.send_task("workers.tasks.work", queue="ingest", expires=5)
    except OperationalError:
        pass


def _follow(job: Job, jobs: JobStore, order: Order, settings: LocalSettings) -> str:
    shown, begun, told = "", time.monotonic(), ""
    while True:
        now = jobs.get(job.id)
        if now is None or running(settings) is None:
            raise JobError(
                "The stack ended. What was written stays, and its worker goes on with this job "
                "at the next start; or run this again then."
            )
        if now.progress and now.progress != shown:
            shown = now.progress
            order.show(shown)
        if now.state is JobState.DONE:
            return now.result
        if now.state is JobState.FAILED:
            raise JobError(now.error)
        waits = now.state is JobState.QUEUED and time.monotonic() - begun > _WAITING
        why = now.error or "waiting: another job of this clinic runs, or the worker is starting"
        if waits and why != told:
            told = why
            order.say(why)
        time.sleep(_LOOK)

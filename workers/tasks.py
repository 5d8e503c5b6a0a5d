"""Celery tasks: thin. Each can be repeated, and each is sent again where its message is lost."""

import time
from functools import cache
from pathlib import Path

from ingestion.knowledge.errors import KnowledgeError
from ingestion.pipeline import ingest as ingest_path
from ingestion.report import Event
from workers.app import app, settings
from workers.contracts import logs
from workers.contracts.connection import connect
from workers.contracts.jobs import JobState, JobStore
from workers.contracts.outbox import Outbox
from workers.contracts.store import QuestionStore
from workers.delivery import deliver as delivery
from workers.delivery.egress import CallbackClient
from workers.holding import held_knowledge
from workers.templates import Templates

_log = logs.logger(__name__)
#: Questions that one sweep expires at most; the next one takes the rest.
_SWEPT = 1000
#: Seconds between two progress notes of an ingestion.
_NOTE = 0.2

_redis = connect(settings)
_store = QuestionStore(_redis, settings)
_outbox = Outbox(_redis, settings)
_jobs = JobStore(_redis)


@cache
def _client() -> CallbackClient:
    return CallbackClient(
        allow_private=settings.callback_allow_private,
        timeout=settings.callback_timeout_seconds,
        per_host=settings.callback_per_host,
    )


@cache
def _expired_text() -> str:
    return Templates.load(settings.prompt_dir).needs_human(settings.language)


@app.task
def deliver(question_id: str) -> None:
    """Try once to bring one outcome back to its asker."""
    delivery.deliver(question_id, _store, _outbox, _client(), settings)


@app.task
def dispatch() -> None:
    """Send a task for each delivery that is due."""
    delivery.dispatch(_outbox, settings, deliver.delay)


@app.task
def sweep() -> None:
    """Expire questions that waited past their deadline."""
    for question_id in _store.overdue(_SWEPT):
        status = _store.expire(question_id, _expired_text())
        _log.info("question_expired", question=question_id, status=status)


@app.task
def ingest(job_id: str) -> None:
    """Ingest what a job names into the knowledge base that this worker holds."""
    job = _jobs.get(job_id)
    if job is None or job.state in {JobState.DONE, JobState.FAILED}:
        return
    _jobs.update(job_id, state=JobState.RUNNING)
    noted = 0.0

    def note(event: Event) -> None:
        nonlocal noted
        now = time.monotonic()
        if event.row is not None or now - noted >= _NOTE:
            noted = now
            _jobs.update(job_id, progress=event.model_dump_json())

    try:
        report = ingest_path(Path(job.path), job.tenant, held_knowledge(settings), note)
    except (KnowledgeError, OSError) as error:
        _jobs.update(job_id, state=JobState.FAILED, error=str(error))
    except Exception as error:  # noqa: BLE001 - whoever waits for the job has to hear of it
        _log.exception("ingest_failed", job=job_id)
        told = (
            f"The ingestion broke ({type(error).__name__}). What was written stays; run it again."
        )
        _jobs.update(job_id, state=JobState.FAILED, error=told)
    else:
        _jobs.update(job_id, state=JobState.DONE, report=report.model_dump_json())

"""Celery tasks: thin. Each can be repeated, and each is sent again where its message is lost.

They belong to this app alone: a task is `shared` by default, and every other app of the process
would register it as well.
"""

from functools import cache, partial
from threading import Event as Flag

from celery.signals import worker_ready, worker_shutting_down

from workers.answering.templates import Templates
from workers.app import app, settings
from workers.channels.email.sending.outbound import open_sender
from workers.channels.whatsapp.outbound import Outbound
from workers.channels.whatsapp.typing_mark import RENEW_SECONDS
from workers.contracts import logs
from workers.contracts.backfills import BackfillStore
from workers.contracts.connection import connect
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.documents import DocumentStore
from workers.contracts.jobs import JobStore
from workers.contracts.outbox import Outbox
from workers.contracts.questions import QuestionStore
from workers.delivery import deliver as delivery
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from workers.jobs.mirror import reconcile
from workers.jobs.runner import JobRunner
from workers.jobs.running_job import Records
from workers.knowledge import held_knowledge

_log = logs.logger(__name__)
#: Most questions that one sweep expires; the next one takes the rest.
_SWEEP_SIZE = 1000

_redis = connect(settings)
_store = QuestionStore(_redis, settings)
_outbox = Outbox(_redis, settings)
_dead = DeadDeliveries(_redis, settings)
_documents = DocumentStore(_redis, settings)
#: Set once this worker is asked to stop.
_stopping = Flag()
_runner = JobRunner(
    JobStore(_redis),
    Records(_documents, BackfillStore(_redis, settings)),
    partial(held_knowledge, settings),
    settings,
    _stopping,
)


@cache
def _senders() -> Senders:
    client = CallbackClient(
        allow_private=settings.callback_allow_private,
        timeout=settings.callback_timeout_seconds,
        per_host=settings.callback_per_host,
    )
    webhook = WebhookSender(client, settings.secret.get_secret_value())
    letters = open_sender(_redis, settings)
    return Senders(webhook=webhook, whatsapp=_outbound().sender, email=letters)


@cache
def _outbound() -> Outbound:
    return Outbound.open(_redis, settings)


@cache
def _expired_text() -> str:
    return Templates.load(settings.prompt_dir).needs_human(settings.language)


@app.task(shared=False)
def deliver(question_id: str) -> None:
    """Try once to bring one outcome back to its asker."""
    delivery.deliver(question_id, _store, _outbox, _senders(), settings)


@app.task(shared=False)
def show_typing(question_id: str, number: int = 1) -> None:
    """Show a patient that an answer is written, and come back while the question waits."""
    if _outbound().typing.mark(question_id, number):
        show_typing.apply_async(
            (question_id, number + 1), countdown=RENEW_SECONDS, expires=2 * RENEW_SECONDS
        )


@app.task(shared=False)
def dispatch() -> None:
    """Send a task for each delivery that is due."""
    delivery.dispatch(_outbox, settings, deliver.delay)


@app.task(shared=False)
def sweep() -> None:
    """Expire questions that waited past their deadline."""
    for question_id in _store.past_deadline(_SWEEP_SIZE):
        status = _store.expire(question_id, _expired_text())
        _log.info("question_expired", question=question_id, status=status)


@app.task(shared=False)
def tidy() -> None:
    """Bring the lists of dead deliveries up to date with the records."""
    _dead.tidy()


@app.task(shared=False)
def work() -> None:
    """Do the jobs that wait. The message only wakes a worker: the jobs are in Redis."""
    _runner.run_all()


@app.task(shared=False)
def mirror() -> None:
    """Bring each clinic's list of documents up to date with the knowledge base."""
    knowledge = held_knowledge(settings)
    for tenant in _documents.tenants():
        reconcile(tenant, knowledge, _documents)


@worker_ready.connect
def _tidy_first(**_: object) -> None:
    """After an update the lists that an older version wrote are right at once, not in a while."""
    tidy.delay()


@worker_shutting_down.connect
def _stop(**_: object) -> None:
    _stopping.set()

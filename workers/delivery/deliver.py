"""Brings outcomes back to their askers: one delivery attempt, and which are due."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from workers.contracts import logs
from workers.contracts.access import callback_secret
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, RecordError
from workers.contracts.store import QuestionStore
from workers.delivery import backoff, webhook
from workers.delivery.backoff import Dead, Delivered, NoReply, Refused, Result, RetryIn
from workers.delivery.egress import CallbackClient
from workers.delivery.hosts import Busy
from workers.delivery.webhook import Message
from workers.settings import WorkerSettings

_log = logs.logger(__name__)


def dispatch(
    outbox: Outbox, settings: WorkerSettings, send: Callable[[str], object], most: int = 1000
) -> int:
    """Lease up to `most` deliveries that are due and `send` a task for each; returns how many.

    Where `send` raises, or the task is lost, the lease ends and the delivery is due again.
    """
    leased = outbox.lease(settings.delivery_lease_seconds, most)
    for question_id in leased:
        send(question_id)
    return len(leased)


def deliver(
    question_id: str,
    store: QuestionStore,
    outbox: Outbox,
    client: CallbackClient,
    settings: WorkerSettings,
) -> None:
    """Make one attempt to deliver a leased question's outcome, and record what came of it.

    Does nothing where another task has taken the delivery up, or where it is done. Whatever the
    receiver does, the delivery ends: delivered, or dead with its reason.

    Raises:
        SecretMissingError: there is nothing to sign with; the delivery stays in the outbox.
    """
    hold = settings.callback_timeout_seconds + settings.delivery_lease_seconds
    if not outbox.begin(question_id, hold):
        return
    letter = _letter(question_id, store, settings.secret.get_secret_value())
    if isinstance(letter, Refused):
        _record(outbox, question_id, letter, attempt=1, host="")
        return
    result = _post(client, letter)
    if isinstance(result, Busy):
        outbox.postpone(question_id, result.retry_in * (1 + random.random()))  # noqa: S311 - jitter
        return
    _record(outbox, question_id, result, attempt=letter.attempt, host=letter.host)


@dataclass(frozen=True, slots=True)
class _Letter:
    attempt: int
    url: httpx.URL
    message: Message

    @property
    def host(self) -> str:
        return self.url.raw_host.decode("ascii")


def _letter(question_id: str, store: QuestionStore, master: str) -> _Letter | Refused:
    try:
        question = store.get(question_id)
    except RecordError:
        return Refused("the question's record cannot be read")
    if question is None or question.outcome is None or question.request.callback_url is None:
        return Refused("the question's record holds no outcome or no callback URL")
    try:
        url = httpx.URL(question.request.callback_url)
    except httpx.InvalidURL:
        return Refused("the callback URL cannot be read")
    if url.scheme not in {"http", "https"} or not url.raw_host:
        return Refused("the callback URL is not http or https, or names no host")
    secret = callback_secret(master, question.request.tenant)
    message = webhook.sign(question, question.outcome, secret, datetime.now(UTC))
    return _Letter(question.delivery_attempts + 1, url, message)


def _post(client: CallbackClient, letter: _Letter) -> Result | Busy:
    try:
        return client.post(letter.url, letter.message.headers, letter.message.body)
    except Exception as error:  # noqa: BLE001 - see below
        # Nothing is known to get here. If something does, it must count as an attempt: a delivery
        # that fails without one would be leased again for ever.
        _log.exception("delivery_broke", host=letter.host)
        return NoReply(f"a fault of Atende: {type(error).__name__}")


def _record(outbox: Outbox, question_id: str, result: Result, *, attempt: int, host: str) -> None:
    """Decide, record and log. Logs hold no path, query or body: they may name patients."""
    decision = backoff.decide(
        attempt,
        result,
        jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        now=datetime.now(UTC),
    )
    log = _log.bind(question=question_id, host=host, attempt=attempt, detail=decision.detail)
    match decision:
        case Delivered(detail):
            outbox.record(question_id, Delivery.DELIVERED, detail)
            log.info("delivered")
        case RetryIn(delay, detail):
            outbox.record(question_id, Delivery.PENDING, detail, delay)
            log.warning("delivery_retried", seconds=round(delay.total_seconds()))
        case Dead(detail):
            outbox.record(question_id, Delivery.DEAD, detail)
            log.error("delivery_dead")

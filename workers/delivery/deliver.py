"""Brings outcomes back to their askers: one delivery attempt, and which are due."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

from workers.contracts import logs
from workers.contracts.errors import RecordError, SecretMissingError
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Question
from workers.contracts.questions import QuestionStore
from workers.delivery import backoff
from workers.delivery.backoff import (
    Dead,
    Delivered,
    Dropped,
    NoReply,
    Refused,
    Result,
    RetryIn,
)
from workers.delivery.hosts import Busy
from workers.delivery.sender import Senders
from workers.settings import WorkerSettings

_log = logs.logger(__name__)


def dispatch(
    outbox: Outbox, settings: WorkerSettings, send: Callable[[str], object], most: int = 1000
) -> int:
    """Lease up to `most` deliveries that are due and `send` a task for each; returns how many.

    Where `send` raises, or the task is lost, the lease ends and the delivery is due again.
    """
    question_ids = outbox.lease(settings.delivery_lease_seconds, most)
    for question_id in question_ids:
        send(question_id)
    return len(question_ids)


def deliver(
    question_id: str,
    store: QuestionStore,
    outbox: Outbox,
    senders: Senders,
    settings: WorkerSettings,
) -> None:
    """Make one attempt to deliver a leased question's outcome, and record what came of it.

    Does nothing where another task has begun the delivery, or where it is done. Whatever the
    receiver does, the delivery ends: delivered, dropped, or dead with its reason.

    Raises:
        SecretMissingError: there is nothing to sign with; the delivery stays in the outbox.
    """
    hold_seconds = settings.callback_timeout_seconds + settings.delivery_lease_seconds
    if not outbox.begin(question_id, hold_seconds):
        return
    question = _read(question_id, store)
    if isinstance(question, Refused):
        _record(outbox, question_id, question, attempt=1, receiver=None)
        return
    result = _send(senders, question)
    if isinstance(result, Busy):
        outbox.postpone(question_id, result.retry_in * (1 + random.random()))  # noqa: S311 - jitter
        return
    attempt, receiver = question.delivery_attempts + 1, question.request.receiver
    _record(outbox, question_id, result, attempt=attempt, receiver=receiver)


def _read(question_id: str, store: QuestionStore) -> Question | Refused:
    try:
        question = store.get(question_id)
    except RecordError:
        return Refused("the question's record cannot be read")
    return question or Refused("the question's record is gone")


def _send(senders: Senders, question: Question) -> Result | Busy:
    outcome, address = question.outcome, question.request.reply_to
    if outcome is None or address is None:
        return Refused("the question's record holds no outcome or no address for it")
    try:
        return senders.send(question, outcome, address)
    except SecretMissingError:
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # No error is known to get here. If one does, it must count as an attempt: a delivery that
        # fails without one would be leased again for ever.
        _log.exception("delivery_broke", receiver=question.request.receiver)
        return NoReply(f"a fault of Atende: {type(error).__name__}")


def _record(
    outbox: Outbox, question_id: str, result: Result, *, attempt: int, receiver: str | None
) -> None:
    """Decide, record and log. Logs hold no path, query or body: they may name patients."""
    decision = backoff.decide(
        attempt,
        result,
        jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        now=datetime.now(UTC),
    )
    log = _log.bind(
        question=question_id, receiver=receiver, attempt=attempt, detail=decision.detail
    )
    match decision:
        case Delivered(detail):
            outbox.record(question_id, Delivery.DELIVERED, detail)
            log.info("delivered")
        case RetryIn(delay, detail):
            outbox.record(question_id, Delivery.PENDING, detail, delay)
            log.warning("delivery_retried", seconds=round(delay.total_seconds()))
        case Dropped(detail):
            outbox.record(question_id, Delivery.DROPPED, detail)
            log.info("delivery_dropped")
        case Dead(detail):
            outbox.record(question_id, Delivery.DEAD, detail)
            log.error("delivery_dead")

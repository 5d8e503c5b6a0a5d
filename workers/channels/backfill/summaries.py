"""Summaries on their way: noted once a window and at the end, sent by callback, by mail, or both.

What is sent is fixed when it is noted, so that each attempt sends the same. A callback may come
twice where a worker is killed, with the same id; a mail does not: that it begins is noted before.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from workers.channels.backfill.summary import Summary as Text
from workers.channels.backfill.summary_mail import Again, Arrived, Fate, Mail, Over, SummaryMail
from workers.channels.backfill.window import Window
from workers.contracts import logs
from workers.contracts.backfill import Backfill, BackfillState
from workers.contracts.backfill_summaries import Summary
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import RecordError, SecretMissingError
from workers.contracts.record import Record
from workers.delivery.backoff import Dead, Delivered, Dropped, RetryIn, decide
from workers.delivery.hosts import Busy
from workers.delivery.webhook import WebhookSender

_log = logs.logger(__name__)
#: Seconds for which one attempt holds a summary: longer than a callback and a mail together.
_LEASE_SECONDS: Final = 180.0
#: Seconds before the second attempt; each wait is twice the one before, up to the longest.
_FIRST_WAIT_SECONDS: Final = 30.0
_LONGEST_WAIT_SECONDS: Final = 3600.0
#: Seconds for which a summary is tried.
_TRIED_SECONDS: Final = 24 * 3600.0
#: Summaries that a clinic's people get by mail in a day: with a key of the clinic's anybody may say
#: whom they go to and what the backfill is called, and nobody shall send strangers mails so.
MOST_MAILS: Final = 50
#: Seconds after a window's end for which claims in flight are waited for.
_SETTLING_SECONDS: Final = 15 * 60.0


class Parcel(Record):
    """What is kept of a summary until it has arrived.

    Attributes:
        id: names it for receivers.
        payload: what is posted to `url`; empty: nothing is, or it has arrived.
        lines: what is mailed to `mail_to`; empty: nothing is, or it has gone.
        begun: whether the mail may have gone.
    """

    id: str
    payload: str = ""
    url: str = ""
    subject: str = ""
    lines: tuple[str, ...] = ()
    mail_to: str = ""
    mail_channel: str = ""
    begun: bool = False


class Summaries:
    """Notes summaries and sends them. Any number of these may run.

    Args:
        store: the backfills.
        webhooks: posts, signed.
        mails: sends by mail.
        clock: Unix seconds.
    """

    def __init__(
        self,
        store: BackfillStore,
        webhooks: WebhookSender,
        mails: SummaryMail,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._webhooks = webhooks
        self._mails = mails
        self._clock = clock

    def note(self, backfill: Backfill, window: Window, now: float) -> bool:
        """Have a summary sent where one is due that nobody has noted; whether this one noted it.

        One of nothing is noted, too, and not sent.
        """
        moment = _moment(backfill, window, now)
        if moment is None or moment <= (backfill.summary_moment or 0.0):
            return False
        lately = backfill.results - backfill.summary_results
        is_over = backfill.state is BackfillState.DONE
        text = Text(backfill, lately, moment, None if is_over else window.next_start(now))
        parcel = _parcel(text) if lately > 0 else None
        packed = parcel.model_dump_json(exclude_defaults=True) if parcel else ""
        return self._store.note_summary(backfill.id, moment, packed)

    def send_one(self) -> bool:
        """Make an attempt with the next summary that is due; False: none is."""
        summary = self._store.take_summary(_LEASE_SECONDS)
        if summary is None:
            return False
        try:
            parcel = Parcel.read(summary.text, f"the summary of backfill {summary.backfill_id}")
        except RecordError as error:  # another version's: nobody would ever read it
            _log.error("backfill_summary_unreadable", error=str(error))
            self._store.summary_done(summary)
            return True
        faults: list[str] = []
        if parcel.payload:
            fate = self._post(summary, parcel)
            faults += _faults("posted", fate)
            if not isinstance(fate, Again):
                parcel = parcel.model_copy(update={"payload": ""})
        if parcel.lines:
            fate = self._mail(summary, parcel)
            faults += _faults("mailed", fate)
            rest = parcel.lines if isinstance(fate, Again) else ()
            parcel = parcel.model_copy(update={"lines": rest, "begun": False})
        self._record(summary, parcel, faults)
        return True

    def _post(self, summary: Summary, parcel: Parcel) -> Fate:
        try:
            result = self._webhooks.post(
                summary.tenant, parcel.url, f"msg_{parcel.id}", parcel.payload
            )
        except SecretMissingError:
            return Again("ATENDE_SECRET is empty, so there is nothing to sign with")
        if isinstance(result, Busy):
            return Again("the receiver has all the callbacks that it may have")
        moment = datetime.fromtimestamp(self._clock(), UTC)
        match decide(1, result, jitter=0.0, now=moment):
            case Delivered():
                return Arrived()
            case RetryIn(_, detail):
                return Again(detail)
            case Dead(detail) | Dropped(detail):
                return Over(detail)

    def _mail(self, summary: Summary, parcel: Parcel) -> Fate:
        if parcel.begun:
            return Over("a worker ended while it sent it, so nobody knows whether it went")
        if self._store.mailed(summary.tenant) >= MOST_MAILS:
            return Again(f"the clinic has had the {MOST_MAILS} summaries by mail of this day")
        begun = parcel.model_copy(update={"begun": True}).model_dump_json(exclude_defaults=True)

        def begin() -> bool:
            is_ours = self._store.summary_later(summary, _LEASE_SECONDS, begun)
            if is_ours:
                self._store.note_mailed(summary.tenant)
            return is_ours

        mail = Mail(
            id=parcel.id,
            tenant=summary.tenant,
            receiver=parcel.mail_to,
            channel=parcel.mail_channel,
            subject=parcel.subject,
            lines=parcel.lines,
        )
        return self._mails.send(mail, self._clock(), begin)

    def _record(self, summary: Summary, parcel: Parcel, faults: Sequence[str]) -> None:
        log = _log.bind(backfill=summary.backfill_id, tries=summary.tries)
        is_waiting = bool(parcel.payload or parcel.lines)
        if is_waiting and self._clock() - summary.noted_at < _TRIED_SECONDS:
            wait = wait_seconds(summary.tries)
            packed = parcel.model_dump_json(exclude_defaults=True)
            self._store.summary_later(summary, wait, packed)
            log.warning("backfill_summary_retried", seconds=round(wait), faults=len(faults))
            words = "; ".join(faults) + ". It is tried again for a day."
        elif faults:
            self._store.summary_done(summary)
            log.error("backfill_summary_given_up")
            words = "; ".join(faults) + ". It is not sent again; the results are kept."
        else:
            self._store.summary_done(summary)
            log.info("backfill_summary_sent")
            words = ""
        if words or summary.tries > 1:
            self._store.note_error(summary.backfill_id, words)


def wait_seconds(tries: int) -> float:
    """The wait after so many tries in vain."""
    return min(_FIRST_WAIT_SECONDS * 2.0 ** min(tries - 1, 20), _LONGEST_WAIT_SECONDS)


def _moment(backfill: Backfill, window: Window, now: float) -> float | None:
    """When the newest summary became due; None: none is."""
    if backfill.state is BackfillState.DONE:
        return backfill.ended_at
    if backfill.state is not BackfillState.RUNNING or window.open_at(now):
        return None
    end = window.last_end(now)
    if end is None:
        return None
    is_settled = not backfill.open or now - end.timestamp() >= _SETTLING_SECONDS
    return end.timestamp() if is_settled else None


def _parcel(text: Text) -> Parcel | None:
    """What is sent; None: nobody wants to hear of it."""
    plan = text.backfill.plan
    parcel = Parcel(id=text.id)
    if plan.callback_url:
        parcel = parcel.model_copy(update={"payload": text.payload(), "url": plan.callback_url})
    if plan.mail_to and plan.mail_channel:
        mail = {"mail_to": plan.mail_to, "mail_channel": plan.mail_channel}
        words = {"subject": text.subject(), "lines": tuple(text.lines())}
        parcel = parcel.model_copy(update=mail | words)
    return parcel if parcel.payload or parcel.lines else None


def _faults(verb: str, fate: Fate) -> list[str]:
    match fate:
        case Again(reason) | Over(reason):
            return [f"The summary was not {verb}: {reason}"]
        case _:
            return []

"""One letter on its way: handed over or laid into the drafts, and what came of it noted.

The letter's Message-ID, the same at every attempt, is bound to the conversation; then its envelope
is handed over; then `sending` is written, then its text is handed over, then what came of it is
written. What is left to be done in the mailbox is written down last, and again by an attempt that
finds the letter accepted: each errand is done once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from workers.channels.email.sending.attempt import Attempt
from workers.channels.email.sending.desk import Desk
from workers.channels.email.sending.letter import Letter, own_id, sendable
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.refusals import Refusals
from workers.channels.email.sending.smtp_reply import (
    NotSent,
    Rejected,
    Sent,
    SmtpReply,
    Unknown,
    Withheld,
)
from workers.channels.email.threads import subject_alias, thread_alias
from workers.contracts import logs
from workers.contracts.errands import Fate
from workers.contracts.send import DRAFTED, Change, SendState
from workers.delivery.backoff import Accepted, Ambiguous, Dropped, NoReply, Result
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: Why a letter of an erased conversation does not go.
ERASED: Final = "the conversation was erased"
#: When it is looked whether a draft lies in the mailbox, and for how long that is waited for.
_LAID: Final = timedelta(seconds=15)
_DRAFTED_BY: Final = timedelta(days=1)
#: When a delivery comes back that another worker has.
_ELSEWHERE: Final = timedelta(seconds=2)


class Handover:
    """Hands letters over. Safe for threads."""

    def __init__(self, desk: Desk, refusals: Refusals, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._refusals = refusals
        self._clock = clock

    def hand_over(self, outgoing: Outgoing, receiver: str, now: datetime) -> Result | Busy:
        """Hand the letter over, once.

        Args:
            outgoing: whose letter.
            receiver: to whom, as `sendable` gives it.
            now: with a time zone.
        """
        desk, channel = self._desk, outgoing.channel
        null_sender = desk.limits.takes_null(channel)
        letter = desk.letters.answer(outgoing, receiver, now, null_sender=null_sender)
        if not self._bind(outgoing):
            return Dropped(ERASED)
        attempt = Attempt(desk.sends, outgoing.question.id, outgoing.send, channel.name)
        reply = desk.client.send(channel, letter, attempt.begin)
        return self._follow(outgoing, attempt, reply, letter)

    def _bind(self, outgoing: Outgoing) -> bool:
        """Let answers to the letter find their conversation; what it is answered by names its id.

        Answers without any id (most programs' in some clinics) find it by the subject. False: it
        was erased meanwhile.
        """
        sender, message_id = outgoing.writer, own_id(outgoing.question.id, outgoing.channel)
        by_subject = subject_alias(sender, outgoing.subject)
        aliases = [thread_alias(sender, message_id), *([by_subject] if by_subject else [])]
        conversation = outgoing.conversation.id
        return self._desk.conversations.bind(conversation, outgoing.channel.name, aliases)

    def _follow(
        self, outgoing: Outgoing, attempt: Attempt, reply: SmtpReply, letter: Letter
    ) -> Result | Busy:
        """Note what came of the hand-over, and do what follows from all that is known then."""
        message_id = own_id(outgoing.question.id, outgoing.channel)
        match reply:
            case Withheld():
                return Busy(_ELSEWHERE)
            case Sent(null_refused):
                now = attempt.note(Change(SendState.ACCEPTED, message_id))
                self._desk.limits.ease(outgoing.channel, letter.receiver)
                if null_refused:
                    self._desk.limits.note_null_refused(outgoing.channel)
            case Unknown(reason):
                now = attempt.note(Change(SendState.AMBIGUOUS, message_id))
                if now.state is SendState.AMBIGUOUS:
                    _log.warning("send_ambiguous", question=outgoing.question.id, detail=reason)
                    return Ambiguous(reason, timedelta(minutes=outgoing.channel.ambiguous_minutes))
            case NotSent() | Rejected():
                code = reply.code if isinstance(reply, Rejected) else 0
                now = attempt.note(Change(SendState.OPEN, code=code))
                if not attempt.number or now.state is SendState.OPEN:
                    return self._not_gone(outgoing.after(now), reply)
        return self._after(outgoing.after(now), letter)

    def _not_gone(self, outgoing: Outgoing, reply: NotSent | Rejected) -> Result | Busy:
        if isinstance(reply, Rejected):
            return self._refusals.follow(outgoing, reply)
        self._refusals.note_delay(outgoing)
        return NoReply(reply.reason)

    def _after(self, outgoing: Outgoing, letter: Letter) -> Result | Busy:
        """The letter is accepted, or word that came first says more."""
        if outgoing.send.state is SendState.FAILED:
            return self._refusals.bounced(outgoing)
        if outgoing.send.state.is_unclear or outgoing.send.state is SendState.OPEN:
            return Busy(_ELSEWHERE)  # another attempt has begun meanwhile
        return self.finish(outgoing, letter)

    def finish(self, outgoing: Outgoing, letter: Letter | None = None) -> Result | Busy:
        """What is left once a letter is accepted; all of it may be done again."""
        desk, send = self._desk, outgoing.send
        if send.is_draft:
            return Accepted("a draft, for a person to send")
        if outgoing.for_a_person:
            waits = desk.forwarding.forward(outgoing)
            if waits is not None:
                return waits
        else:
            desk.errands.answered(outgoing)
        if letter is None:  # by an attempt that ended right after it: as it was then
            begun_at = datetime.fromtimestamp(send.since, UTC)
            receiver = sendable(outgoing.receiver) or outgoing.channel.address
            letter = desk.letters.answer(outgoing, receiver, begun_at)
        desk.errands.copy(outgoing, letter.content)
        desk.after(outgoing.outcome, outgoing.conversation, self._clock().timestamp())
        return Accepted(send.state.value)

    def draft(self, outgoing: Outgoing, attempt: int | None = None) -> Result | Busy:
        """Lay the letter into the drafts: an errand that may be written again.

        It is delivered once it lies there. Where the mailbox is away for a day, a person is called;
        the draft still appears, should it come back.

        Args:
            outgoing: whose letter.
            attempt: an earlier one that ended in between.
        """
        desk, question_id = self._desk, outgoing.question.id
        receiver = sendable(outgoing.receiver) or ""
        if not self._bind(outgoing):
            return Dropped(ERASED)
        if attempt is None:
            attempt = desk.sends.begin(question_id, outgoing.send, outgoing.channel.name, DRAFTED)
            if attempt is None:
                return Busy(_ELSEWHERE)
        match desk.errands.draft_fate(outgoing):
            case Fate.DONE:
                desk.sends.move(question_id, attempt, Change(SendState.ACCEPTED))
                return Accepted("a draft, for a person to send")
            case Fate.ASIDE:
                return self._refusals.undrafted(outgoing)
            case Fate.UNKNOWN:
                letter = desk.letters.answer(outgoing, receiver, self._clock())
                desk.errands.draft(outgoing, letter.content)
        if outgoing.send.age > _DRAFTED_BY.total_seconds():
            return self._refusals.undrafted(outgoing)
        return Busy(_LAID)

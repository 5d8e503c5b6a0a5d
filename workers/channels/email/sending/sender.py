"""Sends outcomes to patients by mail: one answer, one letter, in its thread, and none ever twice.

Here it is decided whether a letter goes; `handover` hands it over, in the order of steps that keeps
it from going twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from workers.channels.email.sending.desk import Desk
from workers.channels.email.sending.handover import ERASED, Handover
from workers.channels.email.sending.letter import own_id, sendable
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.refusals import Refusals
from workers.channels.limits import Permit
from workers.channels.sending import taken_over, wait_unclear, without_channel
from workers.contracts.email_channel import EmailChannel
from workers.contracts.mail_bounds import Bound
from workers.contracts.question import Outcome, Question
from workers.contracts.reply import EmailAddress
from workers.contracts.send import SendState
from workers.delivery.backoff import Dropped, Result
from workers.delivery.hosts import Busy


class EmailSender:
    """Sends outcomes by SMTP, or lays them into the drafts; a `Sender`. Safe for threads."""

    def __init__(
        self, desk: Desk, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._refusals = Refusals(desk.sends, desk.limits, desk.errands)
        self._handover = Handover(desk, self._refusals, clock)

    def send(self, question: Question, outcome: Outcome, address: EmailAddress) -> Result | Busy:
        """Make one attempt, or say why none is made; see `Sender`."""
        channel = self._desk.book.named(address.channel)
        conversation = self._desk.conversations.get(address.conversation)
        if conversation is None:
            return Dropped(ERASED)
        if not isinstance(channel, EmailChannel) or channel.tenant != conversation.tenant:
            return without_channel(self._desk.sends, question, conversation, self._clock())
        send = self._desk.sends.get(question.id)
        outgoing = Outgoing(question, outcome, address, channel, conversation, send)
        if outgoing.is_unanswered:
            return Dropped("nobody waits for an answer to thanks")
        if outgoing.for_a_person and channel.handoff == "flag":
            self._desk.errands.flag(outgoing)
        fate = self._known_fate(outgoing)
        if fate is not None:
            return fate
        return self._unwanted(outgoing) or self._attempt(outgoing)

    # -- what an earlier attempt, the mailbox or a bounce says ------------------------------------

    def _known_fate(self, outgoing: Outgoing) -> Result | Busy | None:
        """What is to be done without sending; None where the letter is to be sent."""
        send = outgoing.send
        if send.state is SendState.OPEN:
            return None
        if send.state is SendState.FAILED:
            self._desk.failed(outgoing.conversation, send.since)
            return self._refusals.bounced(outgoing)
        if send.state.is_unclear and send.is_draft:
            return self._handover.draft(outgoing, send.attempt)
        if send.state.is_unclear:
            return self._unclear(outgoing)
        return self._handover.finish(outgoing)

    def _unclear(self, outgoing: Outgoing) -> Result | Busy | None:
        """A letter of unknown fate: wait for word of it, then as the channel says.

        Word of it is a bounce, an answer to it, or itself among what was sent.
        """
        channel, send = outgoing.channel, outgoing.send
        patience = timedelta(minutes=channel.ambiguous_minutes)
        question_id, message_id = outgoing.question.id, own_id(outgoing.question.id, channel)
        waits = wait_unclear(self._desk.sends, question_id, send, patience, message_id)
        if waits is not None:
            return waits
        if channel.ambiguous == "resend" and not send.resent:
            return None
        return self._refusals.give_up_unclear(outgoing)

    def _unwanted(self, outgoing: Outgoing) -> Result | None:
        if outgoing.by_person or outgoing.is_urgent:
            return None
        return taken_over(self._desk.sends, outgoing.conversation, self._clock())

    # -- one letter -------------------------------------------------------------------------------

    def _attempt(self, outgoing: Outgoing) -> Result | Busy:
        receiver = sendable(outgoing.receiver)
        if receiver is None:
            detail = "the sender's address cannot be written to"
            return self._refusals.call_person(outgoing, "undeliverable", detail)
        if self._is_silent(outgoing):
            told = Dropped("a person answers; the patient is not told of it, or was before")
            return self._desk.forwarding.forward(outgoing) or told
        now = self._clock()
        held = self._held(outgoing, receiver, now) or self._bounded(outgoing, now)
        if held is not None:
            return held
        if outgoing.is_drafted:
            return self._handover.draft(outgoing)
        return self._handover.hand_over(outgoing, receiver, now)

    def _held(self, outgoing: Outgoing, receiver: str, now: datetime) -> Busy | None:
        """What follows where the channel is paused, or must not send so fast."""
        ticket = self._desk.limits.take(outgoing.channel, receiver, now)
        return None if ticket.permit is Permit.GO else Busy(ticket.wait)

    def _is_silent(self, outgoing: Outgoing) -> bool:
        """Whether the patient is told nothing of a person who sees to his mail."""
        if not outgoing.for_a_person or outgoing.is_urgent:
            return False
        if not outgoing.channel.acknowledge or outgoing.is_drafted:
            return True
        claim = self._desk.acknowledgements.claim
        return not claim(outgoing.conversation.id, outgoing.question.id)

    def _bounded(self, outgoing: Outgoing, now: datetime) -> Result | Busy | None:
        """What follows where no automatic answer may go now.

        An emergency's text waits for nobody's, and has bounds of its own: a person is called to
        every one in any case, and is forwarded each where the channel forwards.
        """
        if outgoing.by_person:
            return None
        passage = self._desk.bounds.take(
            outgoing.channel,
            outgoing.receiver,
            outgoing.conversation.id,
            outgoing.answered or outgoing.question.id,
            now.timestamp(),
            outgoing.question.id,
            urgent=outgoing.is_urgent,
        )
        match passage.bound:
            case Bound.GO:
                return None
            case Bound.WAIT:
                return Busy(timedelta(seconds=passage.seconds))
            case Bound.LOOP:
                forwards = self._desk.forwarding.forward if outgoing.is_urgent else None
                return (forwards and forwards(outgoing)) or self._refusals.looped(outgoing)

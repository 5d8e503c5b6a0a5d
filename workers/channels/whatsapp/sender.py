"""Sends outcomes to patients on WhatsApp: one answer, one message, and none ever twice.

The order of steps is what keeps that: `sending` is written before the request, what came of it
after. An attempt that finds `sending` or `ambiguous` of an earlier one sends nothing: it waits for
the status that names the question, and then a person sees to it, or as the channel says it is
sent once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from workers.channels.sending import taken_over, wait_unclear, without_channel
from workers.channels.whatsapp import codes
from workers.channels.whatsapp.graph import (
    GraphClient,
    GraphReply,
    NoAnswer,
    NotWritten,
    Rejected,
    Sent,
)
from workers.channels.whatsapp.letter import (
    Envelope,
    address_for,
    template_message,
    text_message,
)
from workers.channels.whatsapp.limits import Limits, Passage, Permit
from workers.channels.whatsapp.refusals import Outgoing, Refusals
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Conversation
from workers.contracts.question import Outcome, Question
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.send import Change, SendState
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.delivery.backoff import Accepted, Ambiguous, Dropped, NoReply, Result
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: The time after a patient's last message in which anything may be sent to him.
_WINDOW: Final = timedelta(hours=24)
#: When a delivery comes back that another worker has.
_ELSEWHERE: Final = timedelta(seconds=2)

#: Makes the one text that is sent; the last argument is now, in Unix seconds.
Compose = Callable[[Outcome, Conversation, WhatsAppChannel, float], str]


class Conversations(Protocol):
    """What a sender needs of the conversations."""

    def get(self, conversation_id: str) -> Conversation | None:
        """A conversation as it is now."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with: all of it is shared by the workers, or safe for threads.

    Attributes:
        after: called once Meta has taken an outcome's text, with now in Unix seconds.
        failed: called where a message never arrived, with when it was begun in Unix seconds.
    """

    book: ChannelBook
    conversations: Conversations
    sends: SendStore
    limits: Limits
    graph: GraphClient
    compose: Compose
    after: Callable[[Outcome, Conversation, float], object] = lambda *_: None
    failed: Callable[[Conversation, float], object] = lambda *_: None


class WhatsAppSender:
    """Sends outcomes through the Graph API; a `Sender`. Safe for threads."""

    def __init__(
        self, desk: Desk, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._refusals = Refusals(desk.sends, desk.limits)

    def send(self, question: Question, outcome: Outcome, address: WhatsAppAddress) -> Result | Busy:
        """Make one attempt, or say why none is made; see `Sender`."""
        channel = self._desk.book.named(address.channel)
        conversation = self._desk.conversations.get(address.conversation)
        if conversation is None:
            return Dropped("the conversation was erased")
        if not isinstance(channel, WhatsAppChannel) or channel.tenant != conversation.tenant:
            return without_channel(self._desk.sends, question, conversation, self._clock())
        send = self._desk.sends.get(question.id)
        outgoing = Outgoing(question, outcome, address, channel, conversation, send)
        fate = self._known_fate(outgoing)
        if fate is not None:
            return fate
        return self._unwanted(outgoing) or self._attempt(outgoing)

    # -- what an earlier attempt or a status says -------------------------------------------------

    def _known_fate(self, outgoing: Outgoing) -> Result | Busy | None:
        """What is to be done without a request; None where one is to be made."""
        send = outgoing.send
        if send.state is SendState.OPEN:
            return None
        if send.state is SendState.FAILED:
            self._desk.failed(outgoing.conversation, send.since)
            return self._refusals.follow(outgoing, send.code, codes.decide(send.code))
        if send.state.is_unclear:
            return self._unclear(outgoing)
        return Accepted(f"{send.state.value}, as its status says")

    def _unclear(self, outgoing: Outgoing) -> Result | Busy | None:
        """A message of unknown fate: wait for its status, then as the channel says."""
        send, channel = outgoing.send, outgoing.channel
        patience = timedelta(minutes=channel.ambiguous_minutes)
        waits = wait_unclear(self._desk.sends, outgoing.question.id, send, patience)
        if waits is not None:
            return waits
        if channel.ambiguous == "resend" and not send.resent:
            return None
        return self._refusals.give_up_unclear(outgoing)

    # -- whether it is still wanted ---------------------------------------------------------------

    def _unwanted(self, outgoing: Outgoing) -> Result | None:
        if outgoing.by_person or outgoing.is_urgent:
            return None
        return taken_over(self._desk.sends, outgoing.conversation, self._clock())

    def _window_is_open(self, conversation: Conversation) -> bool:
        last = datetime.fromtimestamp(conversation.last_message_at, UTC)
        return self._clock() - last < _WINDOW

    # -- one request ------------------------------------------------------------------------------

    def _attempt(self, outgoing: Outgoing) -> Result | Busy:
        is_open = self._window_is_open(outgoing.conversation)
        template = outgoing.send.template == "due" or not is_open
        if template and not outgoing.may_use_template:
            return self._refusals.window_closed(outgoing)
        address = address_for(outgoing.conversation.recipient, outgoing.send.address)
        if address is None:
            return self._refusals.call_person(
                outgoing, "undeliverable", "the contact has no address"
            )
        passage = Passage(
            outgoing.channel,
            outgoing.conversation.id,
            free=outgoing.by_person,
            urgent=outgoing.is_urgent,
            template=template,
        )
        ticket = self._desk.limits.take(passage, self._clock())
        match ticket.permit:
            case Permit.WAIT | Permit.PAUSED:
                return Busy(ticket.wait)
            case Permit.CAPPED | Permit.COSTLY | Permit.NO_TEMPLATES:
                return self._refusals.capped(outgoing, ticket.permit)
            case Permit.GO:
                return self._request(outgoing, address, template=template)

    def _request(self, outgoing: Outgoing, address: str, *, template: bool) -> Result | Busy:
        question, channel, conversation = outgoing.question, outgoing.channel, outgoing.conversation
        envelope = Envelope(
            address, conversation.recipient[address], outgoing.address.message, question.id
        )
        text = None
        if template:
            message = template_message(envelope, channel)
        else:
            text = self._desk.compose(
                outgoing.outcome, conversation, channel, self._clock().timestamp()
            )
            message = text_message(envelope, text)
        attempt = self._desk.sends.begin(question.id, outgoing.send, channel.name, address, text)
        if attempt is None:
            return Busy(_ELSEWHERE)
        reply = self._desk.graph.send(channel, message)
        return self._follow(outgoing, attempt, reply)

    def _follow(self, outgoing: Outgoing, attempt: int, reply: GraphReply) -> Result | Busy:
        """Note what came of the request, and do what follows from all that is known then."""
        sends, question_id = self._desk.sends, outgoing.question.id
        match reply:
            case Sent(message_id):
                now = sends.move(question_id, attempt, Change(SendState.ACCEPTED, message_id))
                if now.state is not SendState.FAILED:  # a status may have come first
                    self._note_sent(outgoing.after(now))
            case NotWritten(reason):
                now = sends.move(question_id, attempt, Change(SendState.OPEN))
                if now.state is SendState.OPEN:
                    self._refusals.note_delay(outgoing)
                    return NoReply(reason)
            case NoAnswer(reason):
                now = sends.move(question_id, attempt, Change(SendState.AMBIGUOUS))
                if now.state is SendState.AMBIGUOUS:
                    minutes = outgoing.channel.ambiguous_minutes
                    _log.warning("send_ambiguous", question=question_id, detail=reason)
                    return Ambiguous(reason, timedelta(minutes=minutes))
            case Rejected(code):
                now = sends.move(question_id, attempt, Change(SendState.OPEN, code=code))
                if now.state is SendState.OPEN:
                    return self._refusals.follow(outgoing.after(now), code, _decision(reply))
        return self._after_status(outgoing.after(now))

    def _note_sent(self, outgoing: Outgoing) -> None:
        desk, conversation = self._desk, outgoing.conversation
        desk.limits.ease(outgoing.channel, conversation.id)
        if outgoing.send.template == "1":  # the outcome itself has not been sent
            desk.sends.call_person(conversation.id, "window_closed")
        else:
            desk.after(outgoing.outcome, conversation, self._clock().timestamp())

    def _after_status(self, outgoing: Outgoing) -> Result | Busy:
        """The message is accepted, or a status that came first says more."""
        send = outgoing.send
        if send.state is SendState.FAILED:
            return self._refusals.follow(outgoing, send.code, codes.decide(send.code))
        if send.state.is_unclear or send.state is SendState.OPEN:
            return Busy(_ELSEWHERE)  # another attempt has begun meanwhile
        return Accepted(send.state.value)


def _decision(reply: Rejected) -> codes.Decision:
    return codes.decide(
        reply.code,
        reply.details,
        is_transient=reply.is_transient,
        subcode=reply.subcode,
        status=reply.status,
    )

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

from workers.channels.sending import taken_over, wait_unclear
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
from workers.channels.whatsapp.refusals import Errand, Refusals
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Conversation
from workers.contracts.question import Outcome, Question
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.send import Change, SendState
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.delivery.backoff import Accepted, Ambiguous, Dropped, NoReply, Refused, Result
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: The time after a patient's last message in which anything may be sent to him.
_WINDOW: Final = timedelta(hours=24)
#: When a delivery comes back whose channel has no file, or that another worker has.
_NO_CHANNEL, _ELSEWHERE = timedelta(seconds=30), timedelta(seconds=2)

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
            return self._without_channel(question, conversation)
        send = self._desk.sends.get(question.id)
        errand = Errand(question, outcome, address, channel, conversation, send)
        fate = self._known_fate(errand)
        if fate is not None:
            return fate
        return self._unwanted(errand) or self._attempt(errand)

    def _without_channel(self, question: Question, conversation: Conversation) -> Result | Busy:
        """Its file may come back, as long as the patient may be written to; see `send`."""
        last = max(conversation.last_message_at, question.ended_at or 0.0)
        if self._clock().timestamp() - last < _WINDOW.total_seconds():
            return Busy(_NO_CHANNEL)
        _log.error("channel_gone", question=question.id, channel=conversation.channel)
        self._desk.sends.call_person(conversation.id, "channel_gone")
        return Refused("the channel's file has been gone for 24 hours")

    # -- what an earlier attempt or a status says -------------------------------------------------

    def _known_fate(self, errand: Errand) -> Result | Busy | None:
        """What is to be done without a request; None where one is to be made."""
        send = errand.send
        if send.state is SendState.OPEN:
            return None
        if send.state is SendState.FAILED:
            self._desk.failed(errand.conversation, send.since)
            return self._refusals.follow(errand, send.code, codes.decide(send.code))
        if send.state.is_unclear:
            return self._unclear(errand)
        return Accepted(f"{send.state.value}, as its status says")

    def _unclear(self, errand: Errand) -> Result | Busy | None:
        """A message of unknown fate: wait for its status, then as the channel says."""
        send, channel = errand.send, errand.channel
        patience = timedelta(minutes=channel.ambiguous_minutes)
        waits = wait_unclear(self._desk.sends, errand.question.id, send, patience)
        if waits is not None:
            return waits
        if channel.ambiguous == "resend" and not send.resent:
            return None
        return self._refusals.give_up_unclear(errand)

    # -- whether it is still wanted ---------------------------------------------------------------

    def _unwanted(self, errand: Errand) -> Result | None:
        if errand.by_person or errand.is_urgent:
            return None
        return taken_over(self._desk.sends, errand.conversation, self._clock())

    def _window_is_open(self, conversation: Conversation) -> bool:
        last = datetime.fromtimestamp(conversation.last_message_at, UTC)
        return self._clock() - last < _WINDOW

    # -- one request ------------------------------------------------------------------------------

    def _attempt(self, errand: Errand) -> Result | Busy:
        is_open = self._window_is_open(errand.conversation)
        template = errand.send.template == "due" or not is_open
        if template and not errand.may_use_template:
            return self._refusals.window_closed(errand)
        address = address_for(errand.conversation.recipient, errand.send.address)
        if address is None:
            return self._refusals.call_person(errand, "undeliverable", "the contact has no address")
        passage = Passage(
            errand.channel,
            errand.conversation.id,
            free=errand.by_person,
            urgent=errand.is_urgent,
            template=template,
        )
        ticket = self._desk.limits.take(passage, self._clock())
        match ticket.permit:
            case Permit.WAIT | Permit.PAUSED:
                return Busy(ticket.wait)
            case Permit.CAPPED | Permit.COSTLY | Permit.NO_TEMPLATES:
                return self._refusals.capped(errand, ticket.permit)
            case Permit.GO:
                return self._request(errand, address, template=template)

    def _request(self, errand: Errand, address: str, *, template: bool) -> Result | Busy:
        question, channel, conversation = errand.question, errand.channel, errand.conversation
        envelope = Envelope(
            address, conversation.recipient[address], errand.address.message, question.id
        )
        text = None
        if template:
            message = template_message(envelope, channel)
        else:
            text = self._desk.compose(
                errand.outcome, conversation, channel, self._clock().timestamp()
            )
            message = text_message(envelope, text)
        attempt = self._desk.sends.begin(question.id, errand.send, channel.name, address, text)
        if attempt is None:
            return Busy(_ELSEWHERE)
        reply = self._desk.graph.send(channel, message)
        return self._follow(errand, attempt, reply)

    def _follow(self, errand: Errand, attempt: int, reply: GraphReply) -> Result | Busy:
        """Note what came of the request, and do what follows from all that is known then."""
        sends, question_id = self._desk.sends, errand.question.id
        match reply:
            case Sent(message_id):
                now = sends.move(question_id, attempt, Change(SendState.ACCEPTED, message_id))
                if now.state is not SendState.FAILED:  # a status may have come first
                    self._note_sent(errand.after(now))
            case NotWritten(reason):
                now = sends.move(question_id, attempt, Change(SendState.OPEN))
                if now.state is SendState.OPEN:
                    self._refusals.note_delay(errand)
                    return NoReply(reason)
            case NoAnswer(reason):
                now = sends.move(question_id, attempt, Change(SendState.AMBIGUOUS))
                if now.state is SendState.AMBIGUOUS:
                    minutes = errand.channel.ambiguous_minutes
                    _log.warning("send_ambiguous", question=question_id, detail=reason)
                    return Ambiguous(reason, timedelta(minutes=minutes))
            case Rejected(code):
                now = sends.move(question_id, attempt, Change(SendState.OPEN, code=code))
                if now.state is SendState.OPEN:
                    return self._refusals.follow(errand.after(now), code, _decision(reply))
        return self._after_status(errand.after(now))

    def _note_sent(self, errand: Errand) -> None:
        desk, conversation = self._desk, errand.conversation
        desk.limits.ease(errand.channel, conversation.id)
        if errand.send.template == "1":  # the outcome itself has not been sent
            desk.sends.call_person(conversation.id, "window_closed")
        else:
            desk.after(errand.outcome, conversation, self._clock().timestamp())

    def _after_status(self, errand: Errand) -> Result | Busy:
        """The message is accepted, or a status that came first says more."""
        send = errand.send
        if send.state is SendState.FAILED:
            return self._refusals.follow(errand, send.code, codes.decide(send.code))
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

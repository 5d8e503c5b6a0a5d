"""Hands what needs a person on to an address of the clinic's, where the channel says so: once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workers.channels.email.sending.attempt import Attempt
from workers.channels.email.sending.codes import Action, decide
from workers.channels.email.sending.letter import sendable
from workers.channels.email.sending.limits import MailLimits
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.refusals import log_refusal
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_reply import (
    NotSent,
    Rejected,
    Sent,
    SmtpReply,
    Unknown,
    Withheld,
)
from workers.channels.email.sending.writing import Letters
from workers.channels.limits import Permit
from workers.contracts import logs
from workers.contracts.send import Change, SendState
from workers.contracts.sends import SendStore
from workers.delivery.backoff import NoReply, Result, Unavailable
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Forwards. Safe for threads.

    What becomes of a forwarded mail is kept as of a letter to a patient, under a name of its own:
    one of unknown fate is not sent again, since the console's queue has it in any case.
    """

    sends: SendStore
    limits: MailLimits
    client: SmtpClient
    letters: Letters
    clock: Callable[[], datetime] = field(default=_now)

    def forward(self, outgoing: Outgoing) -> Result | Busy | None:
        """Forward what was asked; None: it is done, or never will be. Else it is tried again."""
        channel, name = outgoing.channel, f"{outgoing.question.id}.forward"
        receiver = sendable(outgoing.receiver)
        if channel.handoff != "forward" or receiver is None:
            return None
        send = self.sends.get(name)
        if send.state is not SendState.OPEN:
            return None
        now = self.clock()
        ticket = self.limits.take(channel, channel.forward_to or "", now)
        if ticket.permit in {Permit.WAIT, Permit.PAUSED}:
            return Busy(ticket.wait)
        null_sender = self.limits.takes_null(channel)
        letter = self.letters.forward(outgoing, receiver, now, null_sender=null_sender)
        attempt = Attempt(self.sends, name, send, channel.name)
        reply = self.client.send(channel, letter, attempt.begin)
        state, result = self._follow(outgoing, reply)
        attempt.note(Change(state))
        return result

    def _follow(
        self, outgoing: Outgoing, reply: SmtpReply
    ) -> tuple[SendState, Result | Busy | None]:
        channel = outgoing.channel
        match reply:
            case Sent() | Withheld():
                return SendState.ACCEPTED, None
            case Unknown(reason):
                _log.warning("forward_ambiguous", question=outgoing.question.id, detail=reason)
                return SendState.AMBIGUOUS, None
            case NotSent(reason):
                return SendState.OPEN, NoReply(reason)
            case Rejected():
                decision = decide(reply.stage, reply.code, reply.enhanced)
                log_refusal(outgoing, reply, decision)
                result: Result | Busy | None = None
                if decision.action is Action.RETRY:
                    result = Unavailable(decision.reason)
                elif decision.action is Action.WAIT_CHANNEL:
                    result = Busy(self.limits.hold(channel.name))
                elif decision.action is Action.PAUSE_CHANNEL:
                    result = Busy(self.limits.pause(channel, reply.code, decision))
                return (SendState.OPEN if result else SendState.FAILED), result

"""What follows where a letter was refused, or is not to be sent. Nothing goes silently.

Either it is tried again, or the conversation goes to a person, whose mailbox shows it, too.
"""

from dataclasses import dataclass
from typing import Final

from workers.channels.email.sending.codes import Action, Decision, decide
from workers.channels.email.sending.limits import MailLimits
from workers.channels.email.sending.mailbox_errands import MailboxErrands
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.smtp_reply import Rejected
from workers.contracts import logs
from workers.contracts.sends import SendStore
from workers.delivery.backoff import Refused, Result, Unavailable
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: A person is called at this attempt that came to nothing; what is sent is tried on.
_DELAYED_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Refusals:
    """Follows refusals. Safe for threads."""

    sends: SendStore
    limits: MailLimits
    errands: MailboxErrands

    def follow(self, outgoing: Outgoing, reply: Rejected) -> Result | Busy:
        """Do what a refusal asks for; the letter has certainly not gone, and may be sent again."""
        decision = decide(reply.stage, reply.code, reply.enhanced)
        log_refusal(outgoing, reply, decision)
        match decision.action:
            case Action.RETRY:
                self.note_delay(outgoing)
                return Unavailable(_detail(reply, decision))
            case Action.WAIT_CHANNEL:
                return Busy(self.limits.hold(outgoing.channel.name))
            case Action.PAUSE_CHANNEL:
                return Busy(self.limits.pause(outgoing.channel, reply.code, decision))
            case Action.PERSON:
                return self.call_person(outgoing, "undeliverable", _detail(reply, decision))

    def bounced(self, outgoing: Outgoing) -> Result:
        """It was refused for good, or a server further on sent it back."""
        return self.call_person(outgoing, "undeliverable", "it came back, or was refused for good")

    def looped(self, outgoing: Outgoing) -> Result:
        """Its receiver has had all the automatic answers that he may: perhaps he is a program."""
        _log.error("send_capped", channel=outgoing.channel.name, reason="loop")
        return self.call_person(
            outgoing, "loop", "the bounds of automatic answers are reached: nothing was sent"
        )

    def give_up_unclear(self, outgoing: Outgoing) -> Result:
        """Nobody knows whether the patient has it: a person looks."""
        _log.error("send_unclear", question=outgoing.question.id, channel=outgoing.channel.name)
        return self.call_person(
            outgoing, "delivery_unknown", "the server did not say whether it took the letter"
        )

    def undrafted(self, outgoing: Outgoing) -> Result:
        """A draft does not lie in the mailbox, however often or long it was tried."""
        return self.call_person(outgoing, "draft_failed", "the mailbox did not take the draft")

    def note_delay(self, outgoing: Outgoing) -> None:
        """Call a person to a letter that was tried in vain a few times; it is tried on."""
        if outgoing.question.delivery_attempts + 1 >= _DELAYED_ATTEMPTS:
            self.sends.call_person(outgoing.conversation.id, "delivery_delayed")
            self.errands.flag(outgoing)

    def call_person(self, outgoing: Outgoing, reason: str, detail: str) -> Refused:
        """Put the conversation into the queue of those that wait for a person; flag its mail."""
        self.sends.call_person(outgoing.conversation.id, reason)
        self.errands.flag(outgoing)
        return Refused(detail)


def log_refusal(outgoing: Outgoing, reply: Rejected, decision: Decision) -> None:
    """Write down that a letter was refused, in words that name no patient."""
    log = _log.error if decision.loud else _log.warning
    log(
        "send_refused",
        question=outgoing.question.id,
        channel=outgoing.channel.name,
        stage=reply.stage.value,
        code=reply.code,
        enhanced=reply.enhanced,
        action=decision.action.value,
        reason=decision.reason,
    )


def _detail(reply: Rejected, decision: Decision) -> str:
    code = " ".join(filter(None, (str(reply.code or ""), reply.enhanced)))
    return f"SMTP {code or reply.stage.value}: {decision.reason}"

"""What follows where a message was refused, or is not to be sent: by its code, as one dispatch.

Nothing goes silently: either it is tried again, or the conversation goes to a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from workers.answering.triage.reasons import Reason
from workers.channels.whatsapp.codes import Action, Decision
from workers.channels.whatsapp.letter import other_address
from workers.channels.whatsapp.limits import Limits, Permit
from workers.contracts import logs
from workers.contracts.conversation import Conversation
from workers.contracts.question import Outcome, Question, Way
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.send import Change, Send, SendState
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.delivery.backoff import Dropped, Refused, Result, Unavailable
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: A message is tried again by other means at once, one that the number's quality forbade in an
#: hour.
_AT_ONCE, _AFTER_SPAM = timedelta(), timedelta(hours=1)
#: A person is called at this attempt, or wait, that came to nothing; what is sent is tried on.
_DELAYED_ATTEMPTS, _DELAYED_WAIT = 3, timedelta(seconds=4**2)
#: Why a person is called where a limit of ours stops a message; the permit is the reason's name.
_CAPS: Final[Mapping[Permit, tuple[str, str]]] = {
    Permit.CAPPED: ("contact_cap", "the contact has had all the answers of a day"),
    Permit.COSTLY: ("billed_cap", "the number has sent all the billed messages of a month"),
    Permit.NO_TEMPLATES: ("window_closed", "no template may be sent from this number now"),
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outcome on its way: all that is known of it.

    Attributes:
        send: what is known of its message.
    """

    question: Question
    outcome: Outcome
    address: WhatsAppAddress
    channel: WhatsAppChannel
    conversation: Conversation
    send: Send

    @property
    def by_person(self) -> bool:
        """Whether a person of the clinic wrote it: pauses and caps are not for that."""
        return self.outcome.way is Way.PERSON

    @property
    def is_urgent(self) -> bool:
        """Whether it is the fixed text of an emergency: nobody's silence and no cap stops it."""
        return self.outcome.way is None and self.outcome.reason == Reason.EMERGENCY

    @property
    def may_use_template(self) -> bool:
        """Whether the channel has a template that was not tried, and the contact wants any."""
        has_one = self.channel.template is not None and self.send.template != "1"
        return has_one and self.conversation.opted_out_at is None

    def after(self, send: Send) -> "Outgoing":
        """The same with what is known now."""
        return replace(self, send=send)


class Refusals:
    """Follows refusals. Safe for threads."""

    def __init__(self, sends: SendStore, limits: Limits) -> None:
        self._sends = sends
        self._limits = limits
        self._actions: Mapping[Action, Callable[[Outgoing, int, Decision], Result | Busy]] = {
            Action.RETRY: self._retry,
            Action.WAIT_NUMBER: self._wait_number,
            Action.WAIT_CONTACT: self._wait_contact,
            Action.PAUSE_CHANNEL: self._pause_channel,
            Action.STOP_PROACTIVE: self._stop_proactive,
            Action.WINDOW_CLOSED: self._window_closed,
            Action.OTHER_ADDRESS: self._other_address,
            Action.BY_PHONE: self._other_address,
            Action.PERSON: self._person,
            Action.DROP: self._drop,
        }

    def follow(self, outgoing: Outgoing, code: int, decision: Decision) -> Result | Busy:
        """Do what a code asks for; the message is certainly not delivered."""
        log = _log.error if decision.loud else _log.warning
        log(
            "send_refused",
            question=outgoing.question.id,
            channel=outgoing.channel.name,
            code=code,
            action=decision.action.value,
            reason=decision.reason,
        )
        return self._actions[decision.action](outgoing, code, decision)

    def window_closed(self, outgoing: Outgoing) -> Result:
        """Nothing may be sent to this contact now: a person sees to it."""
        return self.call_person(
            outgoing, "window_closed", "the 24 hours since the contact's last message are over"
        )

    def capped(self, outgoing: Outgoing, permit: Permit) -> Result:
        """A limit of ours stops it: a person sees to it."""
        reason, detail = _CAPS[permit]
        _log.error("send_capped", channel=outgoing.channel.name, reason=reason)
        return self.call_person(outgoing, reason, detail)

    def give_up_unclear(self, outgoing: Outgoing) -> Result:
        """Nobody knows whether the patient has it: a person looks."""
        _log.error("send_unclear", question=outgoing.question.id, channel=outgoing.channel.name)
        return self.call_person(
            outgoing, "delivery_unknown", "no reply and no status: nobody knows whether it arrived"
        )

    def note_delay(self, outgoing: Outgoing) -> None:
        """Call a person to a message that was tried in vain a few times; it is tried on."""
        if outgoing.question.delivery_attempts + 1 >= _DELAYED_ATTEMPTS:
            self._sends.call_person(outgoing.conversation.id, "delivery_delayed")

    def call_person(self, outgoing: Outgoing, reason: str, detail: str) -> Refused:
        """Put the conversation into the queue of those that wait for a person."""
        self._sends.call_person(outgoing.conversation.id, reason)
        return Refused(detail)

    # -- one for each action ----------------------------------------------------------------------

    def _retry(self, outgoing: Outgoing, code: int, decision: Decision) -> Result:
        self._reopen(outgoing)
        self.note_delay(outgoing)
        at_least = timedelta(seconds=decision.wait_seconds)
        return Unavailable(_detail(code, decision), at_least)

    def _wait_number(self, outgoing: Outgoing, _code: int, _decision: Decision) -> Busy:
        self._reopen(outgoing)
        return Busy(self._limits.hold_number(outgoing.channel))

    def _wait_contact(self, outgoing: Outgoing, _code: int, _decision: Decision) -> Busy:
        self._reopen(outgoing)
        wait = self._limits.hold_contact(outgoing.channel, outgoing.conversation.id)
        if wait >= _DELAYED_WAIT:  # the third refusal in a row
            self._sends.call_person(outgoing.conversation.id, "delivery_delayed")
        return Busy(wait)

    def _pause_channel(self, outgoing: Outgoing, code: int, decision: Decision) -> Busy:
        self._reopen(outgoing)
        return Busy(self._limits.pause(outgoing.channel, code, decision))

    def _stop_proactive(self, outgoing: Outgoing, code: int, decision: Decision) -> Result:
        self._reopen(outgoing)
        self.note_delay(outgoing)
        self._limits.stop_templates(outgoing.channel, code, decision.reason)
        return Unavailable(_detail(code, decision), _AFTER_SPAM)

    def _window_closed(self, outgoing: Outgoing, _code: int, _decision: Decision) -> Result | Busy:
        if not outgoing.may_use_template:
            return self.window_closed(outgoing)
        self._reopen(outgoing, ("template", "due"))
        return Busy(_AT_ONCE)

    def _other_address(self, outgoing: Outgoing, code: int, decision: Decision) -> Result | Busy:
        other = other_address(outgoing.conversation.recipient, outgoing.send.address)
        if outgoing.send.moved or other is None:
            return self._person(outgoing, code, decision)
        self._reopen(outgoing, ("moved", "1"), ("address", other))
        return Busy(_AT_ONCE)

    def _person(self, outgoing: Outgoing, code: int, decision: Decision) -> Result:
        self._fail(outgoing, code)
        return self.call_person(outgoing, "undeliverable", _detail(code, decision))

    def _drop(self, outgoing: Outgoing, code: int, decision: Decision) -> Result:
        self._fail(outgoing, code)
        return Dropped(_detail(code, decision))

    def _reopen(self, outgoing: Outgoing, *fields: tuple[str, str]) -> None:
        """It may be sent again, with what the next attempt has to know."""
        change = Change(SendState.OPEN, fields=fields)
        self._sends.move(outgoing.question.id, outgoing.send.attempt, change)

    def _fail(self, outgoing: Outgoing, code: int) -> None:
        change = Change(SendState.FAILED, code=code)
        self._sends.move(outgoing.question.id, outgoing.send.attempt, change)


def _detail(code: int, decision: Decision) -> str:
    return f"Graph {code}: {decision.reason}"

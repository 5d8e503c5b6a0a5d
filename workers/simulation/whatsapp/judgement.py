"""Whether a message may be sent, as Meta judges it: at once, or by a failed status later."""

import re
from dataclasses import dataclass
from typing import Any

from workers.simulation.whatsapp.account import Account, Number, Template
from workers.simulation.whatsapp.chat import Bubble
from workers.simulation.whatsapp.exchange import Exchange
from workers.simulation.whatsapp.parts import TemplateUse
from workers.simulation.whatsapp.patient import USER_ID, Patient, digits, new_message_id
from workers.simulation.whatsapp.refusal import Refusal
from workers.simulation.whatsapp.request import ReadMark, Send

#: States of a template that have a code of their own.
_TEMPLATE_STATES = {"PAUSED": 132015, "DISABLED": 132016}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A message that is accepted.

    Attributes:
        patient: who gets it.
        bubble: what the phone will show; its `error` says why it will fail.
        address: as the request gave it.
    """

    patient: Patient
    bubble: Bubble
    address: str

    def reply(self) -> dict[str, Any]:
        """The body of the reply."""
        contact = {"input": self.address}
        if self.bubble.by_user_id:
            contact["user_id"] = self.patient.user_id
        else:
            contact["wa_id"] = self.patient.wa_id or ""
        message = {"id": self.bubble.id}
        if self.bubble.kind == "template":
            message["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def judge(exchange: Exchange, number: Number, request: Send, *, late_errors: bool) -> Verdict:
    """Decide about a message.

    Args:
        exchange: the state of all; its lock is held by the caller.
        number: that sends.
        request: what was posted.
        late_errors: whether a closed window and a block come as a failed status, as Meta mostly
            does; else as the reply.

    Raises:
        Refusal: it is not accepted.
    """
    now = exchange.clock.now()
    _check_state(exchange.account, number)
    if not number.limits.number(now):
        raise Refusal(130429, "Cloud API message throughput has been reached.")
    patient, address = _recipient(exchange, number, request)
    template = _template(exchange.account, request.template)
    if template and template.category == "AUTHENTICATION" and request.to is None:
        raise Refusal(131062)
    chat = exchange.chat(number, patient)
    replies_to = request.context.message_id if request.context else None
    reacts_to = request.reaction.message_id if request.reaction else None
    for message_id in filter(None, [replies_to, reacts_to]):
        if chat.bubble(message_id) is None:
            raise Refusal(131009, f"Message id {message_id} is unknown in this chat")
    if not number.limits.pair(patient.user_id, now):
        raise Refusal(131056, "Too many messages sent from this phone number to the same phone")
    error = _later(patient, is_open=chat.is_open(now) or template is not None)
    if error and not late_errors:
        raise Refusal(error)
    bubble = Bubble(
        id=new_message_id(patient.party),
        by="assistant",
        kind=request.type,
        text=_text(request, template),
        at=now,
        replies_to=replies_to,
        choices=tuple(request.interactive.action.choices) if request.interactive else (),
        opaque=request.biz_opaque_callback_data,
        error=error,
        category=template.category.lower() if template else "service",
        by_user_id=request.to is None,
    )
    return Verdict(patient, bubble, address)


def mark(exchange: Exchange, number: Number, request: ReadMark) -> None:
    """Read a patient's message, and show that somebody writes.

    Raises:
        Refusal: no patient sent such a message.
    """
    _check_state(exchange.account, number)
    for _patient, chat in exchange.chats(number):
        bubble = chat.bubble(request.message_id)
        if bubble is not None and bubble.by == "patient":
            chat.sees(bubble, exchange.clock.now(), typing=request.typing_indicator is not None)
            return
    raise Refusal(131009, f"Message with ID {request.message_id} doesn't exist")


def _check_state(account: Account, number: Number) -> None:
    if account.refused_with is not None:
        raise Refusal(account.refused_with)
    if not number.registered:
        raise Refusal(133010)


def _recipient(exchange: Exchange, number: Number, request: Send) -> tuple[Patient, str]:
    """Who gets it, and the address as given; `to` wins over `recipient`.

    What is sent to an address that nobody has is accepted, and fails as one who blocked us.
    """
    if request.to is not None:
        if not re.fullmatch(r"\+?[\d\s().-]{5,24}", request.to):
            raise Refusal(100, message="(#100) Param to must be a phone number.")
        if digits(request.to) == digits(number.phone):
            raise Refusal(131021)
        patient = exchange.patient_at(request.to, number)
        return patient or Patient(name=None, phone=request.to, blocks=True), request.to
    user_id = request.recipient or ""
    if not USER_ID.fullmatch(user_id):
        raise Refusal(100, message="(#100) Param recipient must be a business-scoped user id.")
    patient = exchange.patient_of(user_id)
    return patient or Patient(name=None, user_id=user_id, blocks=True), user_id


def _template(account: Account, use: TemplateUse | None) -> Template | None:
    if use is None:
        return None
    template = account.template(use.name, use.language.code)
    if template is None or template.status not in {"APPROVED", *_TEMPLATE_STATES}:
        raise Refusal(132001, f"template name ({use.name}) does not exist in {use.language.code}")
    if template.status in _TEMPLATE_STATES:
        raise Refusal(_TEMPLATE_STATES[template.status])
    if len(use.values) != template.parameters:
        raise Refusal(
            132000,
            f"body: number of localizable_params ({len(use.values)}) does not match the expected "
            f"number of params ({template.parameters})",
        )
    if any(re.search(r"[\n\t]| {5}", value) for value in use.values):
        raise Refusal(
            132018, "Param text cannot have new-line/tab characters or more than 4 spaces in a row"
        )
    return template


def _later(patient: Patient, *, is_open: bool) -> int | None:
    """The code of the failed status that will follow; None: it will be delivered."""
    if patient.blocks:
        return 131026
    return None if is_open else 131047


def _text(request: Send, template: Template | None) -> str:
    """What the patient reads of it."""
    if template and request.template:
        return template.filled(request.template.values)
    if request.text:
        return request.text.body
    if request.interactive:
        return request.interactive.body.text
    if request.reaction:
        return request.reaction.emoji
    media = getattr(request, request.type)
    return getattr(media, "caption", None) or ""

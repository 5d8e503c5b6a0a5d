"""The bodies of webhooks, as Meta has built them since phone numbers became optional.

Fields that do not apply are left out, never empty. Statuses of a failure have no `contacts`.
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from datetime import UTC, datetime
from typing import Any

from workers.simulation.whatsapp.account import Number
from workers.simulation.whatsapp.chat import Bubble, State
from workers.simulation.whatsapp.patient import Patient, digits
from workers.simulation.whatsapp.refusal import Refusal

Json = dict[str, Any]


def _given(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _metadata(number: Number) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": digits(number.phone), "phone_number_id": number.id},
    }


def contact(patient: Patient) -> Json:
    """An item of `contacts`."""
    profile = _given(name=patient.name, username=patient.username)
    return _given(profile=profile or None, wa_id=patient.wa_id, user_id=patient.user_id)


def message(patient: Patient, bubble_id: str, sent_at: float, content: Json) -> Json:
    """An item of `messages`; `content` is its type with what belongs to it."""
    head = _given(**{"from": patient.wa_id}, from_user_id=patient.user_id, id=bubble_id)
    return head | {"timestamp": str(int(sent_at))} | content


def messages(number: Number, patient: Patient, *items: Json, named: bool = True) -> Json:
    """The value of a change: what a patient sent; `named` False: without `contacts`."""
    contacts = {"contacts": [contact(patient)]} if named else {}
    return _metadata(number) | contacts | {"messages": list(items)}


def echo(number: Number, patient: Patient, bubble: Bubble) -> Json:
    """The value of `smb_message_echoes`: what a person wrote on the clinic's phone."""
    head = _given(
        **{"from": digits(number.phone)}, to=patient.wa_id, to_user_id=patient.user_id, id=bubble.id
    )
    content: Json = {"type": "text", "text": {"body": bubble.text}}
    item = head | {"timestamp": str(int(bubble.at))} | content
    return _metadata(number) | {"contacts": [contact(patient)], "message_echoes": [item]}


def status(number: Number, patient: Patient, bubble: Bubble, state: State, now: float) -> Json:
    """The value of a change: how far a message of ours came; `bubble.error` where it failed."""
    item = _given(
        id=bubble.id,
        status=state.name.lower(),
        timestamp=str(int(now)),
        recipient_id=None if bubble.by_user_id else patient.wa_id,
        recipient_user_id=patient.user_id if bubble.by_user_id else None,
        biz_opaque_callback_data=bubble.opaque,
    )
    if state is State.FAILED:
        error = Refusal(bubble.error or 131000).in_status()
        return _metadata(number) | {"statuses": [item | {"errors": [error]}]}
    item["recipient_user_id"] = patient.user_id
    return _metadata(number) | {"contacts": [contact(patient)], "statuses": [item]}


def pricing(bubble: Bubble, *, billable: bool) -> Json:
    """What a status says of the price: with `sent`, and with one of `delivered` and `read`."""
    kind = "regular" if billable else "free_customer_service"
    return {
        "billable": billable,
        "pricing_model": "PMP",
        "type": kind,
        "category": bubble.category,
    }


def month(seconds: float) -> str:
    """The month that a message is billed in, `2026-10`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m")

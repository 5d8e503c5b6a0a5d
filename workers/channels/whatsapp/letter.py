"""What is sent: the Graph API's messages, and to which of a contact's addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from workers.contracts.whatsapp_channel import WhatsAppChannel

#: A contact's addresses, the first one first: the user id stays the same where the phone number
#: is hidden or missing.
ADDRESSES: Final = ("user_id", "phone")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a message goes to, what it answers, and what its statuses are known by.

    Attributes:
        address: `user_id` or `phone`.
        value: the address as the channel gave it.
        quoted: the patient's message that is answered.
        mark: comes back with each status: the question's id.
    """

    address: str
    value: str
    quoted: str | None
    mark: str


def address_for(recipient: Mapping[str, str], chosen: str) -> str | None:
    """Which address to send to: the one that was chosen, else the first; None: there is none."""
    known = [name for name in ADDRESSES if recipient.get(name)]
    return chosen if chosen in known else next(iter(known), None)


def other_address(recipient: Mapping[str, str], tried: str) -> str | None:
    """The address that was not tried; None: there is none."""
    return next((name for name in ADDRESSES if name != tried and recipient.get(name)), None)


def text_message(envelope: Envelope, text: str) -> dict[str, JsonValue]:
    """A text; links in it open no preview, which would hide what follows."""
    message = _message(envelope, "text", {"body": text, "preview_url": False})
    if envelope.quoted:
        message["context"] = {"message_id": envelope.quoted}
    return message


def template_message(envelope: Envelope, channel: WhatsAppChannel) -> dict[str, JsonValue]:
    """The clinic's template, which asks the patient to write again."""
    template: dict[str, JsonValue] = {
        "name": channel.template,
        "language": {"code": channel.template_language},
    }
    return _message(envelope, "template", template)


def typing_message(message_id: str) -> dict[str, JsonValue]:
    """The mark that somebody is typing, which also marks the patient's message as read."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _message(envelope: Envelope, kind: str, content: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_address(envelope),
        "type": kind,
        kind: content,
        "biz_opaque_callback_data": envelope.mark,
    }


def _address(envelope: Envelope) -> dict[str, JsonValue]:
    """By user id, or by number with `+`: without it the business's country code is put before."""
    if envelope.address == "user_id":
        return {"recipient": envelope.value}
    return {"to": f"+{envelope.value.lstrip('+')}"}

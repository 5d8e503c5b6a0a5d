"""From the body of a webhook to its events. Pure; whatever stands in it, nothing raises."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from workers.channels.whatsapp.content import Content, content_of
from workers.channels.whatsapp.events import (
    BadItem,
    EchoEvent,
    EditEvent,
    Event,
    IdentityEvent,
    MessageEvent,
    Origin,
    OtherEvent,
    Person,
    ReactionEvent,
    RevokeEvent,
    StatusError,
    StatusEvent,
)
from workers.channels.whatsapp.payload import (
    Change,
    Contact,
    ErrorPart,
    Message,
    Part,
    Status,
    System,
    Value,
)
from workers.contracts.numbers import canonical

#: The webhook's fields whose items are read; every other is counted by its name.
_MESSAGES: Final = "messages"
_ECHOES: Final = frozenset({"smb_message_echoes", "message_echoes"})
#: Changes of a person's ids, by what Meta calls them now and called them before.
_NEW_IDS: Final = frozenset(
    {"user_changed_number", "customer_changed_number", "user_changed_user_id"}
)
_Part = TypeVar("_Part", bound=Part)


def events_of(raw: str) -> list[Event]:
    """The events of a post, in the order of its items.

    Args:
        raw: the body as text.
    """
    try:
        post = json.loads(raw)
    except (ValueError, RecursionError):
        return [BadItem("no JSON", raw)]
    if not isinstance(post, dict) or not isinstance(post.get("entry"), list):
        return [BadItem("no entries", post)]
    return [event for entry in post["entry"] for event in _of_entry(entry)]


def _of_entry(entry: Any) -> Iterator[Event]:  # noqa: ANN401 - any JSON value
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list):
        yield BadItem("no changes", entry)
        return
    for change in changes:
        if isinstance(change, dict) and isinstance(change.get("field"), str):
            yield from _of_change(change["field"], change.get("value"))
        else:
            yield BadItem("no field", change)


def _of_change(field: str, item: Any) -> Iterator[Event]:  # noqa: ANN401
    value = _read(Value, item)
    number = value.metadata.phone_number_id if value and value.metadata else None
    if value is None or (field != _MESSAGES and field not in _ECHOES):
        yield OtherEvent(number, field)
        return
    if number is None:
        yield BadItem("no number of the clinic", item)
        return
    if field in _ECHOES:
        yield from _each(value.message_echoes, lambda each: _echo(each, number))
        return
    contacts = [contact for each in value.contacts if (contact := _read(Contact, each))]
    yield from _each(
        value.messages,
        lambda each: _message(each, number, contacts, alone=len(value.messages) == 1),
    )
    yield from _each(value.statuses, lambda each: _status(each, number))
    if value.errors:
        yield OtherEvent(number, "errors")


def _each(items: Sequence[Any], read: Callable[[Any], Event]) -> Iterator[Event]:
    for item in items:
        try:
            yield read(item)
        except Exception as error:  # noqa: BLE001 - one bad item never loses the others
            yield BadItem(type(error).__name__, item)


def _read(kind: type[_Part], item: Any) -> _Part | None:  # noqa: ANN401
    try:
        return kind.model_validate(item)
    except ValidationError:
        return None


def _message(
    item: Any,  # noqa: ANN401
    number: str,
    contacts: Sequence[Contact],
    *,
    alone: bool,
) -> Event:
    message = _read(Message, item)
    if message is None or not message.id:
        return BadItem("a message without an id", item)
    origin = Origin(number, message.id, message.timestamp)
    if message.system is not None or message.type == "system":
        return _identity(origin, message, message.system or System())
    sender = _sender(message, _contact(message, contacts, alone=alone))
    if not sender.aliases:
        return BadItem("a message of nobody", item)
    return _from_patient(origin, sender, message, item)


def _from_patient(origin: Origin, sender: Person, message: Message, item: Any) -> Event:  # noqa: ANN401
    if message.reaction is not None:
        to, emoji = message.reaction.message_id, message.reaction.emoji or ""
        return ReactionEvent(origin, sender, to, emoji) if to else _of_nothing(item)
    if message.edit is not None:
        original, content = message.edit.original_message_id, _new_content(message.edit)
        text = content.text if content else ""
        if not original:
            return _of_nothing(item)
        return EditEvent(origin, sender, original, text, message.group_id)
    if message.revoke is not None:
        original = message.revoke.original_message_id
        return RevokeEvent(origin, sender, original) if original else _of_nothing(item)
    content = content_of(message)
    if content is None:
        return OtherEvent(origin.number, f"message {message.type}")
    return MessageEvent(
        origin=origin,
        sender=sender,
        kind=content.kind,
        text=content.text,
        type=message.type or content.kind,
        group=message.group_id,
        replies_to=_quoted(message),
    )


def _of_nothing(item: Any) -> BadItem:  # noqa: ANN401
    return BadItem("a change of no message", item)


def _new_content(change: Change) -> Content | None:
    return content_of(change.message or Message())


def _quoted(message: Message) -> str | None:
    """The message that is replied to, unless the patient quotes himself."""
    context = message.context
    if context is None or (context.sender is not None and context.sender == message.sender):
        return None
    return context.id


def _sender(message: Message, contact: Contact) -> Person:
    profile = contact.profile
    return Person(
        user_id=message.from_user_id or contact.user_id,
        phone=message.sender or contact.wa_id,
        name=(profile.name or profile.username) if profile else None,
    )


def _contact(message: Message, contacts: Sequence[Contact], *, alone: bool) -> Contact:
    """The contact of a message: of the same id or number, or the only one of the only message.

    Of several senders none is given another's ids: two people would share a conversation.
    """
    for contact in contacts:
        if message.from_user_id and contact.user_id == message.from_user_id:
            return contact
        if message.sender and canonical(contact.wa_id or "") == canonical(message.sender):
            return contact
    return contacts[0] if alone and len(contacts) == 1 else Contact()


def _identity(origin: Origin, message: Message, system: System) -> Event:
    if system.type not in _NEW_IDS:
        return OtherEvent(origin.number, f"system {system.type}")
    phone = system.wa_id or system.new_wa_id
    old = Person(user_id=system.previous_user_id or message.from_user_id, phone=message.sender)
    new = Person(user_id=system.user_id, phone=phone or message.sender)
    if not old.aliases or not new.aliases:
        return OtherEvent(origin.number, f"system {system.type}")
    return IdentityEvent(origin, old, new)


def _echo(item: Any, number: str) -> Event:  # noqa: ANN401
    message = _read(Message, item)
    if message is None or not message.id:
        return BadItem("an echo without an id", item)
    receiver = Person(user_id=message.to_user_id, phone=message.to)
    if not receiver.aliases:
        return BadItem("an echo to nobody", item)
    content = content_of(message)
    return EchoEvent(
        origin=Origin(number, message.id, message.timestamp),
        receiver=receiver,
        text=content.text if content else "",
        type=message.type or "",
        data=message.biz_opaque_callback_data,
    )


def _status(item: Any, number: str) -> Event:  # noqa: ANN401
    status = _read(Status, item)
    if status is None or not status.id or not status.status:
        return BadItem("a status of nothing", item)
    errors = [error for each in status.errors if (error := _read(ErrorPart, each))]
    return StatusEvent(
        origin=Origin(number, status.id, status.timestamp),
        status=status.status,
        data=status.biz_opaque_callback_data,
        errors=tuple(StatusError(error.code or 0, error.details) for error in errors),
        category=status.pricing.category if status.pricing else None,
        billable=status.pricing.billable if status.pricing else None,
    )

"""What a webhook tells, one event for each item of it. Pure; nothing raises for a bad item.

Messages, edits, revokes, reactions, echoes, statuses and changes of identity are events of their
own kind. All else is an `OtherEvent`: history and standby are never answered, and a kind that
Meta invents tomorrow is counted and left alone. What cannot be read is a `BadItem`.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from workers.contracts.numbers import canonical, dialled

#: How a message counts: `choice` is a button or an entry of a list, `media` is not read.
MessageKind = Literal["text", "choice", "media"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at WhatsApp, by what Meta said of him; at least one of the two ids is there.

    Attributes:
        user_id: the id of the user for this business (BSUID).
        phone: the number as Meta gave it, digits without `+`.
        name: what he calls himself.
    """

    user_id: str | None = None
    phone: str | None = None
    name: str | None = None

    @property
    def aliases(self) -> tuple[str, ...]:
        """What a conversation is found by, the user id first; the number in its canonical form."""
        forms = {
            "user_id": lambda value: f"user:{value}",
            "phone": lambda value: f"phone:{canonical(value)}",
        }
        return tuple(forms[name](value) for name, value in self._ids.items())

    @property
    def recipient(self) -> dict[str, str]:
        """What is sent to: as Meta gave it."""
        return {
            name: dialled(value) if name == "phone" else value for name, value in self._ids.items()
        }

    @property
    def _ids(self) -> dict[str, str]:
        """The ids that name somebody: a space or a `+` would be the same person's everywhere."""
        ids = {"user_id": self.user_id, "phone": self.phone}
        return {
            name: value for name, value in ids.items() if value and any(map(str.isalnum, value))
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event belongs and when it was.

    Attributes:
        number: the clinic's number, by what Meta calls it (`phone_number_id`).
        id: of the item; a message's contains the phone number: personal data.
        sent_at: Unix seconds; None where Meta gave no time that can be read.
    """

    number: str
    id: str
    sent_at: float | None


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A message of a patient.

    Attributes:
        text: what it says; empty for media without a caption.
        type: what Meta calls it: `text`, `audio`, `unsupported`, …
        group: the group that it was written in; None where it was written to the clinic.
        replies_to: the message of ours that it quotes.
    """

    origin: Origin
    sender: Person
    kind: MessageKind
    text: str
    type: str
    group: str | None = None
    replies_to: str | None = None

    name: ClassVar = "message"


@dataclass(frozen=True, slots=True)
class EditEvent:
    """A patient wrote a message anew; `text` is empty where the new one has none."""

    origin: Origin
    sender: Person
    original: str
    text: str
    group: str | None = None

    name: ClassVar = "edit"


@dataclass(frozen=True, slots=True)
class RevokeEvent:
    """A patient deleted a message."""

    origin: Origin
    sender: Person
    original: str

    name: ClassVar = "revoke"


@dataclass(frozen=True, slots=True)
class ReactionEvent:
    """A patient put an emoji to a message; an empty one takes it back."""

    origin: Origin
    sender: Person
    message: str
    emoji: str

    name: ClassVar = "reaction"


@dataclass(frozen=True, slots=True)
class EchoEvent:
    """A message that was sent from the clinic's number: by a person on the phone, or by us.

    Attributes:
        receiver: whom it went to.
        text: what it says; empty where it is no text.
        type: as in a message; an edit and a revoke are echoed too.
        data: our own mark (`biz_opaque_callback_data`), where it carries one.
    """

    origin: Origin
    receiver: Person
    text: str
    type: str
    data: str | None = None

    name: ClassVar = "echo"


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """A patient's number or user id changed: `old` and `new` are the same person."""

    origin: Origin
    old: Person
    new: Person

    name: ClassVar = "identity"


@dataclass(frozen=True, slots=True)
class StatusError:
    """Why a message failed."""

    code: int
    details: str


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """Where a message of ours stands. It is matched by its id alone, or by `data`.

    Attributes:
        status: `sent`, `delivered`, `read`, `played`, `failed`, or what Meta invents.
        data: our own mark (`biz_opaque_callback_data`), where it comes back.
        category: what the message is billed as: `service`, `utility`, …
        billable: whether it costs; None where Meta does not say.
    """

    origin: Origin
    status: str
    data: str | None = None
    errors: tuple[StatusError, ...] = ()
    category: str | None = None
    billable: bool | None = None

    name: ClassVar = "status"


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """What is counted and left alone: `kind` is the webhook's field, or the message's type."""

    number: str | None
    kind: str

    name: ClassVar = "other"


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be read, as it came; `reason` holds nothing of it."""

    reason: str
    item: Any = field(repr=False)

    name: ClassVar = "bad"


Event = (
    MessageEvent
    | EditEvent
    | RevokeEvent
    | ReactionEvent
    | EchoEvent
    | IdentityEvent
    | StatusEvent
    | OtherEvent
    | BadItem
)

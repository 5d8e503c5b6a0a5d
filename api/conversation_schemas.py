"""What goes in and out about conversations. It is what patients wrote: only for `attend`."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas import IdempotencyKey, Links, Parameters
from workers.contracts.conversation import Conversation, Entry
from workers.contracts.conversation_lists import PLACE
from workers.contracts.numbers import alias_of
from workers.contracts.question import Delivery, Mark
from workers.contracts.questions import Arrival
from workers.contracts.send import Send, SendState

#: Most conversations of one page of the list.
MOST: Final = 500
#: Longest text of one message, in UTF-16 units: on WhatsApp, which counts so, and by e-mail.
LONGEST_REPLY: Final = 4096
LONGEST_MAIL: Final = 20_000
#: Seconds after a patient's last message in which WhatsApp lets a clinic write freely.
WINDOW_SECONDS: Final = 24 * 3600

#: A contact's number, its id at WhatsApp, and its address.
_NUMBER: Final = r"[+ ][0-9 ().-]{8,24}"
_USER_ID: Final = r"[A-Z]{2}\.[A-Za-z0-9._-]{1,128}"
_ADDRESS: Final = r"[^\s@]{1,64}@[^\s@]{1,189}"

Attendant = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


class ConversationsQuery(Parameters):
    """Which part of the list."""

    needs_human: bool = Field(
        default=False,
        description="Only those that wait for a person, the longest wait first; else all, the "
        "newest message first.",
    )
    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(100, description="Most conversations.")
    after: Annotated[str, Field(pattern=f"^({PLACE})?$")] = Field(
        "", description="The `next` of the page before."
    )
    contact: Annotated[str, Field(pattern=f"^({_NUMBER}|{_USER_ID}|{_ADDRESS})?$")] = Field(
        "",
        description="Only this contact's, all of them and whatever they wait for: its number with "
        "the country code and `+` (in a URL `%2B`), or its user id (`BR.…`), also earlier ones; of "
        "one who writes mails its address, by which every thread is found.",
    )

    @property
    def alias(self) -> str | None:
        """What the contact's conversations are found by; an unquoted `+` comes as a space."""
        contact = f"+{self.contact[1:]}" if self.contact.startswith(" ") else self.contact
        return alias_of(contact) if contact else None


class ConversationPath(Parameters):
    """The path of one conversation."""

    conversation_id: str = Field(description="Its id, as the list gives it.")


class ReplyHeader(Parameters):
    """Headers of a reply."""

    idempotency_key: IdempotencyKey | None = Field(
        None,
        alias="Idempotency-Key",
        description="Names this reply: sending it again sends nothing twice.",
    )


class AttendantIn(BaseModel):
    """Who does it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    attendant: Attendant | None = Field(
        None,
        description="The person's name, as others see it. Default: the API key's.",
        examples=["Joana"],
    )


class ReplyIn(AttendantIn):
    """What a person writes to the patient."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00]*$")
    ] = Field(
        max_length=LONGEST_MAIL,
        description="Sent as it is, as one message. At most 4,096 characters on WhatsApp, 20,000 "
        "by e-mail; of those beyond the Basic Multilingual Plane, such as most emoji, each counts "
        "twice.",
        examples=["Bom dia, Ana! Pode vir às 9h, sem jejum."],
    )


class PauseIn(AttendantIn):
    """How long the assistant is silent."""

    hours: Annotated[float, Field(gt=0, le=24 * 30)] | None = Field(
        None, description="From now. Default: the channel's `pause_hours` (12)."
    )


class HandoffOut(BaseModel):
    """While a person has to see to it."""

    reason: str = Field(
        description="Why: the reason of the question that could not be answered, such as "
        "`emergency` or `person_asked`; `person_took_over` where somebody claimed it unasked; "
        "`waiting` where the patient wrote while the assistant was silent, and no person has "
        "answered since; of a mail that nothing is answered to `untrusted` (its sender may be "
        "forged, or are several), `doubtful` (it looks like a program's, and a person may have "
        "written it), `loop` (the same words within an hour), `too_long`, "
        "`unreadable`; `undeliverable` where an answer came back."
    )
    since: datetime
    attendant: str | None = Field(description="Who has claimed it; null: nobody yet.")


class ConversationOut(BaseModel):
    """Where a conversation stands."""

    id: str
    channel: str
    kind: str = Field(description="The channel's: `whatsapp`, `email`.")
    contact: str = Field(
        description="By what the contact is known first, as `user:…`, `phone:…`, `email:…`."
    )
    recipient: dict[str, str] = Field(
        description="As the channel gave them: `user_id`, `phone`; of mails `email`, and `subject` "
        "and `message` (its Message-ID) of the last one."
    )
    name: str | None = Field(description="What the contact calls himself.")
    opened_at: datetime
    last_message_at: datetime = Field(description="Of the patient's last message.")
    window_ends_at: datetime | None = Field(
        description="Until then the channel lets a clinic write freely; null: always."
    )
    question: str | None = Field(description="Id of the question that is being answered.")
    paused_until: datetime | None = Field(description="The assistant is silent until then.")
    paused_by: str | None
    handoff: HandoffOut | None = Field(description="Null while no person has to see to it.")
    opted_out_at: datetime | None = Field(
        description="Since when the contact wants to hear nothing but answers."
    )
    links: Links

    @classmethod
    def of(cls, record: Conversation) -> Self:
        """Show a record."""
        return cls.model_validate(_fields(record))


class EntryOut(BaseModel):
    """A line of the transcript."""

    by: Literal["patient", "assistant", "person"]
    text: str = Field(description="Empty for media without a caption.")
    at: datetime
    kind: str = Field(description="`text`, `choice`, `media`, or `edit`: a text changed later.")
    question: str | None = Field(description="Id of the question that it belongs to.")
    delivery: Delivery | None = Field(
        description="Of what the assistant or a person wrote: `pending`; `delivered`: the channel "
        "took it; `dropped`: not sent, since a person had taken over; `dead`: it never reached the "
        "patient. Null where that is not known any more."
    )
    message: SendState | None = Field(
        description="What the channel said last of its message: `accepted`, `sent`, `delivered`, "
        "`read`, `failed`; `sending`, `ambiguous`: nobody knows yet; `open`: not sent yet. Null "
        "where that is not known any more, and for what the patient wrote."
    )
    template: bool = Field(description="Whether the channel's template was sent in its place.")
    draft: bool = Field(
        description="Whether the answer was laid into the mailbox's drafts, for a person to send: "
        "`delivered` says no more of it."
    )
    mark: Mark | None = Field(description="The patient's thumb to it: `good` or `bad`.")


class TranscriptOut(ConversationOut):
    """A conversation, and what was said last."""

    transcript: list[EntryOut] = Field(description="The last 100 entries, oldest first.")

    @classmethod
    def with_entries(
        cls,
        record: Conversation,
        entries: Sequence[Entry],
        arrivals: Mapping[str, Arrival],
        sends: Mapping[str, Send],
    ) -> Self:
        """Show a record, its transcript, and what became of each answer, by question."""
        transcript = []
        for entry in entries:
            answered = (entry.by != "patient" and entry.question) or ""
            arrival, send = arrivals.get(answered), sends.get(answered)
            fate = {
                "delivery": arrival.delivery if arrival else None,
                "message": send.state if send and send.channel else None,
                "template": bool(send and send.template == "1"),
                "draft": bool(send and send.is_draft),
                "mark": arrival.mark if arrival else None,
            }
            transcript.append(entry.model_dump() | fate)
        return cls.model_validate(_fields(record) | {"transcript": transcript})


class ConversationsOut(BaseModel):
    """A page of the list."""

    conversations: list[ConversationOut]
    next: str | None = Field(description="`after` of the next page; null at the end.")


class SentOut(BaseModel):
    """A reply that was accepted; it will not be lost."""

    id: str = Field(description="Of the question that holds it; the transcript shows its delivery.")
    repeated: bool = Field(description="Whether the Idempotency-Key was known: nothing was sent.")
    attendant: str
    links: Links = Field(description="The conversation.")


class ErasedOut(BaseModel):
    """What was erased."""

    id: str
    questions: int = Field(description="Questions of it that were erased with their answers.")


def link(conversation_id: str) -> str:
    """The path of one conversation."""
    return f"/v1/conversations/{conversation_id}"


def window_ends_at(record: Conversation) -> float | None:
    """Until when a clinic may write freely, in Unix seconds; None where the channel has no end."""
    return record.last_message_at + WINDOW_SECONDS if record.kind == "whatsapp" else None


def _fields(record: Conversation) -> dict[str, object]:
    paused = record.paused_until is not None and record.paused_until > time.time()
    return record.model_dump(exclude={"tenant", "disclosed_at", "revision"}) | {
        "window_ends_at": window_ends_at(record),
        "paused_until": record.paused_until if paused else None,
        "paused_by": record.paused_by if paused else None,
        "links": {"self": link(record.id)},
    }

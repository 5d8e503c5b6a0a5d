"""A conversation's records: who writes on which channel, what was said, who has to see to it.

Times are Unix seconds. A message id of WhatsApp contains the phone number: personal data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import ValidationError

from workers.contracts.errors import RecordError
from workers.contracts.record import Record


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """Which channel a message came by: the clinic, the channel's name and its kind."""

    tenant: str
    channel: str
    kind: str = "whatsapp"

    @property
    def scope(self) -> str:
        """Within what a message's id names one message.

        A mail that reaches two mailboxes of a clinic is one mail. No channel's name has an `@`.
        """
        return f"@{self.tenant}" if self.kind == "email" else self.channel


class Turn(Record):
    """One exchange: what was asked, what was answered, and by whom; for follow-ups."""

    question: str
    answer: str
    at: float
    by: Literal["assistant", "person"] = "assistant"


class PatientMessage(Record):
    """One bubble: a message, or a mail.

    Attributes:
        id: the channel's id of it; of a mail its Message-ID, else a hash of it.
        text: what it says; empty for media without a caption.
        sent_at: the sender's time.
        kind: `choice` is a button or an entry of a list; `media` is not read.
        media: what the channel calls it, where it is media: `audio`, `image`, `document`, …
        late: whether it was first seen long after it was sent: a person answers it.
        replies_to: the message of ours that it quotes, by the channel's id.
        urgent: whether its words are an emergency's: its fixed text is owed at once, also where a
            person has the conversation.
        emergency: what is an emergency's together, where it stands in several bubbles, this the
            last.
        thanks: whether it says no more than that: nobody waits for an answer.
        edits: the earlier message whose new text this is, by the channel's id.
        mark: what tells it from all others, where its id does not.
    """

    id: str
    text: str
    sent_at: float
    kind: Literal["text", "choice", "media"] = "text"
    media: str | None = None
    late: bool = False
    replies_to: str | None = None
    urgent: bool = False
    emergency: str | None = None
    thanks: bool = False
    edits: str | None = None
    mark: str | None = None


class Entry(Record):
    """A line of the transcript, as a person reads it.

    Attributes:
        question: id of the question that it is a part of, or that it answers.
        kind: of a patient's bubble; `edit`: he changed a text that was asked already.
        media: what a bubble was that is not read: `audio`, `image`, `document`, …
    """

    by: Literal["patient", "assistant", "person"]
    text: str
    at: float
    question: str | None = None
    kind: Literal["text", "choice", "media", "edit"] = "text"
    media: str | None = None


class Handoff(Record):
    """While a person has to see to a conversation; `attendant` is who has claimed it."""

    reason: str
    since: float
    attendant: str | None = None


class Conversation(Record):
    """Where a conversation stands.

    Attributes:
        kind: the channel's kind.
        contact: the contact's first alias, e.g. `user:BR.150…` or `phone:+5541…`; of a mail
            `email:` and the address.
        recipient: `user_id`, `phone`: as the channel gave them last; never rewritten. Of e-mail as
            its last mail said: `email`, `subject`, `message`, `references` (ids with spaces between
            them), where that mail lies: `folder`, `uid`, `validity`, whether it has attachments:
            `attached`, and `writer`, by whom its conversation is found, where `email` is another.
        name: what the contact calls himself.
        last_message_at: the patient's last: it opens the window of 24 hours.
        question: id of the one in flight.
        paused_until: the assistant is silent until then.
        handoff: there while a person has to see to it.
        revision: rises with every change of what is to be asked: the fence of `ask`.
    """

    id: str
    tenant: str
    channel: str
    kind: str
    contact: str
    recipient: dict[str, str]
    name: str | None = None
    opened_at: float
    last_message_at: float
    question: str | None = None
    paused_until: float | None = None
    paused_by: str | None = None
    handoff: Handoff | None = None
    opted_out_at: float | None = None
    disclosed_at: float | None = None
    revision: int = 0

    @classmethod
    def from_hash(cls, raw: Mapping[str, str]) -> Self:
        """Read the Redis hash of one conversation.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        fields: dict[str, Any] = dict(raw)
        try:
            fields["recipient"] = json.loads(raw["recipient"])
            if "handoff_since" in raw:
                fields["handoff"] = {
                    "reason": raw.get("handoff_reason", ""),
                    "since": raw["handoff_since"],
                    "attendant": raw.get("attendant"),
                }
            return cls.model_validate(fields)
        except (KeyError, ValueError, ValidationError) as error:
            raise RecordError(f"conversation {raw.get('id', '')}", raw) from error

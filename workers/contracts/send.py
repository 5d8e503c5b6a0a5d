"""A message on its way out: what is known of it, and what a channel tells of it. Pure."""

import time
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workers.contracts import keys
from workers.contracts.record import Record

#: As what a mail was begun that a person sends (`Send.address`).
DRAFTED: Final = "draft"


class SendState(StrEnum):
    """What is known of a message; the Lua scripts keep the order of these."""

    OPEN = "open"  #: certainly not sent: it may be
    SENDING = "sending"  #: a request has begun
    AMBIGUOUS = "ambiguous"  #: it was written, and nobody knows what came of it
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  #: certainly not delivered; final for this message

    @property
    def is_unclear(self) -> bool:
        """Whether it may have been sent or not."""
        return self in {SendState.SENDING, SendState.AMBIGUOUS}


class Send(Record):
    """What is known of an outcome's message; see lua/sends/shared.lua.

    Attributes:
        since: when its last request began, and `age` in seconds after that it was read: both by the
            server's clock, since workers' clocks differ.
    """

    channel: str = ""
    state: SendState = SendState.OPEN
    attempt: int = 0
    since: float = 0.0
    age: float = 0.0
    address: str = ""
    code: int = 0
    moved: bool = False
    template: str = ""
    resent: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether it was laid into the drafts of a mailbox."""
        return self.address == DRAFTED


@dataclass(frozen=True, slots=True)
class Change:
    """What came of an attempt.

    Attributes:
        message_id: the message's id, where the channel gave one; personal data, kept as a hash.
        code: why it was refused.
        fields: what the next attempt has to know: `moved`, `template`.
    """

    state: SendState
    message_id: str | None = None
    code: int = 0
    fields: tuple[tuple[str, str], ...] = ()


class Notice(Record):
    """What a channel tells of a message of ours.

    Attributes:
        message: the message's id, hashed: it is personal data.
        question_id: what the message was marked with; None where the notice does not say.
        state: `sent`, `delivered`, `read` or `failed`.
        category: what it is billed as; None where it is not billed.
        at: Unix seconds.
    """

    channel: str
    message: str
    question_id: str | None = None
    state: SendState
    code: int = 0
    category: str | None = None
    at: float = 0.0


class NoticeVerdict(StrEnum):
    """What a notice changed."""

    UNKNOWN = "unknown"  #: no message of ours
    STALE = "stale"  #: of an earlier attempt
    KEPT = "kept"  #: nothing new
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of a notice; `billed` is the month's count where it has just risen, else 0."""

    verdict: NoticeVerdict
    question_id: str = ""
    state: SendState | None = None
    billed: int = 0


class PausedChannel(Record):
    """Why nothing is sent through a channel; `since` in Unix seconds."""

    code: int
    reason: str
    since: float


def text_mark(text: str) -> str:
    """What a text is known by where it comes back: a channel may change its spaces and signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return keys.hashed("".join(filter(str.isalnum, folded)) or folded.strip())


def month(at: float) -> str:
    """The month that a moment (Unix seconds) is billed in, `2026-11`; in UTC."""
    return time.strftime("%Y-%m", time.gmtime(at))

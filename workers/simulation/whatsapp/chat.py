"""What a patient's phone shows: the bubbles, whether somebody writes, and what was billed."""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal

#: Seconds that a patient's message keeps the window open, and that a typing mark lasts.
WINDOW_SECONDS, TYPING_SECONDS = 24 * 3600, 25

By = Literal["patient", "assistant", "person"]


class State(IntEnum):
    """How far a message came."""

    ACCEPTED = 0
    SENT = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4


@dataclass
class Bubble:
    """One message.

    Attributes:
        id: `wamid.…`.
        by: who wrote it; `assistant` is what came through the API, `person` the clinic's phone.
        kind: `text`, `interactive`, `audio` …
        text: its words; a caption, where it is media.
        at: Unix seconds by the sender's clock.
        state: how far it came; a patient's is delivered once the clinic's side took its webhook.
        replies_to: the message that it quotes.
        choices: titles of its buttons or rows, with their ids.
        opaque: `biz_opaque_callback_data`.
        error: the code, where it failed.
        billed: whether it counts as a billed message: delivered, and sent through the API.
        category: of its price.
        by_user_id: whether it was sent to the user id, not to a number.
        deleted: whether its author took it back.
        reaction: the other one's mark.
    """

    id: str
    by: By
    kind: str
    text: str
    at: float
    state: State = State.DELIVERED
    replies_to: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    opaque: str | None = None
    error: int | None = None
    billed: bool = False
    category: str = "service"
    by_user_id: bool = False
    deleted: bool = False
    reaction: str = ""


@dataclass
class Chat:
    """All between one number and one patient.

    Attributes:
        bubbles: as they came.
        opened_at: the patient's last message or call; the window runs from it.
        typing_until: Unix seconds.
    """

    bubbles: list[Bubble] = field(default_factory=list)
    opened_at: float | None = None
    typing_until: float = 0.0

    def is_open(self, now: float) -> bool:
        """Whether free text may be sent."""
        return self.opened_at is not None and now - self.opened_at < WINDOW_SECONDS

    def bubble(self, name: str) -> Bubble | None:
        """The message with this id."""
        return next((bubble for bubble in self.bubbles if bubble.id == name), None)

    def sees(self, bubble: Bubble, now: float, *, typing: bool) -> None:
        """The clinic read a patient's message and all before it, and maybe writes an answer."""
        for earlier in self.bubbles[: self.bubbles.index(bubble) + 1]:
            if earlier.by == "patient":
                earlier.state = State.READ
        if typing:
            self.typing_until = now + TYPING_SECONDS


@dataclass(frozen=True, slots=True)
class Inbox:
    """A chat as it stands on the patient's phone now.

    Attributes:
        bubbles: what reached the phone, both ways, in order; what failed is not among them.
        typing: whether the clinic's typing mark shows.
        billed: messages to this patient that count as billed.
    """

    bubbles: tuple[Bubble, ...]
    typing: bool
    billed: int

    @property
    def answers(self) -> list[str]:
        """The texts that came through the API."""
        return [bubble.text for bubble in self.bubbles if bubble.by == "assistant"]


def inbox_of(chat: Chat, now: float) -> Inbox:
    """What the phone shows."""
    shown = tuple(
        replace(bubble)
        for bubble in chat.bubbles
        if bubble.by == "patient" or State.DELIVERED <= bubble.state < State.FAILED
    )
    billed = sum(bubble.billed for bubble in chat.bubbles)
    return Inbox(shown, typing=now < chat.typing_until, billed=billed)

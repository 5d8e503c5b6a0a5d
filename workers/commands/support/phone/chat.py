"""One trial's chat: the phone, the server behind it, and the wait for what comes back."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workers.simulation.whatsapp.chat import Bubble, By
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

#: Seconds without a new bubble after which the clinic has said all; and between two looks.
QUIET_SECONDS, LOOK_SECONDS = 3.0, 0.1


class Tokens(Protocol):
    """What can repair a token."""

    def renew_token(self) -> None:
        """Put a new token where the stack reads it."""


@dataclass
class Chat:
    """A trial.

    Attributes:
        graph: the strict server.
        phones: of the patients that wrote so far, the last is at it.
        tokens: the channel's.
        note: shows a line that is no bubble.
        last_message: id of what the patient wrote last; None before.
    """

    graph: StrictGraph
    phones: list[Phone]
    tokens: Tokens
    note: Callable[[str], None] = lambda _: None
    last_message: str | None = None

    @property
    def phone(self) -> Phone:
        """Whose turn it is."""
        return self.phones[-1]

    @property
    def billed(self) -> int:
        """Messages to all of them that count as billed."""
        return sum(phone.inbox().billed for phone in self.phones)

    def last(self, by: By) -> Bubble | None:
        """The last bubble by somebody that the phone shows."""
        bubbles = [bubble for bubble in self.phone.inbox().bubbles if bubble.by == by]
        return bubbles[-1] if bubbles else None

    def answered(self) -> bool:
        """Whether the clinic wrote after the patient's last message."""
        bubbles = self.phone.inbox().bubbles
        return bool(bubbles) and bubbles[-1].by != "patient"

    def wait(self, seconds: float) -> bool:
        """Wait for the clinic's answer, and for its end; False where none came in time."""
        deadline = time.monotonic() + seconds
        while not self.answered():
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return self.keeps_quiet(deadline)

    def keeps_quiet(self, deadline: float) -> bool:
        """Wait until nothing came for a moment, or until the deadline; always True."""
        count, since = len(self.phone.inbox().bubbles), time.monotonic()
        while time.monotonic() < min(since + QUIET_SECONDS, deadline):
            time.sleep(LOOK_SECONDS)
            if len(self.phone.inbox().bubbles) != count:
                count, since = len(self.phone.inbox().bubbles), time.monotonic()
        return True

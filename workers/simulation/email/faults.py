"""What shall go wrong while a mail is handed over: where, how, and how often."""

import threading
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where in the hand-over a fault strikes."""

    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    #: In place of the 354 that lets the mail come.
    DATA = "data"
    #: While the mail comes: the final dot is never read.
    BODY = "body"
    #: After the final dot.
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        stage: where.
        code: the SMTP reply; 0: the connection is closed without one.
        text: what stands behind the code.
        kept: after the final dot: the mail arrives all the same.
        seconds: that pass before it happens; with code 250 the reply is but late.
    """

    stage: Stage
    code: int = 0
    text: str = "4.3.0 Ordered by a test"
    kept: bool = False
    seconds: float = 0.0

    @property
    def reply(self) -> str:
        """The line that the client reads."""
        return f"{self.code} {self.text}"


class Faults:
    """The faults that were ordered, in their order. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: list[tuple[Fault, int | None]] = []

    def order(self, fault: Fault, times: int | None = 1) -> None:
        """Let the next hand-overs fail; `times` None: until `clear`."""
        with self._lock:
            self._ordered.append((fault, times))

    def clear(self) -> None:
        """Forget what was ordered."""
        with self._lock:
            self._ordered.clear()

    def take(self, stage: Stage) -> Fault | None:
        """The fault that strikes now at a stage, counted."""
        with self._lock:
            for place, (fault, times) in enumerate(self._ordered):
                if fault.stage is not stage:
                    continue
                if times is not None and times <= 1:
                    del self._ordered[place]
                elif times is not None:
                    self._ordered[place] = (fault, times - 1)
                return fault
        return None

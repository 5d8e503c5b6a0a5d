"""Faults that a test orders: the next calls fail as it says."""

import threading
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a call fails."""

    REFUSE = "refuse"  #: with an error code
    STATUS = "status"  #: with an HTTP status and no JSON, as a proxy does
    SILENCE = "silence"  #: the connection stays open, no reply comes
    CLOSE = "close"  #: the connection is closed without a reply
    LATE = "late"  #: the reply comes after `seconds`


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail.

    Attributes:
        way: how.
        code: Meta's, for `REFUSE`.
        http: for `STATUS`; for `REFUSE`, 0 is the code's own.
        seconds: for `LATE`.
        accepts: whether the message is taken all the same, so that it arrives: what makes a
            time-out ambiguous. Not for `REFUSE`.
        failed_status: for `REFUSE`: the call is taken, and the code comes by webhook.
        on: the calls that it is for: `messages`, or `typing` (read marks, too).
    """

    way: Way
    code: int = 0
    http: int = 0
    seconds: float = 0.0
    accepts: bool = False
    failed_status: bool = False
    on: str = "messages"


class Faults:
    """The faults that wait for their call, first in, first out. Safe for threads."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int | None]] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault, times: int | None = 1) -> None:
        """Let the next calls fail; `times` None: until `clear`."""
        with self._lock:
            self._waiting.append((fault, times))

    def clear(self) -> None:
        """From here on nothing fails by order."""
        with self._lock:
            self._waiting.clear()

    def take(self, on: str) -> Fault | None:
        """The fault of a call that has come; None where it goes well."""
        with self._lock:
            for place, (fault, times) in enumerate(self._waiting):
                if fault.on != on:
                    continue
                if times == 1:
                    del self._waiting[place]
                elif times is not None:
                    self._waiting[place] = (fault, times - 1)
                return fault
        return None

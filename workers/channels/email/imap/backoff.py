"""How long a mailbox is left alone after a fault."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: By how much of itself a pause varies: mailboxes of one provider do not come back as one.
_JITTER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, from the first to the longest, in seconds."""

    first: float
    longest: float

    def pause(self, faults: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds after so many faults in a row, at least 1; `draw` gives 0 to 1."""
        doubled = min(self.longest, self.first * 2.0 ** min(faults - 1, 30))
        return doubled * (1 + _JITTER * (2 * draw() - 1))


#: No connection, or whatever may pass by itself.
PASSING: Final = Backoff(2.0, 300.0)
#: A log-in that was refused: providers lock a mailbox after too many of them.
REFUSED: Final = Backoff(60.0, 900.0)

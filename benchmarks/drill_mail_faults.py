"""A mail server that fails at random while letters are handed to it."""

import random
import threading
from collections import Counter
from typing import Final

from workers.simulation.email.faults import Fault, Faults, Stage

#: What becomes of a hand-over, and how often in a thousand at its stage.
_WAYS: Final[tuple[tuple[Fault, int], ...]] = (
    (Fault(Stage.DOT, kept=True), 25),
    (Fault(Stage.DOT), 15),
    (Fault(Stage.DOT, code=451), 15),
    (Fault(Stage.BODY), 15),
    (Fault(Stage.DATA, code=452), 10),
    (Fault(Stage.RCPT, code=450), 15),
    (Fault(Stage.RCPT, code=550, text="5.1.1 No such user"), 10),
    (Fault(Stage.MAIL), 10),
    (Fault(Stage.LOGIN, code=454, text="4.7.0 Temporary authentication failure"), 10),
)


class RandomMailFaults(Faults):
    """Lets hand-overs fail by chance. Safe for threads.

    Attributes:
        counts: how often each way struck.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance, self._guard = chance, threading.Lock()
        self.counts: Counter[str] = Counter()

    def take(self, stage: Stage) -> Fault | None:
        """The fault that strikes now at a stage."""
        with self._guard:
            number = self._chance.randrange(1000)
            for fault, share in _WAYS:
                if fault.stage is not stage:
                    continue
                if number < share:
                    self.counts[f"{stage} {fault.code}{' kept' if fault.kept else ''}"] += 1
                    return fault
                number -= share
        return None

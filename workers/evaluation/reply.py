"""What the running stack replied to the questions of an evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

from workers.contracts.record import Record


class Reply(Record):
    """What the running stack replied; the seconds are those of the question's record.

    Attributes:
        status: as the API gives it; `unanswered` where the question did not end in time.
        reason: why there is no answer.
        citations: names of the documents that were quoted.
        way: how the answer was made: `write` or `quote`; None where there is none.
        f1: word overlap with the nearest right answer; None where the file has none.
        exact: whether it equals a right answer; None likewise.
        faults: what the check found wrong with the model's answer; see `check.fault.Kind`.
        refused: that answer, which was not sent; empty where none was refused.
    """

    status: str
    reason: str | None
    text: str
    citations: tuple[str, ...]
    model: str | None
    f1: float | None
    exact: bool | None
    faults: tuple[str, ...] = ()
    refused: str = ""
    way: str | None = None
    waited: float
    retrieved: float
    generated: float


@dataclass(frozen=True, slots=True)
class Asking:
    """All questions asked once.

    Attributes:
        at_once: how many ran at once; 0: all.
        replies: one for each question, in order.
    """

    at_once: int
    replies: Sequence[Reply]

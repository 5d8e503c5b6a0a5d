"""A source is read and handed over to the stack in parts; nothing of it is kept in memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workers.channels.backfill.sources.source import LeftOut
from workers.commands.support.backfill.calls import Calls
from workers.contracts.backfill import BackfillRow
from workers.contracts.backfill_rows import MOST_ROWS

#: Most bytes of one part: the API takes 8 MiB, and `MOST_ROWS` rows.
_BYTES: Final = 4 << 20
#: First questions that are kept, to be shown.
SHOWN: Final = 3


@dataclass(slots=True)
class Reading:
    """What was read of a source.

    Attributes:
        rows: rows with a question, or with a fault.
        faults: rows that cannot be asked, by their fault.
        left_out: what is no question, by the reason.
        added: rows that the stack did not know.
        repeated: rows that it knew.
        refused: rows that it does not take, and why the first of them.
        first: the first questions.
        shown: whether they were shown.
    """

    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    added: int = 0
    repeated: int = 0
    refused: int = 0
    refusal: str = ""
    first: list[BackfillRow] = field(default_factory=list)
    shown: bool = False

    def note(self, item: BackfillRow | LeftOut) -> None:
        """Count what the source gave."""
        if isinstance(item, LeftOut):
            self.left_out[item.reason] += 1
            return
        self.rows += 1
        if item.fault is not None:
            self.faults[item.fault] += 1
        elif len(self.first) < SHOWN:
            self.first.append(item)

    @property
    def words(self) -> str:
        """In one or two sentences."""
        also = [f"{self.repeated} of them known already"] if self.repeated else []
        also += [f"{self.refused} refused ({self.refusal})"] if self.refused else []
        also += [f"{count} of them {fault}" for fault, count in sorted(self.faults.items())]
        words = f"Read {self.rows} questions" + (f", {', '.join(also)}." if also else ".")
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(self.left_out.items()))
        return f"{words} Left out, as no questions: {left_out}." if left_out else words


def noted(
    items: Iterable[BackfillRow | LeftOut], reading: Reading, on_item: Callable[[], None]
) -> Iterator[BackfillRow]:
    """The rows of a source, each thing counted as it goes by."""
    for item in items:
        reading.note(item)
        on_item()
        if not isinstance(item, LeftOut):
            yield item


def hand_over(rows: Iterable[BackfillRow], calls: Calls, backfill: str, reading: Reading) -> None:
    """Hand rows over as they are read.

    Raises:
        ApiError: the API refuses a part; those before it are kept.
    """
    for part in parts(rows):
        reply = calls.add(backfill, part)
        reading.added += reply["added"]
        reading.repeated += reply["repeated"]
        reading.refused += reply["refused"]
        if reply["refusals"] and not reading.refusal:
            reading.refusal = _words(reply["refusals"][0]["problem"])


def parts(rows: Iterable[BackfillRow]) -> Iterator[list[bytes]]:
    """Lines of JSON in parts that the API takes."""
    part: list[bytes] = []
    size = 0
    for row in rows:
        line = row.model_dump_json(exclude_defaults=True).encode()
        if part and (len(part) == MOST_ROWS or size + len(line) > _BYTES):
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line) + 1
    if part:
        yield part


def _words(problem: Mapping[str, Any]) -> str:
    """Why a row is refused: the fields that are wrong, else what the API says."""
    fields = [f"{each['field']}: {each['detail']}" for each in problem.get("errors") or []]
    return "; ".join(fields) or str(problem["detail"])

"""The sum that is checked at the end: rows read = answered + needs_human + failed + left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workers.commands.support.backfill.handing_over import Reading

#: Exit codes.
ALL_ENDED: Final = 0
SOME_FAILED: Final = 1
WRONG_SUM: Final = 2
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of a backfill's rows.

    Attributes:
        rows: how many the stack has.
        answered: how many the documents answer.
        needs_human: how many a person has to answer.
        failed: how many could not be asked, or ended without an answer.
        left: how many have no result yet.
        open: how many of these are in the lane.
    """

    rows: int
    answered: int
    needs_human: int
    failed: int
    left: int
    open: int

    @classmethod
    def of(cls, backfill: Mapping[str, Any]) -> "Totals":
        """Those of a record that the API gave."""
        return cls(**{name: int(backfill[name]) for name in cls.__slots__})

    @property
    def ended(self) -> int:
        """Rows with a result."""
        return self.answered + self.needs_human + self.failed

    @property
    def words(self) -> str:
        """In one line."""
        return (
            f"{self.answered} answered · {self.needs_human} to a person · {self.failed} failed · "
            f"{self.left} left"
        )

    @property
    def sum_words(self) -> str:
        """As a sum."""
        return (
            f"{self.answered} answered + {self.needs_human} to a person + {self.failed} failed + "
            f"{self.left} left"
        )

    def faults(self, reading: Reading, written: int | None) -> list[str]:
        """What does not add up, a sentence each.

        Args:
            reading: what was read of the source, and what the stack said of it.
            written: rows in FILE; None where none was written. While rows are left, FILE may
                still hold the earlier result of one that is asked again.
        """
        sentences = []
        if self.rows != self.ended + self.left:
            sentences.append(f"{self.rows} rows are not {self.words}.")
        known = reading.added + reading.repeated
        if reading.rows != known + reading.refused or known > self.rows:
            sentences.append(
                f"{reading.rows} rows were read; the stack took {reading.added}, knew "
                f"{reading.repeated}, refused {reading.refused}, and has {self.rows}."
            )
        if written is not None and not self.left and written != self.ended:
            sentences.append(f"{self.ended} rows have a result, and FILE holds {written}.")
        return sentences

    def exit_code(self, reading: Reading, faults: list[str]) -> int:
        """The command's exit code."""
        if faults:
            return WRONG_SUM
        return SOME_FAILED if self.failed or self.left or reading.refused else ALL_ENDED

"""One question of a message that asks several, as the selector reads it. Pure."""

from dataclasses import dataclass

from ingestion.knowledge.search.evidence import Findings
from workers.answering.quoting.meant import Meant


@dataclass(frozen=True, slots=True)
class Part:
    """One question of several, with what was found for it alone.

    Searched and picked together, the questions' passages crowd each other out, and each of them
    looks less sure than it is: its best passage is not the first one any more.

    Attributes:
        text: as it was typed.
        meant: what it means, where it goes on from another; None where it stands alone.
        told: what else its letter tells that may change its answer; empty where nothing does.
    """

    text: str
    findings: Findings
    meant: Meant | None = None
    told: str = ""

    @property
    def meanings(self) -> tuple[Meant, ...]:
        """The same, as the selector takes it."""
        return (self.meant,) if self.meant else ()

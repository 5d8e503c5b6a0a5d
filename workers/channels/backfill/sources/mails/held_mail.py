"""A mail as a box holds it, and what every box can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading.mail import MOST_BYTES

#: Bytes of a mail that a box hands out: one more than are read, so that a cut is seen.
MOST_HELD: Final = MOST_BYTES + 1


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail in a box.

    Attributes:
        ref: where its box finds it again, while the box is not written to.
        raw: its first `MOST_HELD` bytes; None where the box could not give them.
        use: what its place is for.
        received_at: when the box got it, Unix seconds; None where nobody knows.
    """

    ref: str
    raw: bytes | None
    use: Use = Use.ORDINARY
    received_at: float | None = None


class Box(Protocol):
    """Mails in one order, as often as they are asked for; one thread uses it.

    Every method raises `SourceError` where the whole box cannot be read any more. A single mail
    that cannot be read is one without its bytes.
    """

    @property
    def kind(self) -> str:
        """As `SourceOptions.format` calls it."""

    @property
    def name(self) -> str:
        """What its backfill is called; the same box has the same name."""

    def heads(self) -> Iterator[HeldMail]:
        """All mails by their headers, at least; those that were sent from elsewhere, too."""

    def mails(self) -> Iterator[HeldMail]:
        """The mails."""

    def fetch(self, ref: str) -> bytes | None:
        """A mail again, its first `MOST_HELD` bytes; None: it is there no more."""

    def close(self) -> None:
        """Leave it until it is asked again."""

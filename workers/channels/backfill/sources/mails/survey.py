"""The first reading of a box: who wrote whom, and which addresses are the clinic's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from workers.channels.backfill.sources.mails.held_mail import Box
from workers.channels.backfill.sources.mails.index import MailIndex
from workers.channels.backfill.sources.mails.own_addresses import OwnAddresses
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading.mail import read_mail

#: Bytes of a mail in which its headers are looked for.
_MOST_HEADERS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Survey:
    """What a box is known to hold.

    Attributes:
        index: its mails.
        own: the clinic's addresses, the most frequent first; none where that cannot be told.
    """

    index: MailIndex
    own: tuple[str, ...]

    @classmethod
    def of(cls, box: Box, named: Collection[str], known: Collection[str]) -> Self:
        """Read a box by its headers alone.

        Args:
            box: which.
            named: as of `OwnAddresses`.
            known: likewise.

        Raises:
            SourceError: it cannot be read.
        """
        index, addresses = MailIndex(), OwnAddresses(named, known)
        try:
            for held in box.heads():
                if held.raw is None or held.use is Use.SPAM:
                    continue
                mail = read_mail(headers_in(held.raw))
                index.add(mail, held)
                addresses.add(mail, held.use)
        except BaseException:
            index.close()
            raise
        return cls(index, addresses.addresses)


def headers_in(raw: bytes) -> bytes:
    """The headers of a mail, with the empty line that ends them."""
    head = raw[:_MOST_HEADERS].lstrip(b"\r\n")
    ends = [head.find(mark) + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if mark in head]
    return head[: min(ends)] if ends else head

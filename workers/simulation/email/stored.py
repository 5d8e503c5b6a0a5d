"""A mail as it lies in a folder: number, flags, when it came, and its bytes."""

import imaplib
import re
import time
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from workers.simulation.email.envelope import parsed

_UID: Final = re.compile(rb"UID (\d+)")


@dataclass(frozen=True, slots=True)
class Stored:
    r"""One mail in a folder.

    Attributes:
        uid: its number.
        flags: as `\Seen`, `\Flagged`, `\Answered`, `\Draft`.
        received_at: when the server says that it came; Unix seconds.
        content: the mail as it lies there.
    """

    uid: int
    flags: frozenset[str]
    received_at: float
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """Its headers and parts."""
        return parsed(self.content)


def stored(imap: imaplib.IMAP4, folder: str) -> list[Stored]:
    """The mails of a folder, oldest first; it is opened to be looked at alone."""
    state, _ = imap.select(f'"{folder}"', readonly=True)
    if state != "OK":
        raise KeyError(f"there is no folder {folder}")
    _, parts = imap.uid("fetch", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
    return [_one(part[0], part[1]) for part in parts if isinstance(part, tuple)]


def _one(head: bytes, content: bytes) -> Stored:
    uid = _UID.search(head)
    date = imaplib.Internaldate2tuple(head)
    if uid is None or date is None:
        raise ValueError(f"not what a folder's mail begins with: {head!r}")
    flags = frozenset(flag.decode() for flag in imaplib.ParseFlags(head))
    return Stored(int(uid[1]), flags, time.mktime(date), content)

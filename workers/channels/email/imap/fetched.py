r"""Replies to FETCH, as imaplib gives them, read without trust in their order.

    [(b'3 (UID 7 RFC822.SIZE 91 INTERNALDATE "27-Nov-2026 ..." BODY[]<0> {91}', b'From: ...'), b')']

Servers put the items in any order, write a short body as a quoted string or NIL, and mix in what
other clients changed meanwhile (`b'5 (UID 9 FLAGS (\Seen))'`).
"""

import imaplib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

#: An item of imaplib's reply: a line, or a line and the literal that it announces.
Item = bytes | tuple[bytes, bytes] | None

#: How the reply on one mail begins.
_BEGINNING: Final = re.compile(rb"^\d+ \(")
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE: Final = re.compile(rb'\bINTERNALDATE "[^"]+"')


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as the server holds it.

    Attributes:
        uid: in its folder.
        raw: its bytes, or its first ones; None where they were not asked for or not given.
        size: bytes of the whole mail.
        received_at: when the server got it, Unix seconds; None where it does not say.
    """

    uid: int
    raw: bytes | None
    size: int
    received_at: float | None


def fetched_mails(items: Sequence[Item]) -> list[Fetched]:
    """The mails of a reply; what tells no UID is left out."""
    return [mail for group in _groups(items) if (mail := _mail(group)) is not None]


def _groups(items: Sequence[Item]) -> Iterator[list[bytes | tuple[bytes, bytes]]]:
    group: list[bytes | tuple[bytes, bytes]] = []
    for item in items:
        if item is None:
            continue
        if _BEGINNING.match(item[0] if isinstance(item, tuple) else item) and group:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _mail(group: list[bytes | tuple[bytes, bytes]]) -> Fetched | None:
    words = b" ".join(item[0] if isinstance(item, tuple) else item for item in group)
    uid = _UID.search(words)
    if uid is None:
        return None
    literals = [item[1] for item in group if isinstance(item, tuple)]
    size, date = _SIZE.search(words), _DATE.search(words)
    raw = literals[0] if literals else b"" if b"BODY[" in words else None
    return Fetched(
        uid=int(uid[1]),
        raw=raw,
        size=int(size[1]) if size else len(raw or b""),
        received_at=_seconds(date[0]) if date else None,
    )


def _seconds(date: bytes) -> float | None:
    moment = imaplib.Internaldate2tuple(date)
    return time.mktime(moment) if moment else None

"""Addresses in the headers of a mail. Pure.

The standard library's own parser takes `ana@x.example <ana@x.example>` for two senders and answers
differently in each minor release, so these few lines read what mails really hold; what is no
address is left out.
"""

import re
from dataclasses import dataclass
from typing import Final

from ingestion.parsing.decoding import header_text
from workers.contracts.numbers import canonical_address

#: Addresses of one header that are read.
MOST_ADDRESSES: Final = 200
#: Characters of a name that are kept.
MOST_NAME: Final = 200
_ADDRESS: Final = re.compile(
    r"[^\s<>()\[\],;:\"\\@\x00-\x20\x7f]{1,64}@[^\s<>()\[\],;:\"\\@\x00-\x20\x7f]{1,253}"
)
_TAG: Final = re.compile(r"\+[^@]*@")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who sends or receives.

    Attributes:
        address: in lower case, as `canonical_address` gives it.
        name: as it is displayed; empty where there is none.
    """

    address: str
    name: str = ""

    @property
    def local(self) -> str:
        """What stands before the `@`."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """What stands behind it."""
        return self.address.rpartition("@")[2]


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """The addresses of a header, each once, in their order.

    >>> mailboxes('"Silva, Ana" <Ana@x.example>, undisclosed-recipients:;')
    (Mailbox(address='ana@x.example', name='Silva, Ana'),)
    """
    entries: dict[str, Mailbox] = {}
    for entry in _entries(value):
        mailbox = _mailbox(entry)
        if mailbox is not None:
            entries.setdefault(mailbox.address, mailbox)
        if len(entries) >= MOST_ADDRESSES:
            break
    return tuple(entries.values())


def untagged(address: str) -> str:
    """An address without its tag: `contato+site@x.example` is read by who reads `contato@`."""
    return _TAG.sub("@", address, count=1)


def _entries(value: str) -> list[str]:
    """What stands between commas that no quotes, comment or brackets hold."""
    entries: list[str] = []
    start, depth, held = 0, 0, ""
    position = 0
    while position < len(value):
        character = value[position]
        if character == "\\":
            position += 1
        elif held:
            held = "" if character == held else held
        elif character in '"<':
            held = '"' if character == '"' else ">"
        elif character in "()":
            depth = max(0, depth + (1 if character == "(" else -1))
        elif not depth and character in ",;:":
            entries.append("" if character == ":" else value[start:position])
            start = position + 1
        position += 1
    return [*entries, value[start:]]


def _mailbox(entry: str) -> Mailbox | None:
    head, bracket, rest = entry.rpartition("<")
    inner = rest.partition(">")[0] if bracket else _without_comments(entry)
    address = inner.strip().removeprefix("mailto:").strip("'").lower()
    if not _ADDRESS.fullmatch(address):
        return None
    address = canonical_address(address)
    name = head if bracket else entry.partition("(")[2].rpartition(")")[0]
    words = header_text(name[:MOST_NAME].replace('"', "").replace("\\", ""))
    return Mailbox(address, words.strip("' "))


def _without_comments(entry: str) -> str:
    before, _, rest = entry.partition("(")
    return before + rest.rpartition(")")[2] if rest else before

"""A letter: a mail of ours with its headers. Pure.

Answers of a program say that they are (RFC 3834, 5; Microsoft's own header), so that no other
program answers them. Nothing of what a patient or a document wrote can begin a header of its own.
"""

import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from typing import Any, Final

from workers.channels.email.sending.composing import Body
from workers.channels.markup import in_line
from workers.contracts.email_channel import EmailChannel

#: Most ids in `References`: the thread's first and its last ones.
_MOST_IDS: Final = 21
#: A Message-ID as it may stand in a header: its line has less than 998 characters.
_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_DOMAIN: Final = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")
#: What may stand in an address before its `@` without quotes, also beyond ASCII (RFC 6531).
_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]]{1,64}")


class _IdsHeader(UnstructuredHeader, BaseHeader):
    """Message-IDs, one a line: the standard library would write a long one as encoded words."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the ids as they are: the library would decode what looks like an encoded word."""
        kwds["decoded"] = value
        kwds["parse_tree"] = None

    def fold(self, *, policy: Policy) -> str:
        """The whole header, as it is sent."""
        ids = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {ids}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
for _name in ("references", "in-reply-to", "message-id"):
    _HEADERS.map_to_type(_name, _IdsHeader)
_POLICY: Final = email.policy.SMTP.clone(header_factory=_HEADERS)
_POLICY_UTF8: Final = _POLICY.clone(utf8=True)


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a letter.

    Attributes:
        sender: the name that is shown with the channel's address.
        receiver: one address, as `sendable` gives it.
        message_id: the letter's own.
        answered: the Message-ID that it answers; empty: none.
        references: of the mail that it answers, oldest first.
        language: as headers name it.
        auto: what `Auto-Submitted` says; None: a person wrote it.
        reply_to: who is answered, where that is not the sender.
    """

    sender: str
    receiver: str
    subject: str
    date: datetime
    message_id: str
    answered: str = ""
    references: tuple[str, ...] = ()
    language: str = "pt-BR"
    auto: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is handed over.

    Attributes:
        sender: who may be told of a bounce.
        null_sender: whether nobody is, where the server takes that.
        utf8: whether its headers are UTF-8 (RFC 6532): the server must know that.
    """

    sender: str
    receiver: str
    content: bytes
    null_sender: bool
    utf8: bool = False


def write(channel: EmailChannel, heading: Heading, body: Body, *, null_sender: bool) -> Letter:
    """The letter with both forms of its text."""
    utf8 = not heading.receiver.isascii()
    message = EmailMessage(_POLICY_UTF8 if utf8 else _POLICY)
    message["From"] = _address(channel.address, heading.sender)
    message["To"] = _address(heading.receiver)
    if heading.reply_to:
        message["Reply-To"] = _address(heading.reply_to)
    message["Subject"] = _words(heading.subject)
    message["Date"] = heading.date
    message["Message-ID"] = heading.message_id
    if heading.answered:
        message["In-Reply-To"] = heading.answered
    if heading.references:
        message["References"] = " ".join(heading.references)
    if heading.auto:
        message["Auto-Submitted"] = heading.auto
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(body.plain, cte="quoted-printable")
    message.add_alternative(body.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = heading.language  # last: parts take such headers for theirs
    return Letter(channel.address, heading.receiver, message.as_bytes(), null_sender, utf8)


def _address(address: str, name: str = "") -> Address:
    """Taken apart here: the library reads a whole address in ASCII alone."""
    local, _, domain = address.rpartition("@")
    return Address(_words(name), local, domain)


def _words(text: str) -> str:
    """A text as a header may hold it.

    What looks like an encoded word does so no more: the library decodes it when it is set, and
    writes the line breaks that it holds.
    """
    return in_line(text).replace("=?", "= ?")


def own_id(question_id: str, channel: EmailChannel, mark: str = "1") -> str:
    """The Message-ID of a question's letter: the same however often it is tried."""
    return f"<{question_id}.{mark}@{channel.domain}>"


def ids(text: str) -> tuple[str, ...]:
    """The Message-IDs in a header's text, each once."""
    return tuple(dict.fromkeys(_ID.findall(text)))


def references(answered: str, earlier: Sequence[str]) -> tuple[str, ...]:
    """What `References` hold (RFC 5322, 3.6.4): those of the mail that is answered, and itself.

    Of many the first and the last ones stay.
    """
    chain = [*(one for one in earlier if one != answered), *([answered] if answered else [])]
    if len(chain) > _MOST_IDS:
        chain = [chain[0], *chain[1 - _MOST_IDS :]]
    return tuple(chain)


def sendable(address: str) -> str | None:
    """An address as servers take it, its domain as the DNS writes it; None: it is none."""
    local, at, domain = address.strip().rpartition("@")
    try:
        local.encode()
        name = domain.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return None
    is_good = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(name)
    if not is_good or local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    return f"{local}@{name}"

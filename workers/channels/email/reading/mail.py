"""A mail as it is judged and answered: read from any bytes, without an error. Pure."""

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from hashlib import sha256
from typing import Final

from workers.channels.email.reading.addresses import Mailbox, mailboxes
from workers.channels.email.reading.body import Body, body_of
from workers.channels.email.reading.headers import (
    POLICY,
    Headers,
    headers_of,
    message_id,
    message_ids,
    raw_header,
    sent_at,
)
from workers.channels.email.reading.reports import Report, report_of

__all__ = ["Mail", "Mailbox", "Report", "read_mail"]

#: Bytes of a mail that are read: its text stands first.
MOST_BYTES: Final = 262_144
#: Parts that a mail may say it has; beyond, the parser would take the square of their number.
MOST_PARTS: Final = 50
#: Characters of the body that go into the key of a mail without an id.
_KEY_CHARACTERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says of itself. Texts are decoded and bounded; nothing of it is believed.

    Attributes:
        message_id: with its brackets; None where it has none.
        key: tells it from all others: its id, else `sha256:` of what it says.
        sender: the first of `senders`; None where it names none.
        senders: all of `From`.
        reply_to: all of `Reply-To`.
        return_path: the envelope's sender; empty for `<>`, None where it is not known.
        sender_header: of `Sender`; None where there is none.
        to: addresses of `To`.
        cc: addresses of `Cc`.
        subject: its subject as it is.
        in_reply_to: ids of the mails that it answers.
        references: ids of its thread, oldest first.
        date: seconds of the epoch; None where it names none.
        headers: all of them, by their names in lower case.
        text: its plain text; empty where it has none.
        html: its page; None where it has none.
        attachments: names of what is attached.
        content_type: as `multipart/mixed`.
        report: what it reports, where it is a bounce or a receipt.
        calendar: whether it is about an appointment in a calendar, by a program.
        defects: what was wrong with it, in fixed words.
    """

    message_id: str | None
    key: str
    sender: Mailbox | None = None
    senders: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    return_path: str | None = None
    sender_header: Mailbox | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: float | None = None
    headers: Headers = field(default_factory=dict)
    text: str = ""
    html: str | None = None
    attachments: tuple[str, ...] = ()
    content_type: str = "text/plain"
    report: Report | None = None
    calendar: bool = False
    defects: tuple[str, ...] = ()


def read_mail(raw: bytes) -> Mail:
    """A mail of any bytes; what cannot be read of it is left out and named in `defects`."""
    defects = ["cut"] if len(raw) > MOST_BYTES else []
    data = raw[:MOST_BYTES].lstrip(b"\r\n")
    if data.startswith(b"From "):  # as mailboxes in one file have it
        data = data.partition(b"\n")[2]
    try:
        message = _parsed(data, defects)
        return _mail(message, defects)
    except Exception:  # noqa: BLE001 - one mail that no parser reads must not stop the next ones
        return Mail(None, f"sha256:{sha256(raw).hexdigest()}", defects=(*defects, "unreadable"))


def _parsed(data: bytes, defects: list[str]) -> Message:
    lower = data.lower()
    if lower.count(b"multipart/") + lower.count(b"message/") > MOST_PARTS:
        defects.append("too many parts")
        return BytesHeaderParser(policy=POLICY).parsebytes(data)
    return BytesParser(policy=POLICY).parsebytes(data)


def _mail(message: Message, defects: list[str]) -> Mail:
    headers = headers_of(message)
    senders = mailboxes(raw_header(message, "From"))
    return_path = _return_path(message)
    body = _body(message, defects)
    own_id = message_id(raw_header(message, "Message-ID"))
    sender = senders[0] if senders else None
    if sender is None:
        defects.append("no sender")
    if own_id is None:
        defects.append("no message id")
    return Mail(
        message_id=own_id,
        key=own_id or _key(headers, body),
        sender=sender,
        senders=senders,
        reply_to=mailboxes(raw_header(message, "Reply-To")),
        return_path=return_path,
        sender_header=next(iter(mailboxes(raw_header(message, "Sender"))), None),
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        subject=headers.get("subject", ("",))[0],
        in_reply_to=message_ids(raw_header(message, "In-Reply-To")),
        references=message_ids(raw_header(message, "References")),
        date=sent_at(raw_header(message, "Date")),
        headers=headers,
        text=body.text,
        html=body.html,
        attachments=tuple(body.attachments),
        content_type=message.get_content_type(),
        report=report_of(message, sender.address if sender else "", return_path),
        calendar=body.calendar,
        defects=tuple(defects),
    )


def _body(message: Message, defects: list[str]) -> Body:
    try:
        return body_of(message)
    except Exception:  # noqa: BLE001 - who wrote and to whom is known all the same
        defects.append("unreadable body")
        return Body()


def _addresses(message: Message, name: str) -> tuple[str, ...]:
    return tuple(each.address for each in mailboxes(raw_header(message, name)))


def _return_path(message: Message) -> str | None:
    value = raw_header(message, "Return-Path")
    if not value:
        return None
    addresses = mailboxes(value)
    return addresses[0].address if addresses else ""


def _key(headers: Headers, body: Body) -> str:
    values = [headers.get(name, ("",))[0] for name in ("date", "from", "to", "subject")]
    # Servers change the spaces at line ends, and add empty lines: words alone are compared.
    words = (" ".join(text.split()) for text in (body.text, body.html or ""))
    values += [each[:_KEY_CHARACTERS] for each in words]
    whole = "\0".join(values).encode("utf-8", "replace")
    return f"sha256:{sha256(whole).hexdigest()}"

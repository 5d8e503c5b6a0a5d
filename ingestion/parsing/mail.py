"""Mail to sections: the body, then mails and attachments inside it, each under its own heading."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from pathlib import PurePosixPath
from typing import Final

from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.document import Document, Prose, Section, readable
from ingestion.parsing.errors import (
    CorruptFileError,
    EmptyDocumentError,
    EncryptedError,
    ParseError,
    TooManyPagesError,
    WrongTypeError,
)
from ingestion.parsing.formats import FORMATS, suffix_of
from ingestion.parsing.limits import DEFAULT, Limits

#: Attachments of one mail that are read.
MOST_PARTS: Final = 100

#: Endings for parts whose name says nothing.
ENDINGS: Final = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "application/json": ".json",
}

#: Parts that are about the mail, or that hold it twice: nobody misses them.
UNTOLD: Final = re.compile(
    r"^(application/(pkcs7-signature|x-pkcs7-signature|pgp-signature|pgp-keys|ics)"
    r"|text/(x-vcard|vcard|calendar|rfc822-headers)|message/(delivery-status|disposition-notification))$"
)

#: Parts behind a key.
ENCRYPTED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})

#: Where a mail begins in a mailbox.
MBOX_FROM: Final = re.compile(rb"^From [^\r\n]*\r?\n", re.MULTILINE)

#: A header field at a file's beginning: without one, it is no mail.
FIELD: Final = re.compile(rb"^(From |[!-9;-~]{1,100}:)", re.MULTILINE)


@dataclass(slots=True)
class _Found:
    """What one mail holds."""

    sections: list[Section] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: int = 0


def parse_mail(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A mail as a document: its subject is the title, attachments are sections.

    The notes say which attachments were not read, and why.

    Raises:
        WrongTypeError: it has no header, so it is no mail.
        EncryptedError: it is encrypted.
        EmptyDocumentError: it says nothing, nor does what is attached to it.
    """
    if not FIELD.match(data.lstrip(b"\xef\xbb\xbf\r\n")[:200]):
        raise WrongTypeError.found(name, "no mail")
    subject, found = _read(message_from_bytes(data, policy=policy.compat32), limits)
    if not found.sections:
        if found.notes:
            raise EmptyDocumentError(f"There is no text in this mail. {' '.join(found.notes)}")
        raise EmptyDocumentError
    return Document(subject or readable(name), tuple(found.sections), None, tuple(found.notes))


def parse_mbox(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A mailbox as a document, each mail under its subject.

    Raises:
        WrongTypeError: it is no mailbox.
        TooManyPagesError: it holds more mails than pages are allowed.
    """
    starts = [match.span() for match in MBOX_FROM.finditer(data)]
    if not starts or starts[0][0] != 0:
        raise WrongTypeError.found(name, "no mailbox")
    if len(starts) > limits.pages:
        raise TooManyPagesError.of(len(starts), limits.pages)
    ends = [start for start, _ in starts[1:]] + [len(data)]
    found = _Found()
    for (_, start), end in zip(starts, ends, strict=True):
        subject, mail = _read(message_from_bytes(data[start:end], policy=policy.compat32), limits)
        found.sections += _under(subject, mail.sections)
        found.notes += mail.notes
    return Document(readable(name), tuple(found.sections), None, tuple(found.notes))


def _read(message: Message, limits: Limits) -> tuple[str, _Found]:
    found = _Found()
    _walk(message, found, limits)
    return header_text(message.get("Subject")), found


def header_text(value: object) -> str:
    """A header's words, whatever charset it claims.

    >>> header_text("=?iso-8859-1?Q?Hor=E1rio?=")
    'Horário'
    """
    try:
        parts = decode_header(str(value or ""))
    except (ValueError, LookupError):
        parts = [(str(value), None)]
    words = "".join(
        _decoded(part, charset) if isinstance(part, bytes) else part for part, charset in parts
    )
    return " ".join(clean(words.encode("utf-8", "replace").decode()).split())


def _walk(message: Message, found: _Found, limits: Limits) -> None:
    kind = message.get_content_type()
    if kind in ENCRYPTED or kind == "multipart/encrypted":
        raise EncryptedError
    if kind == "message/rfc822":
        for inner in _children(message):
            _inner_mail(_unwrapped(message, inner), found, limits)
    elif kind == "multipart/alternative":
        _alternative(_children(message), found, limits)
    elif message.is_multipart():
        for part in _children(message):
            _walk(part, found, limits)
    elif message.get_filename() or message.get_content_disposition() == "attachment":
        _attachment(message, found, limits)
    elif kind.startswith("text/") and not UNTOLD.match(kind):
        found.sections += _body(message, limits)
    elif not UNTOLD.match(kind):
        _attachment(message, found, limits)


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _alternative(parts: Iterable[Message], found: _Found, limits: Limits) -> None:
    """The richest of the versions that can be read: the last ones are, as RFC 2046 has it."""
    notes: list[str] = []
    for part in reversed(list(parts)):
        tried = _Found(parts=found.parts)
        try:
            _walk(part, tried, limits)
        except EncryptedError:
            raise
        except ParseError:
            continue
        if tried.sections:
            found.sections += tried.sections
            found.notes += tried.notes
            found.parts = tried.parts
            return
        notes += tried.notes
    found.notes += notes


def _unwrapped(outer: Message, inner: Message) -> Message:
    """A mail inside another; some programs encode it as a whole, against RFC 2046."""
    if str(outer.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return inner
    try:
        return message_from_bytes(b64decode(inner.as_bytes()), policy=policy.compat32)
    except ValueError:
        return inner


def _inner_mail(message: Message, found: _Found, limits: Limits) -> None:
    subject = header_text(message.get("Subject")) or "Mail"
    if limits.depth <= 0:
        found.notes.append(f"The mail “{subject}” inside it was not read: it is nested too deep.")
        return
    _, inner = _read(message, replace(limits, depth=limits.depth - 1))
    found.sections += _under(subject, inner.sections)
    found.notes += inner.notes


def _attachment(part: Message, found: _Found, limits: Limits) -> None:
    kind = part.get_content_type()
    name = header_text(part.get_filename()) or f"attachment{ENDINGS.get(kind, '')}"
    name = PurePosixPath(name.replace("\\", "/")).name or "attachment"
    if UNTOLD.match(kind) or (kind.startswith("image/") and part.get("Content-ID")):
        return
    found.parts += 1
    try:
        sections, notes = _attached(part, name, found.parts, limits)
    except ParseError as error:
        found.notes.append(f"The attachment {name} was not read: {error}")
        return
    found.sections += _under(name, sections)
    found.notes += [f"Attachment {name}: {note}" for note in notes]


def _attached(
    part: Message, name: str, number: int, limits: Limits
) -> tuple[Iterable[Section], Iterable[str]]:
    from ingestion.parsing import parse  # noqa: PLC0415 - an attachment is a file like any other

    if number > MOST_PARTS or limits.depth <= 0:
        raise ParseError("there are too many inside each other. Save it as a file of its own.")
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise CorruptFileError.because("its transfer encoding is wrong")
    suffix = suffix_of(name)
    if suffix not in FORMATS:
        name += ENDINGS.get(part.get_content_type(), "")
    document = parse(payload, name, replace(limits, depth=limits.depth - 1))
    return document.sections, document.notes


def _body(part: Message, limits: Limits) -> Iterator[Section]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    charset = part.get_content_charset() if isinstance(part.get("Content-Type"), str) else None
    text = _decoded(payload, charset)
    if part.get_content_type() == "text/html":
        kind = FORMATS[".html"]
        yield from kind.load()(text.encode(), "mail.html", limits).sections
    elif words := text.strip():
        yield Prose(words)


def _decoded(data: bytes, charset: str | None) -> str:
    """Text in the charset that is claimed, or in the one that it is in."""
    try:  # what is UTF-8 beyond ASCII is no other charset by chance, whatever the mail claims
        return clean(data.decode("utf-8"))
    except UnicodeError:
        pass
    if charset and charset.lower() not in {"us-ascii", "unknown-8bit", "x-unknown"}:
        try:
            return clean(data.decode(charset))
        except (LookupError, UnicodeError, ValueError):
            pass
    try:
        return decode(data)
    except ParseError:
        return clean(data.decode("latin-1"))


def _under(heading: str, sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        yield replace(section, heading=(heading, *section.heading)) if heading else section

"""Mail to sections: the body, then mails and attachments inside it, each under its own heading."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import Message
from pathlib import PurePosixPath
from typing import Final

from ingestion.parsing.decoding import decode_as, header_text
from ingestion.parsing.document import Document, Prose, Section, title_of
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

#: Parts that are about the mail, or that hold it twice: no note says that they were left out.
UNMENTIONED: Final = re.compile(
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
class _Contents:
    """What was read of one mail; `parts` counts its attachments."""

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
        raise WrongTypeError.content(name, "no mail")
    subject, contents = _contents_of(message_from_bytes(data, policy=policy.compat32), limits)
    if not contents.sections:
        if contents.notes:
            raise EmptyDocumentError(f"There is no text in this mail. {' '.join(contents.notes)}")
        raise EmptyDocumentError
    return Document(
        subject or title_of(name), tuple(contents.sections), None, tuple(contents.notes)
    )


def parse_mbox(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A mailbox as a document, each mail under its subject.

    Raises:
        WrongTypeError: it is no mailbox.
        TooManyPagesError: it holds more mails than pages are allowed.
    """
    starts = [match.span() for match in MBOX_FROM.finditer(data)]
    if not starts or starts[0][0] != 0:
        raise WrongTypeError.content(name, "no mailbox")
    if len(starts) > limits.pages:
        raise TooManyPagesError.of(len(starts), limits.pages)
    ends = [start for start, _ in starts[1:]] + [len(data)]
    contents = _Contents()
    for (_, start), end in zip(starts, ends, strict=True):
        subject, mail = _contents_of(
            message_from_bytes(data[start:end], policy=policy.compat32), limits
        )
        contents.sections += _under(subject, mail.sections)
        contents.notes += mail.notes
    return Document(title_of(name), tuple(contents.sections), None, tuple(contents.notes))


def _contents_of(message: Message, limits: Limits) -> tuple[str, _Contents]:
    contents = _Contents()
    _add(message, contents, limits)
    return header_text(message.get("Subject")), contents


def _add(message: Message, contents: _Contents, limits: Limits) -> None:
    kind = message.get_content_type()
    if kind in ENCRYPTED or kind == "multipart/encrypted":
        raise EncryptedError
    if kind == "message/rfc822":
        for inner in _children(message):
            _add_inner_mail(_decoded_mail(message, inner), contents, limits)
    elif kind == "multipart/alternative":
        _add_alternative(_children(message), contents, limits)
    elif message.is_multipart():
        for part in _children(message):
            _add(part, contents, limits)
    elif message.get_filename() or message.get_content_disposition() == "attachment":
        _add_attachment(message, contents, limits)
    elif kind.startswith("text/") and not UNMENTIONED.match(kind):
        contents.sections += _body(message, limits)
    elif not UNMENTIONED.match(kind):
        _add_attachment(message, contents, limits)


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _add_alternative(parts: Iterable[Message], contents: _Contents, limits: Limits) -> None:
    """The richest version that can be read: RFC 2046 puts the richest last."""
    notes: list[str] = []
    for part in reversed(list(parts)):
        version = _Contents(parts=contents.parts)
        try:
            _add(part, version, limits)
        except EncryptedError:
            raise
        except ParseError:
            continue
        if version.sections:
            contents.sections += version.sections
            contents.notes += version.notes
            contents.parts = version.parts
            return
        notes += version.notes
    contents.notes += notes


def _decoded_mail(outer: Message, inner: Message) -> Message:
    """A mail inside another; some programs encode it as a whole, against RFC 2046."""
    if str(outer.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return inner
    try:
        return message_from_bytes(b64decode(inner.as_bytes()), policy=policy.compat32)
    except ValueError:
        return inner


def _add_inner_mail(message: Message, contents: _Contents, limits: Limits) -> None:
    subject = header_text(message.get("Subject")) or "Mail"
    if limits.depth <= 0:
        contents.notes.append(
            f"The mail “{subject}” inside it was not read: it is nested too deep."
        )
        return
    _, inner = _contents_of(message, replace(limits, depth=limits.depth - 1))
    contents.sections += _under(subject, inner.sections)
    contents.notes += inner.notes


def _add_attachment(part: Message, contents: _Contents, limits: Limits) -> None:
    kind = part.get_content_type()
    name = header_text(part.get_filename()) or f"attachment{ENDINGS.get(kind, '')}"
    name = PurePosixPath(name.replace("\\", "/")).name or "attachment"
    if UNMENTIONED.match(kind) or (kind.startswith("image/") and part.get("Content-ID")):
        return
    contents.parts += 1
    try:
        sections, notes = _parse_attachment(part, name, contents.parts, limits)
    except ParseError as error:
        contents.notes.append(f"The attachment {name} was not read: {error}")
        return
    contents.sections += _under(name, sections)
    contents.notes += [f"Attachment {name}: {note}" for note in notes]


def _parse_attachment(
    part: Message, name: str, number: int, limits: Limits
) -> tuple[Iterable[Section], Iterable[str]]:
    from ingestion.parsing import parse  # noqa: PLC0415 - an attachment is a file like any other

    if number > MOST_PARTS or limits.depth <= 0:
        raise ParseError("there are too many inside each other. Save it as a file of its own.")
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise CorruptFileError.because("its transfer encoding is wrong")
    if suffix_of(name) not in FORMATS:
        name += ENDINGS.get(part.get_content_type(), "")
    document = parse(payload, name, replace(limits, depth=limits.depth - 1))
    return document.sections, document.notes


def _body(part: Message, limits: Limits) -> Iterator[Section]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    charset = part.get_content_charset() if isinstance(part.get("Content-Type"), str) else None
    text = decode_as(payload, charset)
    if part.get_content_type() == "text/html":
        kind = FORMATS[".html"]
        yield from kind.load()(text.encode(), "mail.html", limits).sections
    elif words := text.strip():
        yield Prose(words)


def _under(heading: str, sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        yield replace(section, heading=(heading, *section.heading)) if heading else section

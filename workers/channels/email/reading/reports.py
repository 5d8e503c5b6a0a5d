"""What a mail server reports: mails that were not delivered, that were read, that annoyed. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final, Literal

from workers.channels.email.reading.addresses import mailboxes
from workers.channels.email.reading.body import part_text, parts_of
from workers.channels.email.reading.headers import message_ids, raw_header

#: Characters of a report that are read.
MOST_CHARACTERS: Final = 64_000
#: Ids and recipients of a report that are kept.
MOST_ENTRIES: Final = 20
_STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPT_PARTS: Final = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
_COPIES: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_MAILER: Final = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@")
_FIELD: Final = re.compile(
    r"^(status|action|final-recipient|original-recipient)[ \t]*:[ \t]*([^\r\n]{0,500})",
    re.IGNORECASE | re.MULTILINE,
)
_COPIED_ID: Final = re.compile(
    r"^[> \t]{0,10}(?:original-)?message-id[ \t]*:\s{0,5}(<[^<>\s]{1,400}>)",
    re.IGNORECASE | re.MULTILINE,
)

ReportKind = Literal["delivery", "receipt", "feedback"]


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported.

    Attributes:
        kind: a delivery that failed or is late; a receipt; a complaint.
        status: as `5.1.1`; empty where none is given.
        action: `failed`, `delayed`, `delivered`, …; empty where none is given.
        message_ids: of the mails that it is about.
        recipients: whom they did not reach.
    """

    kind: ReportKind
    status: str = ""
    action: str = ""
    message_ids: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the mail did not arrive and will not."""
        if self.kind != "delivery" or self.action in {"delayed", "delivered", "relayed"}:
            return False
        return not self.status.startswith(("2", "4")) or self.action == "failed"


def report_of(message: Message, sender: str, return_path: str | None) -> Report | None:
    """What a mail reports; None where it is no report."""
    parts = list(_parts(message))
    kinds = {part.get_content_type() for part in parts}
    kind = _kind(message, kinds)
    if kind is None:
        is_bounce = _looks_like_bounce(message, sender, return_path)
        return _plain_bounce(message, parts) if is_bounce else None
    fields = _fields(parts)
    ids = [each for part in parts for each in _ids(part)]
    return Report(
        kind,
        fields.get("status", "").partition(" ")[0][:20],
        fields.get("action", "").lower().partition(" ")[0][:20],
        tuple(dict.fromkeys(ids))[:MOST_ENTRIES],
        _recipients(fields),
    )


def _kind(message: Message, kinds: set[str]) -> ReportKind | None:
    claimed = str(message.get_param("report-type") or "").lower()
    is_report = message.get_content_type() == "multipart/report"
    if kinds & _RECEIPT_PARTS or (is_report and "disposition" in claimed):
        return "receipt"
    if kinds & _STATUS_PARTS or (is_report and "delivery" in claimed):
        return "delivery"
    if "message/feedback-report" in kinds or (is_report and "feedback" in claimed):
        return "feedback"
    return "delivery" if is_report else None


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a report: those of its first two floors."""
    yield message
    if message.get_content_maintype() == "multipart":
        yield from parts_of(message)[:MOST_ENTRIES]


def _fields(parts: list[Message]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in parts:
        if part.get_content_type() in _STATUS_PARTS | _RECEIPT_PARTS:
            for match in _FIELD.finditer(_source(part)):
                fields.setdefault(match.group(1).lower(), match.group(2).strip())
    return fields


def _recipients(fields: dict[str, str]) -> tuple[str, ...]:
    values = [fields.get("final-recipient", ""), fields.get("original-recipient", "")]
    addresses = (each.address for v in values for each in mailboxes(v.rpartition(";")[2]))
    return tuple(dict.fromkeys(addresses))


def _ids(part: Message) -> list[str]:
    if part.get_content_type() in _COPIES | _RECEIPT_PARTS | {"message/feedback-report"}:
        return _COPIED_ID.findall(_source(part))[:1]
    return []


def _source(part: Message) -> str:
    """A part as it came: its blocks are headers to the parser, or plain text."""
    if not part.is_multipart():
        return part_text(part)[:MOST_CHARACTERS]
    lines: list[str] = []
    for block in parts_of(part)[:MOST_ENTRIES]:
        lines += [f"{name}: {' '.join(str(value).split())}" for name, value in block.items()]
        if not block.is_multipart():
            lines.append(part_text(block)[:MOST_CHARACTERS])
    return "\n".join(lines)[:MOST_CHARACTERS]


def _looks_like_bounce(message: Message, sender: str, return_path: str | None) -> bool:
    return bool(_MAILER.match(sender) or message.get("X-Failed-Recipients")) and return_path in {
        None,
        "",
        sender,
    }


def _plain_bounce(message: Message, parts: list[Message]) -> Report:
    """A bounce of a server that knows no reports: the mail's copy stands in its text."""
    text = "\n".join(_source(part) for part in parts)
    ids = [
        *message_ids(raw_header(message, "In-Reply-To")),
        *message_ids(raw_header(message, "References")),
        *_COPIED_ID.findall(text),
    ]
    failed = mailboxes(raw_header(message, "X-Failed-Recipients"))
    return Report(
        "delivery",
        message_ids=tuple(dict.fromkeys(ids))[:MOST_ENTRIES],
        recipients=tuple(each.address for each in failed),
    )

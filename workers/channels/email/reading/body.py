"""The text, the page and the attachments of a mail. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from html import escape
from typing import Final

from ingestion.parsing.decoding import header_text
from workers.channels.email.reading.charsets import text_of
from workers.channels.email.reading.pages import page_text

#: Parts of a mail that are looked at.
MOST_PARTS: Final = 100
#: Characters of a mail's text, and of its page, that are kept.
MOST_CHARACTERS: Final = 400_000
#: Characters of an attachment's name that are kept.
MOST_NAME: Final = 150
#: A page that claims to be plain text.
_PAGE: Final = re.compile(r"\s{0,50}<(?:!doctype html|html|head|body|div|p|table)\b", re.IGNORECASE)
_SOFT_BREAK: Final = re.compile(r"(?<! ) \n(?!>|-- \n)")


@dataclass(slots=True)
class _Block:
    """A piece of the body, in one or both of its forms."""

    text: str | None = None
    page: str | None = None


@dataclass(slots=True)
class Body:
    """What a mail holds.

    Attributes:
        text: its plain text; empty where it has none.
        html: its page; None where it has none.
        attachments: the names of what is attached to it.
        calendar: whether it answers or sends an appointment.
    """

    text: str = ""
    html: str | None = None
    attachments: list[str] = field(default_factory=list)
    calendar: bool = False


def body_of(message: Message) -> Body:
    """What a mail holds; mails inside it are attachments."""
    body, blocks = Body(), list[_Block]()
    for part, is_other_form in _parts(message):
        kind = part.get_content_type()
        if kind == "text/calendar" and part.get_param("method") is not None:
            body.calendar = True
        elif kind in {"text/plain", "text/html"} and not _is_attached(part):
            _add(blocks, part, is_other_form=is_other_form)
        elif not kind.startswith("multipart/"):
            body.attachments.append(_name(part))
    if any(block.text for block in blocks):
        body.text = "\n\n".join(
            block.text if block.text is not None else page_text(block.page or "")
            for block in blocks
        )[:MOST_CHARACTERS]
    if any(block.page for block in blocks):
        body.html = "\n".join(
            block.page or f"<pre>{escape(block.text or '')}</pre>" for block in blocks
        )[:MOST_CHARACTERS]
    return body


def _parts(message: Message) -> Iterator[tuple[Message, bool]]:
    """The parts, and whether each is the one before in another form."""
    waiting: list[tuple[Message, bool]] = [(message, False)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, is_other_form = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            alternative = part.get_content_type() == "multipart/alternative"
            parts = parts_of(part)
            waiting += [
                (each, alternative and number > 0) for number, each in enumerate(parts)
            ][::-1]  # fmt: skip
        else:
            yield part, is_other_form


def _add(blocks: list[_Block], part: Message, *, is_other_form: bool) -> None:
    text = part_text(part)
    if part.get_content_type() == "text/html" or _PAGE.match(text):
        if is_other_form and blocks and blocks[-1].page is None:
            blocks[-1].page = text
        elif text.strip():
            blocks.append(_Block(page=text))
    elif is_other_form and blocks and blocks[-1].text is None:
        blocks[-1].text = text
    else:
        blocks.append(_Block(text=text))


def parts_of(message: Message) -> list[Message]:
    """The parts of a mail, or the mail inside it; none where it holds text.

    Text is never asked for undecoded: the library trips over its charset then.
    """
    payload = message.get_payload() if message.is_multipart() else None
    return [each for each in payload or () if isinstance(each, Message)]


def part_text(part: Message) -> str:
    """The decoded text of a part; empty where it holds other parts."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    claim = part.get_param("charset")
    text = text_of(data, claim if isinstance(claim, str) else None)[:MOST_CHARACTERS]
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    glue = "" if str(part.get_param("delsp") or "").lower() == "yes" else " "
    return _SOFT_BREAK.sub(glue, text)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _name(part: Message) -> str:
    name = header_text(_filename(part))
    inner = parts_of(part)
    if not name and inner:
        name = header_text(inner[0].get("Subject"))
    return (name or part.get_content_type())[:MOST_NAME]


def _filename(part: Message) -> str:
    """The name that a part claims; a word in its place where the library trips over it."""
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError):
        return "attachment"

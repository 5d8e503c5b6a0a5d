"""The messages of an exported chat, from its lines. Pure.

A patient's line may look like a message's first: the clinic sends "13/10/2026 14:30 - Dra. Ana:
retorno" in a list of appointments. Two things give it away: its shape is not that of the export, or
its time is a day or more off, the next messages go back to where the chat was, and nobody of that
name writes here.
"""

from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from workers.channels.backfill.sources.whatsapp.content import is_deed
from workers.channels.backfill.sources.whatsapp.heads import DateOrder, Head, head_of, moment
from workers.channels.backfill.sources.whatsapp.names import clean_name

#: Characters of a message that are kept: nobody asks a question of that length.
LONGEST_TEXT: Final = 64 * 1024
#: Characters of the longest name; what stands before a later colon is a notice.
_LONGEST_NAME: Final = 100
_DAY: Final = 24 * 3600
#: Lines, and those of them that may begin messages, that are looked ahead for the chat's time.
_AHEAD_LINES: Final = 200
_AHEAD_HEADS: Final = 20


class Message(NamedTuple):
    """One message as it stands in the chat.

    Attributes:
        sender: the name; empty of a notice of WhatsApp.
        text: with the signs that telephones put around it.
        sent_at: by the telephone's clock.
    """

    sender: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ChatForm:
    """How one export is written.

    Attributes:
        shapes: of heads that begin messages.
        order: of day and month.
        zone: of the telephone's clock.
        senders: who is known to write; whose message is believed whatever its time is.
    """

    shapes: frozenset[str]
    order: DateOrder
    zone: tzinfo
    senders: Container[str] = ()


@dataclass(slots=True)
class _Line:
    text: str
    head: Head | None
    sent_at: datetime | None
    sender: str = ""
    body: str = ""

    @property
    def seconds(self) -> float | None:
        return self.sent_at.timestamp() if self.sent_at else None


def messages(lines: Iterable[str], form: ChatForm) -> Iterator[Message | str]:
    """The messages in their order; a line before the first one comes as it stands.

    Args:
        lines: of the export.
        form: how it is written.
    """
    begun: _Line | None = None
    text: list[str] = []
    room = LONGEST_TEXT
    for line in _begun_lines(lines, form):
        if line.head is not None:
            if begun and begun.sent_at:
                yield Message(begun.sender, "\n".join(text), begun.sent_at)
            begun, text, room = line, [line.body], LONGEST_TEXT
        elif begun is None:
            yield line.text
        elif room > 0:
            text.append(line.text)
        room -= len(line.text) + 1
    if begun and begun.sent_at:
        yield Message(begun.sender, "\n".join(text), begun.sent_at)


def _begun_lines(lines: Iterable[str], form: ChatForm) -> Iterator[_Line]:
    """The lines; those that begin no message have no head."""
    ahead = _Ahead(_read(line, form) for line in lines)
    last: float | None = None
    while (line := ahead.next()) is not None:
        seconds = line.seconds
        if seconds is not None:
            if last is not None and line.sender not in form.senders and ahead.leaves(last, seconds):
                line.head = line.sent_at = None
            else:
                last = seconds
        yield line


def _read(text: str, form: ChatForm) -> _Line:
    head = head_of(text)
    sent_at = None
    if head is not None and head.shape in form.shapes:
        sent_at = moment(head, form.order, form.zone)
    if head is None or sent_at is None:
        return _Line(text, None, None)
    return _Line(text, head, sent_at, *sender_of(head.body))


def sender_of(body: str) -> tuple[str, str]:
    """Who writes, and what; nobody of a notice.

    >>> sender_of("~ Ana: bom dia: tudo bem?")
    ('Ana', 'bom dia: tudo bem?')
    """
    name, colon, text = body.partition(": ")
    if not colon and body.endswith(":"):  # a message without words, as editors save it
        name, colon = body[:-1], ":"
    sender = clean_name(name)
    if not colon or not sender or len(sender) > _LONGEST_NAME or is_deed(name):
        return "", body
    return sender, text


class _Ahead:
    """Lines, of which some are looked at before they are taken."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self._lines, self._seen = lines, deque[_Line]()

    def next(self) -> _Line | None:
        return self._seen.popleft() if self._seen else next(self._lines, None)

    def leaves(self, last: float, seconds: float) -> bool:
        """Whether a time leaves the chat's, and the lines behind it go back to it.

        Args:
            last: time of the message before.
            seconds: of the line.
        """
        if abs(seconds - last) <= _DAY:
            return False
        return any(
            last - _DAY <= later and not seconds - _DAY <= later <= seconds + _DAY
            and (later < seconds or seconds < last)
            for later in self._times()
        )  # fmt: skip

    def _times(self) -> Iterator[float]:
        """Times of the next lines that may begin messages."""
        heads = 0
        for place in range(_AHEAD_LINES):
            if place == len(self._seen):
                if (line := next(self._lines, None)) is None:
                    return
                self._seen.append(line)
            if (seconds := self._seen[place].seconds) is not None:
                yield seconds
                heads += 1
                if heads == _AHEAD_HEADS:
                    return


__all__ = ["LONGEST_TEXT", "ChatForm", "Message", "messages", "sender_of"]

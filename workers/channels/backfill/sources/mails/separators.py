r"""Where the mails of an mbox file begin and end.

A mail begins with a line `From `, which programs write in many ways:

    From 1523378246251037@xxx Sat Sep 12 21:19:03 +0000 2026      (Gmail)
    From - Sat Sep 12 21:19:03 2026                               (Thunderbird)
    From ana@paciente.example Sat Sep 12 21:19 2026

Bodies hold such words too. mboxo and mboxrd write `>From ` there; others do not, so a line is only
believed where it holds a moment, or an address alone, and a header stands below it. The file is
read in pieces: nothing bounds the length of a mail or of a line.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

#: Bytes that are read at once.
_PIECE: Final = 1 << 20
#: Bytes that a `From ` line and the beginning of the next take at most.
_LOOK_AHEAD: Final = 1_500
_SENDER_LINE: Final = re.compile(
    rb"From (?:[^\r\n]{0,900}\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[^\r\n]{0,20}"
    rb"\b\d{1,2}:\d\d\b[^\r\n]{0,100}|[^\s@]{1,900}@[^\s@]{1,300}[ \t]{0,9})"
    rb"\r?\n(?=[!-9;-~]{1,200}[ \t]{0,9}:)"
)
_QUOTED: Final = re.compile(rb"(?m)^>(?=>{0,50}From )")
_START: Final = b"From "


class Span(NamedTuple):
    """A mail's bytes in the file: its `From ` line, its headers, its end."""

    line: int
    start: int
    end: int


def spans(file: BinaryIO, piece: int = _PIECE) -> Iterator[Span]:
    """The mails of a file, which is read once from its beginning, in pieces of so many bytes."""
    before: tuple[int, int] | None = None
    for line, start in _beginnings(file, piece):
        if before is not None:
            yield Span(*before, line)
        before = line, start
    if before is not None:
        yield Span(*before, file.seek(0, 2))


def begins_mbox(head: bytes) -> bool:
    """Whether a file that begins so is one of mails."""
    return _SENDER_LINE.match(head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")) is not None


def unquoted(raw: bytes) -> bytes:
    r"""A mail with `>From ` as its writer wrote it.

    >>> unquoted(b">From Monday on\n>>From what you say")
    b'From Monday on\n>From what you say'
    """
    return _QUOTED.sub(b"", raw) if b">From " in raw else raw


def _beginnings(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """The places of the `From ` lines, and of what follows them."""
    file.seek(0)
    offset, buffer = 0, b""
    reached = 0  # before this place of the file every beginning is known
    is_last = False
    while not is_last:
        piece = file.read(size)
        is_last = not piece
        buffer += piece
        # What begins within the last bytes may go on in the next piece.
        limit = len(buffer) if is_last else len(buffer) - _LOOK_AHEAD
        place = reached - offset
        while (place := _next_start(buffer, place, limit, is_first=offset == 0)) >= 0:
            match = _SENDER_LINE.match(buffer, place)
            if match:
                yield offset + place, offset + match.end()
            place += 1
        reached = max(reached, offset + limit)
        # The line feed before a place belongs to it.
        kept = max(reached - offset - 1, 0)
        offset, buffer = offset + kept, buffer[kept:]


def _next_start(buffer: bytes, place: int, limit: int, *, is_first: bool) -> int:
    """The next place from `place` to before `limit` where `From ` begins a line; -1: none does."""
    if is_first and place == 0:
        blank = len(buffer) - len(buffer.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
        if blank < limit and buffer.startswith(_START, blank):
            return blank
    place = buffer.find(b"\n" + _START, max(place - 1, 0), limit + len(_START)) + 1
    return place if 0 < place < limit else -1

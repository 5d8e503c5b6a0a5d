"""A text file as its lines, one at a time, in whatever encoding it was saved.

A line is UTF-8, or else Windows-1252, in which Brazilian spreadsheets save: each for itself, since
exports are put together from several.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from ingestion.parsing.decoding import MARKS
from workers.channels.backfill.sources.source import HEAD_BYTES, SourceError, head_of, unreadable

#: Characters of the longest line: a cell of 10 MB is a question that is too long.
LONGEST: Final = 16 << 20
#: What stands for a character that could not be read.
_LOST: Final = "\ufffd"
#: Of a text without a byte order mark, which part of its first bytes is NUL in UTF-16.
_HALF_NULS: Final = 0.2

#: Share of a line's bytes that may be nothing in Windows-1252 before the line is none.
_MOST_NOTHING: Final = 0.05

_WORDS: Final = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}


class Line(NamedTuple):
    """One line; `text` holds its end.

    Attributes:
        number: from 1.
        damaged: whether it is in no encoding that we know, or is cut at the longest.
    """

    number: int
    text: str
    damaged: bool = False


class TextLines:
    """The lines of a file; each iteration reads it anew.

    Attributes:
        encoding: as Python names it.
        words: as a user does.

    Raises:
        SourceError: it cannot be read, or there is no such encoding.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self._path = path
        self._given = encoding is not None
        self.encoding = _known(encoding) if encoding else _guessed(head_of(path))
        self.words = _WORDS.get(self.encoding.removesuffix("-sig"), self.encoding)

    def __iter__(self) -> Iterator[Line]:
        guessed = not self._given and self.encoding in {"utf-8", "cp1252"}
        try:
            # Latin-1 loses no byte and ends no line that is none: each is then read for itself.
            encoding = "latin-1" if guessed else self.encoding
            with self._path.open(encoding=encoding, errors="replace", newline="") as file:
                for number, (text, whole) in enumerate(_pieces(file), start=1):
                    line = text.removeprefix("\ufeff")
                    damaged = False
                    if guessed and not line.isascii():
                        line, damaged = _decoded(line.encode("latin-1"))
                    damaged = damaged or not whole or _LOST in line
                    yield Line(number, line.replace("\0", "").removeprefix("\ufeff"), damaged)
        except OSError as error:
            raise unreadable(self._path, error) from error


def _pieces(file: TextIO) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is whole; of one that is too long, the beginning alone."""
    while text := file.readline(LONGEST):
        whole = True
        while len(text) >= LONGEST and not text.endswith(("\n", "\r")):
            whole = False
            if not (rest := file.readline(LONGEST)) or len(rest) < LONGEST:
                break
        yield text, whole


def _decoded(data: bytes) -> tuple[str, bool]:
    """A line's text, and whether it is damaged."""
    try:
        return data.decode(), False
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
    good = sum(not char.isascii() for char in text) - text.count(_LOST)
    if good > text.count(_LOST):  # UTF-8 with a hole
        return text, True
    line = data.decode("cp1252", "ignore")  # five of its bytes are nothing
    return line, (len(data) - len(line)) > _MOST_NOTHING * len(data)


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"".decode(name)
    except LookupError as error:
        raise SourceError(
            f"There is no text encoding '{encoding}'. Nothing was read. Give --encoding utf-8, "
            f"cp1252 or utf-16, or leave it out."
        ) from error
    return "utf-8-sig" if name == "utf-8" else name


def _guessed(head: bytes) -> str:
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return "utf-8" if encoding == "utf-8-sig" else encoding
    nuls = head[:HEAD_BYTES].count(0)
    if nuls > _HALF_NULS * len(head):
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"

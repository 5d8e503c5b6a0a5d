"""The lines of a file of text, one after the other, whatever is in it."""

import codecs
import io
from collections.abc import Callable, Iterator
from typing import AnyStr, Final

#: Bytes of a line that are kept: none fills the memory. A question of that length is asked by
#: nobody.
LONGEST_LINE: Final = 64 * 1024
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: What old Windows programs save; every byte is a letter in it, so nothing fails.
_FALLBACK: Final = "cp1252"


def text_lines(stream: io.BufferedReader, encoding: str | None = None) -> Iterator[str]:
    """Its lines without their ends; NUL is left out, and what is behind `LONGEST_LINE`.

    Only a line feed ends a line: patients' texts hold U+2028 and vertical tabs.

    Args:
        stream: at its beginning.
        encoding: of the text; else UTF-16 by its mark, or UTF-8, where a line that is no UTF-8 is
            read as Windows wrote it.
    """
    if encoding is None and stream.peek(2)[:2] in _UTF16:
        encoding = "utf-16"
    if encoding is None:
        yield from (_clean(_decoded(line)) for line in _bounded(stream.readline, b"\n"))
    else:
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="\n")
        try:
            yield from (_clean(line) for line in _bounded(text.readline, "\n"))
        finally:
            text.detach()  # who opened the stream closes it


def _bounded(readline: Callable[[int], AnyStr], end: AnyStr) -> Iterator[AnyStr]:
    """Lines, of a long one its beginning."""
    is_rest = False
    while piece := readline(LONGEST_LINE):
        if not is_rest:
            yield piece
        is_rest = not piece.endswith(end)


def _clean(line: str) -> str:
    return line.rstrip("\r\n").replace("\0", "").removeprefix("\ufeff")


def _decoded(line: bytes) -> str:
    if len(line) == LONGEST_LINE:  # it may end within a letter
        return line.decode("utf-8", errors="replace")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(_FALLBACK, errors="replace")

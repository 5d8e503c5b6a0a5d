"""Bytes to text: what encoding a file is in, and characters that no text needs."""

import codecs
import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header

from charset_normalizer import from_bytes

from ingestion.parsing.errors import UnknownEncodingError

#: Byte order marks, the longer first: UTF-32's begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: First bytes of a page in which HTML names its encoding (scripts may stand before it), and how.
DECLARATION_BYTES = 65536
DECLARATION = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

#: Control characters but tab and line ends; and soft hyphens, which split words in a search.
NOISE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\ufeff]")


def decode(data: bytes) -> str:
    """A file's text, in NFC, with line feeds as its only line ends.

    Byte order mark, UTF-8, what HTML declares, then Windows-1252, in which Brazilian offices save
    what is not UTF-8: a statistical guess takes short Portuguese texts for Central European or
    Macintosh ones (seen), so it comes last.

    Raises:
        UnknownEncodingError: none of them fits.
    """
    for encoding in _candidates(data):
        try:
            return clean(data.decode(encoding))
        except (UnicodeError, LookupError):
            continue
    guess = from_bytes(data).best()
    if guess is None:
        raise UnknownEncodingError
    return clean(str(guess))


def decode_as(data: bytes, charset: str | None) -> str:
    """A mail's text in the charset that it claims, or in the one that it is in."""
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
    except UnknownEncodingError:
        return clean(data.decode("latin-1"))


def header_text(value: object) -> str:
    """The words of a mail's header, whatever charset it claims.

    >>> header_text("=?iso-8859-1?Q?Hor=E1rio?=")
    'Horário'
    """
    try:
        parts = decode_header(str(value or ""))
    except (ValueError, LookupError, HeaderParseError):
        parts = [(str(value), None)]
    words = "".join(
        decode_as(part, charset) if isinstance(part, bytes) else part for part, charset in parts
    )
    return " ".join(clean(words.encode("utf-8", "replace").decode()).split())


def clean(text: str) -> str:
    """NFC, one kind of line end, no control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    return unicodedata.normalize("NFC", NOISE.sub("", lines))


def _candidates(data: bytes) -> list[str]:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return [encoding]
    if b"\0" in data:
        return []
    declaration = DECLARATION.search(data[:DECLARATION_BYTES])
    names = [declaration.group(1).decode("ascii", "replace")] if declaration else []
    return ["utf-8", *names, "cp1252"]

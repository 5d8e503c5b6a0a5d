"""Bytes to text: what encoding a file is in, and characters that no text needs."""

import codecs
import re
import unicodedata

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

#: Where HTML says its encoding, and bytes among which it is looked for: scripts may stand before.
WITHIN = 65536
DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

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
    declared = DECLARED.search(data[:WITHIN])
    names = [declared.group(1).decode("ascii", "replace")] if declared else []
    return ["utf-8", *names, "cp1252"]

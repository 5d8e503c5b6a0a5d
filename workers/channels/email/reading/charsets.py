"""Bytes of a mail's part to text, whatever charset it claims. Pure."""

import codecs
import re
from typing import Final

from ingestion.parsing.decoding import clean, decode_as

#: Codecs that are no charsets of mails; one of them takes the square of the text's length.
_NO_CHARSETS: Final = frozenset(
    {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined"}
)
#: Charsets whose bytes are all ASCII, which UTF-8 would read as they are.
_SHIFTING: Final = re.compile(r"iso2022|utf_7|hz$")
_CODE_PAGE: Final = re.compile(r"(?:cp|win|windows|ibm|ms|x-cp|x-windows)[-_ ]?(\d{3,5})")
_LATIN: Final = re.compile(r"(?:x-)?(?:iso|latin)?[-_ ]?8859[-_ ]?(\d{1,2})")
_OTHER_NAMES: Final = {"utf8mb4": "utf-8", "ansi": "cp1252", "x-mac-roman": "mac-roman"}
#: UTF-8 that was taken for Windows-1252 and written as UTF-8 once more: `DÃºvida`.
_CP1252_HIGH: Final = (
    "\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
    "\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
)
_MOJIBAKE: Final = re.compile(
    f"[\u00c2-\u00df][{_CP1252_HIGH}]|[\u00e0-\u00ef][{_CP1252_HIGH}]{{2}}"
    f"|[\u00f0-\u00f4][{_CP1252_HIGH}]{{3}}"
)


def charset_of(claim: str) -> str | None:
    """The codec that a mail's claim means; None where it means none.

    >>> charset_of('"cp-850"'), charset_of("utf-8 "), charset_of("x-unknown")
    ('cp850', 'utf-8', None)
    """
    name = claim.strip(" \t\"'").partition(";")[0].strip().lower()
    page, latin = _CODE_PAGE.fullmatch(name), _LATIN.fullmatch(name)
    if page:
        name = f"cp{page.group(1)}"
    elif latin:
        name = f"iso8859-{latin.group(1)}"
    try:
        codec = codecs.lookup(_OTHER_NAMES.get(name, name)).name
    except (LookupError, ValueError):
        return None
    return None if codec in _NO_CHARSETS else codec


def text_of(data: bytes, claim: str | None) -> str:
    """The text of a part, in NFC and with line feeds; what was encoded twice is read once more."""
    charset = charset_of(claim) if claim else None
    if charset and _SHIFTING.search(charset.replace("-", "_").replace("iso_2022", "iso2022")):
        return clean(data.decode(charset, "replace"))
    return without_mojibake(decode_as(data, charset))


def without_mojibake(text: str) -> str:
    """A text whose accents were encoded twice, as it was written.

    >>> without_mojibake("DÃºvida de JoÃ£o")
    'Dúvida de João'
    """
    return _MOJIBAKE.sub(_once, text)


def _once(match: re.Match[str]) -> str:
    try:
        data = b"".join(_byte(character) for character in match.group())
        return data.decode("utf-8")
    except UnicodeError:
        return match.group()


def _byte(character: str) -> bytes:
    return character.encode("latin-1" if ord(character) < 0x100 else "cp1252")  # noqa: PLR2004

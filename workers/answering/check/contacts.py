"""Telephone numbers, addresses, links and e-mails: a wrong one sends the asker to a stranger."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from workers.answering.check.fault import Fault, Kind

_LINK: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s,;)]+"
    r"|\b(?:[\w-]+\.)+(?:com|net|org|gov|edu|br|app|io|example|me)(?:\.br)?\b(?:/[^\s,;)]*)?",
    re.IGNORECASE,
)
_TELEPHONE: Final = re.compile(
    r"(?:\+?55\s?)?(?:\(?0?\d\d\)?[\s.-]?)?9?\d{4}[\s.-]\d{4}\b|\b0800[\s\d-]{6,}\d"
)
_STREET: Final = re.compile(
    r"\b(?:rua|r\.|avenida|av\.?|alameda|al\.|travessa|praca|rodovia|estrada|largo)\s"
    r"(?:(?:d[aeo]s?|dos|das)\s)?[\w'.]+(?:\s(?:d[aeo]s?\s)?[a-z]\w+){0,4}?"
    r"(?=,|\.|;|$|\s\d|\n|\s(?:n|no|numero)\b)(?:,?\s?(?:n[o.]?\s?|numero\s)?\d[\d.]*\d|,?\s?\d)?"
)
_THOUSANDS: Final = re.compile(r"(?<=\d)\.(?=\d{3}\b)")
_SIGNS: Final = re.compile(r"\W+")
_NUMBER_SIGN: Final = re.compile(r"\b(?:no|n|numero|num)\s(?=\d)")


def without_contacts(text: str) -> str:
    """The text with blanks in place of telephone numbers, links and street numbers."""
    text = _LINK.sub(" ", text)
    text = _TELEPHONE.sub(" ", text)
    return _blanked(text, _STREET)


def contact_faults(answer: str, sources: str) -> Iterator[Fault]:
    """What of these the answer names and the sources do not hold.

    Args:
        answer: the answer.
        sources: the texts of all passages.
    """
    for pattern, text, form in (
        (_LINK, answer, _squeezed),
        (_TELEPHONE, answer, _digits),
        (_STREET, fold(answer), _address),
    ):
        for match in pattern.finditer(text):
            words = match.group().strip(" .,;")
            if form(words) not in form(sources):  # most answers have none: not read for them
                yield Fault(Kind.CONTACT, words)


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    """`pattern` is of folded text, which is as long only where no letter is two."""
    folded = fold(text)
    if len(folded) != len(text):
        return pattern.sub(" ", folded)
    parts, copied = [], 0
    for match in pattern.finditer(folded):
        parts.append(text[copied : match.start()])
        copied = match.end()
    return " ".join((*parts, text[copied:]))


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    return "".join(fold(text).split()).rstrip("./")


@lru_cache(maxsize=1024)
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


@lru_cache(maxsize=1024)
def _address(text: str) -> str:
    """Words without signs: `Av. Brasil, nº 10` as `avenida brasil 10`."""
    words = _SIGNS.sub(" ", _THOUSANDS.sub("", fold(text))).strip()
    words = _NUMBER_SIGN.sub("", words)
    return re.sub(r"\bav\b", "avenida", re.sub(r"\br (?=\w)", "rua ", f"{words} ")).replace(
        "  ", " "
    )

"""The subject of a thread: answered with one `Re:`, known again whatever stands before it. Pure.

Programs write the mark of a reply in their own language, and many add one each time.
"""

import re
import unicodedata
from typing import Final

from workers.answering.language import Language
from workers.channels.markup import clean

#: Marks of replies and of forwarded mails: English, Portuguese, German, Scandinavian, Spanish.
_MARKS: Final = r"(?:re|res|resp|enc|fwd?|aw|wg|sv|rv)"
_PREFIX: Final = re.compile(
    rf"(?:\s*(?:{_MARKS})\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\))?\s*[:\uff1a])+\s*", re.IGNORECASE
)
#: Longest subject that is sent, in characters.
_LONGEST: Final = 200
#: Where the patient wrote none.
_NONE: Final[dict[Language, str]] = {"pt": "sua mensagem", "en": "your message"}


def is_marked(subject: str) -> bool:
    """Whether it says that its mail answers another one, or hands it on."""
    return _PREFIX.match(subject) is not None


def bare(subject: str) -> str:
    """The subject in one line, without marks before it."""
    return _PREFIX.sub("", " ".join(clean(subject).split()), count=1).strip()


def folded(subject: str) -> str:
    """What is the same for all mails of a thread; empty where there is no subject."""
    return unicodedata.normalize("NFKC", bare(subject)).casefold()


def answered(subject: str, language: Language) -> str:
    """The subject of an answer."""
    words = bare(subject) or _NONE[language]
    return "Re: " + (words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}\u2026")

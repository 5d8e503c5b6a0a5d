"""How long a text is for WhatsApp, and how it is cut. Pure.

Meta does not say in what it counts a text's 4,096; in UTF-16 units no count is smaller.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from workers.answering.sentences import Kind, split

#: Least share of what fits that an end after a section keeps; else it is after a sentence.
_SECTION: Final = 0.6
#: The same of an end after a sentence, an item or a row; else it is after a word.
_SENTENCE: Final = 0.25
_SECTION_END: Final = re.compile(r"\n\s*\n")
#: Characters beyond the room that are read to know where a sentence ends.
_BEYOND: Final = 1000
#: A heading, as it is formatted: nothing ends after one.
_HEADING: Final = re.compile(r"(?:\A|\n)\s*\*[^*\n]+\*\s*\Z")
_ZWJ: Final = "\u200d"


def units(text: str) -> int:
    """A text's UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def shortened(text: str, limit: int, note: str) -> str:
    """The text, where it fits; else as much of its beginning as fits before a note.

    It ends with a section, a row or a sentence, and only where none fits inside one; an emoji or a
    letter with its accents is never cut apart.

    Args:
        text: not empty.
        limit: in UTF-16 units, more than the note has.
        note: what says that there is more.
    """
    if units(text) <= limit:
        return text
    fitting = _fitting(text, limit - units(note) - 2)
    return f"{text[: _good_end(text, fitting)].rstrip()}\n\n{note}".strip()


def _fitting(text: str, room: int) -> int:
    """Characters of a beginning that fits and cuts no character apart."""
    end, used = 0, 0
    for start, stop in _graphemes(text):
        used += units(text[start:stop])
        if used > room:
            break
        end = stop
    return end


def _good_end(text: str, fitting: int) -> int:
    """Where a text that must not be longer ends best."""
    sections = [match.start() for match in _SECTION_END.finditer(text, 0, fitting)]
    sentences = [
        span.end for span in split(text[: fitting + _BEYOND]) if span.kind is not Kind.HEADING
    ]
    for ends, least in ((sections, _SECTION), (sentences, _SENTENCE)):
        good = [end for end in ends if end <= fitting and not _HEADING.search(text, 0, end)]
        if good and good[-1] >= least * fitting:
            return good[-1]
    word = text.rfind(" ", 0, fitting + 1)
    return word if word > _SECTION * fitting else fitting


def _graphemes(text: str) -> Iterator[tuple[int, int]]:
    """Where each character, as a person sees it, begins and ends."""
    start = 0
    for place in range(1, len(text)):
        if not _goes_on(text, place):
            yield start, place
            start = place
    if text:
        yield start, len(text)


def _goes_on(text: str, place: int) -> bool:
    """Whether what stands here belongs to the character before."""
    here, before = text[place], text[place - 1]
    if _ZWJ in {here, before} or unicodedata.category(here)[0] == "M":
        return True
    if "\U0001f3fb" <= here <= "\U0001f3ff" or "\U000e0020" <= here <= "\U000e007f":  # skin, flags
        return True
    return _is_letter_of_flag(here) and _letters_of_flag_before(text, place) % 2 == 1


def _is_letter_of_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _letters_of_flag_before(text: str, place: int) -> int:
    count = 0
    while count < place and _is_letter_of_flag(text[place - 1 - count]):
        count += 1
    return count

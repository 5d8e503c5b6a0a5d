"""The part of a long mail that asks. Pure."""

import re
from typing import Final

from workers.channels.burst_text import asks

#: Characters of a question, as the API takes them. What is longer is rarely one.
LONGEST_QUESTION: Final = 2000
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n")
_APART: Final = "\n\n"


def excerpt(text: str, longest: int = LONGEST_QUESTION) -> str | None:
    """A text that is short enough: whole, or the paragraphs or sentences of it that ask.

    A paragraph that asks keeps the one before it, where there is room: it says what about. None
    where nothing asks, or too much does: a person reads it.

    Args:
        text: what was written.
        longest: characters.
    """
    if len(text) <= longest:
        return text
    paragraphs = [each.strip() for each in _PARAGRAPH.split(text) if each.strip()]
    asking = {place for place, each in enumerate(paragraphs) if _has_question(each)}
    around = {place for each in asking for place in (max(each - 1, 0), each)}
    for places in (around, asking):
        chosen = _APART.join(paragraphs[place] for place in sorted(places))
        if chosen and len(chosen) <= longest:
            return chosen
    sentences = [each.strip() for place in sorted(asking) for each in _split(paragraphs[place])]
    chosen = "\n".join(each for each in sentences if asks(each))
    return chosen if chosen and len(chosen) <= longest else None


def _has_question(paragraph: str) -> bool:
    return any(asks(each) for each in _split(paragraph))


def _split(paragraph: str) -> list[str]:
    return [each for each in _SENTENCE.split(paragraph) if each and each.strip()]

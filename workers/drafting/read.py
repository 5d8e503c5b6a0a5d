"""From what the model wrote to the questions that a chunk answers. Pure."""

import re
from typing import Final

from ingestion.folding import fold

#: Characters of a question: shorter ones say nothing, longer ones are the chunk said again.
FEWEST_CHARACTERS: Final = 10
MOST_CHARACTERS: Final = 160
#: Words of a question.
FEWEST_WORDS: Final = 3

#: A question ends at its mark; a line without one is none.
_QUESTION = re.compile(r"[^?\n]*\?")
#: What lists begin with: `1.`, `2)`, `-`, `*`, `Pergunta 3:`, quotes.
_BULLET = re.compile(
    r"^[\s\-*•–—>\"'“”«»¿.,;:!]*(?:\(?\d{1,2}[.):\-]\s*)?"  # noqa: RUF001 - dashes that models write
    r"(?:(?:pergunta|question)s?\s*\d*\s*:\s*)?[\"'“”«»¿\s]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def read_drafts(raw: str, text: str, count: int) -> tuple[str, ...]:
    """The questions in a model's answer, in its order; junk is dropped.

    Junk is what is no question, too short or long, a repeat of an earlier one, or words that stand
    in the chunk as they are: a search finds those anyway.

    Args:
        raw: as generated; one question a line, or several in one.
        text: what the chunk says.
        count: how many at most.
    """
    chunk_words = _plain(text)
    questions: dict[str, str] = {}
    for match in _QUESTION.finditer(raw):
        question = " ".join(_BULLET.sub("", match.group()).split())
        plain = _plain(question)
        if _is_question(question) and plain not in questions and plain not in chunk_words:
            questions[plain] = question
    return tuple(list(questions.values())[:count])


def _is_question(text: str) -> bool:
    return (
        FEWEST_CHARACTERS <= len(text) <= MOST_CHARACTERS
        and text.isprintable()
        and len(_WORD.findall(text)) >= FEWEST_WORDS
    )


def _plain(text: str) -> str:
    """Words alone, without case and accents."""
    return " ".join(_WORD.findall(fold(text)))

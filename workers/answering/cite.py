"""Which passages an answer rests on, and the sentence to quote from each. Pure."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.contracts.question import Citation

#: Longest quote, in characters.
_QUOTE_CHARACTERS: Final = 240
#: A passage is cited where it holds at least this share of the best passage's support.
_SUPPORT_SHARE: Final = 0.6
#: Most citations of one answer.
_MOST_CITATIONS: Final = 3
_WORD: Final = re.compile(r"\w+")
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\n+")


def cite(answer: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """The passages whose words carry the answer, best supported first; at least one.

    Support is the number of the answer's distinct words (accents folded, three letters or more,
    or digits) that stand in the passage: an answer from documents repeats their words.
    """
    words = _words(answer)
    scores = [(len(words & _document_words(passage.text)), passage) for passage in passages]
    best = max((score for score, _ in scores), default=0)
    ranked = sorted(scores, key=lambda item: -item[0])
    supported = [passage for score, passage in ranked if score and score >= best * _SUPPORT_SHARE]
    return tuple(
        _citation(passage, words) for passage in (supported or list(passages))[:_MOST_CITATIONS]
    )


def _citation(passage: Passage, words: set[str]) -> Citation:
    sentence = _best_sentence(passage.text, words)
    place = passage.text.find(sentence)
    return Citation(
        document=passage.document,
        title=passage.title,
        heading=" > ".join(passage.heading_at(place)) or None,
        page=passage.page_at(place),
        quote=_quote(sentence),
    )


def _quote(sentence: str) -> str:
    if len(sentence) <= _QUOTE_CHARACTERS:
        return sentence
    return sentence[: _QUOTE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def _best_sentence(text: str, words: set[str]) -> str:
    sentences = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    return max(sentences, key=lambda part: len(words & _document_words(part)), default=text)


@lru_cache(maxsize=8192)
def _document_words(text: str) -> frozenset[str]:
    # The same passages come up again: splitting them was a tenth of the control plane's profile.
    return frozenset(_words(text))


def _words(text: str) -> set[str]:
    return set(_significant(_WORD.findall(fold(text))))


def _significant(words: Iterable[str]) -> Iterable[str]:
    return (word for word in words if len(word) > 2 or word.isdigit())  # noqa: PLR2004 - see cite

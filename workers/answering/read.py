"""From what the model wrote to an answer, or to the reason why there is none."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ingestion.folding import fold
from workers.answering.language import Language

Refusal = Literal["empty", "unknown", "repetition", "cut", "aborted"]

#: What the prompt tells the model to write where the passages do not answer.
UNKNOWN: dict[Language, str] = {"pt": "NÃO SEI", "en": "I DON'T KNOW"}

#: The same sentence this often is a loop.
SENTENCE_REPEATS = 3

_UNKNOWN = re.compile(r"\W*(?:nao sei\b|i don['\u2019]?t know\b|i do not know\b)")
_UNKNOWN_MARKER = re.compile("|".join(map(re.escape, UNKNOWN.values())))
_LOOP = re.compile(r"([^\W\d].{3,100}?)(?:\W*\1){3,}", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…][\"”\u2019)\]]*(?=\s|$)")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model's raw text says.

    Attributes:
        text: the answer; None where there is none and a person must answer.
        cut: the model ran into its token limit; `text` ends with its last whole sentence.
        refusal: why there is no answer; None where there is one.
    """

    text: str | None
    cut: bool
    refusal: Refusal | None


def read_answer(raw: str, finish_reason: str) -> Reading:
    """Clean a model's text and decide whether it is an answer.

    Args:
        raw: the text as generated, without what the model thought.
        finish_reason: `stop`, `length` or `abort`, as `Generation` carries it.
    """
    cut = finish_reason == "length"
    text = _clean(raw)
    refusal = _refusal(text, finish_reason)
    if refusal is None and cut:
        text = _whole_sentences(text)
        refusal = None if text else "cut"
    return Reading(None if refusal else text, cut, refusal)


def _refusal(text: str, finish_reason: str) -> Refusal | None:
    if finish_reason == "abort":
        return "aborted"
    if not any(letter.isalnum() for letter in text):
        return "cut" if finish_reason == "length" else "empty"
    if _UNKNOWN_MARKER.search(text) or _UNKNOWN.match(fold(text)):
        return "unknown"
    return "repetition" if _loops(text) else None


def _clean(raw: str) -> str:
    """Drop control characters and the spaces at line ends; at most one empty line in a row."""
    visible = (sign for sign in raw if sign == "\n" or unicodedata.category(sign)[0] != "C")
    lines = (" ".join(line.split()) for line in "".join(visible).strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _loops(text: str) -> bool:
    """Whether a phrase follows itself three times or more, or a sentence keeps coming back."""
    sentences = Counter(part.strip() for part in _SENTENCES.split(text) if len(part) > 15)  # noqa: PLR2004 (characters; shorter ones repeat in lists)
    repeats = max(sentences.values(), default=0)
    return repeats >= SENTENCE_REPEATS or _LOOP.search(text) is not None


def _whole_sentences(text: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else ""

"""From what the model wrote to a question that stands alone, or to the reason why it is none. Pure.

What it wrote is searched, and tells whoever answers what was meant: one that was made up would be
answered with another exam's price. So it must ask what was asked, of what was named, and no more.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.phrase import expand, without_greetings
from workers.answering.check.contacts import contact_faults
from workers.answering.check.names import name_faults, subjects_of
from workers.answering.check.terms import terms
from workers.answering.follow_up import FollowUp, asking_words, is_general, points_back
from workers.answering.language import language_of
from workers.answering.rewrite import RewritePrompt
from workers.answering.wording.parts import parts_of
from workers.answering.wording.words import wording_of
from workers.contracts.conversation import Turn
from workers.engine.protocol import Generation

Refusal = Literal[
    "failed",
    "cut",
    "empty",
    "long",
    "no_question",
    "several",
    "language",
    "repeated",
    "leans",
    "lost",
    "added",
]
#: Characters of a question; a longer one tells more than was asked.
MOST_CHARACTERS: Final = 200

_LABEL: Final = re.compile(
    r"^\W*(?:(?:pergunta|question)(?: (?:completa|complete))?\s*:\s*)?", re.IGNORECASE
)
_QUOTES: Final = " \t\"'“”«»*`"
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What came of it.

    Attributes:
        text: the question; empty where it cannot be trusted.
        refusal: why not.
    """

    text: str
    refusal: Refusal | None = None


def read_rewritten(generation: Generation, prompt: RewritePrompt) -> Rewritten:
    """Read what the model wrote.

    Args:
        generation: of the prompt.
        prompt: what it was asked.
    """
    line = next(iter(generation.text.strip().splitlines()), "")
    text = " ".join(_LABEL.sub("", line).strip(_QUOTES).split())
    refusal = (
        _form_refusal(text, generation, prompt)
        or _sense_refusal(text, prompt.follow_up, prompt.turns)
        or ("added" if any(_added(text, prompt)) else None)
    )
    return Rewritten("", refusal) if refusal else Rewritten(text)


def _form_refusal(text: str, generation: Generation, prompt: RewritePrompt) -> Refusal | None:
    if generation.finish_reason != "stop":
        return "cut"
    if not any(map(str.isalnum, text)):
        return "empty"
    if len(text) > MOST_CHARACTERS:
        return "long"
    if not text.endswith("?") or not text.isprintable():
        return "no_question"
    if len(parts_of(text)) > len(parts_of(without_greetings(prompt.follow_up.text))):
        return "several"
    return None if language_of(text, prompt.language) == prompt.language else "language"


def _sense_refusal(text: str, follow_up: FollowUp, turns: Iterable[Turn]) -> Refusal | None:
    """Whether it is the question before, still leans on it, or asks something else."""
    if _plain(text) in {_plain(turn.question) for turn in turns}:
        return "repeated"
    said = terms(expand(text))
    named = terms(expand(without_greetings(follow_up.text)))
    if points_back(text) or not said - named:
        return "leans"
    asked = asking_words(follow_up.text) or asking_words(follow_up.before)
    if named - said or (asked and not asked & asking_words(text)):
        return "lost"
    return None


def _added(text: str, prompt: RewritePrompt) -> Iterable[str]:
    """What it says that stands neither in the question nor in a turn."""
    said = [part for turn in prompt.turns for part in (turn.question, turn.answer)]
    known = expand("\n".join((*said, prompt.follow_up.text)))
    source = Passage("", "", "", (), None, known, 0.0, 0.0)
    numbers = wording_of(known).numbers
    yield from (
        str(each)
        for each in wording_of(text).numbers
        if not any(each.agrees(other) for other in numbers)
    )
    yield from (fault.words for fault in contact_faults(text, known))
    yield from (fault.words for fault in name_faults(text, [source]))
    subjects = subjects_of(known)
    yield from (
        word
        for word in _WORD.findall(expand(text))
        if terms(word) - terms(known) and not is_general(word) and not subjects_of(word) & subjects
    )


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))

"""A passage as the check reads it: what depends on no answer, kept for the next one."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.answering.check.statements import Statement, statements_of

#: Passages that are kept, some 50 KB each: those of a large clinic.
_KEPT: Final = 1024
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage.

    Attributes:
        statements: what it says, in order.
        counts: of how many statements each term is one, their contexts' too.
        words: all its words and those of its title and headings, folded.
    """

    statements: tuple[Statement, ...]
    counts: Mapping[str, int]
    words: frozenset[str]


def reading_of(passage: Passage) -> Reading:
    """A passage read, or as it was read before."""
    return _reading_of(passage.title, passage.heading, passage.text)


@lru_cache(maxsize=_KEPT)
def _reading_of(title: str, heading: tuple[str, ...], text: str) -> Reading:
    statements = statements_of(title, heading, text)
    counts = Counter(term for each in statements for term in each.terms | each.above)
    texts = {part for each in statements for part in (each.text, each.context)}
    words = frozenset(word for part in texts for word in _WORD.findall(fold(part)))
    return Reading(statements, counts, words)

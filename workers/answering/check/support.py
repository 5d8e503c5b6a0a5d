"""Which statement of the passages an answer's sentence rests on."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.vocabulary import with_terms
from workers.answering.check.statements import Statement
from workers.answering.check.terms import terms

#: What a word of the question counts for, beside one of the answer.
_ASKED: Final = 0.6
#: What a word of a heading counts for, beside one of the sentence.
_ABOVE: Final = 0.8
#: Letters of a stem from which one may be wrong.
_LONG_ENOUGH: Final = 5
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Focus:
    """What a sentence of an answer is about: its own words, and those of the question."""

    said: frozenset[str]
    asked: frozenset[str]


class Support:
    """The statements of one question's passages, and how near each is to a sentence.

    A word weighs as much as it is rare among the statements (IDF): every row of a price list has
    the word "exame".
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        counts = Counter(term for each in statements for term in each.terms | each.above)
        total = len(statements)
        self._weights = {term: math.log(1 + total / count) for term, count in counts.items()}
        self.terms = frozenset(counts)
        self._rankings: dict[Focus, list[tuple[float, Statement]]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._words = {word: word for each in statements for word in folded_words(each)}
        self._cut: dict[str, set[str]] = {}
        for term in counts:
            for cut in _cuts(term):
                self._cut.setdefault(cut, set()).add(term)

    def known(self, question: str) -> frozenset[str]:
        """The question's terms, with the documents' words for them and without typing errors."""
        if question not in self._known:  # several kinds of fault ask for it
            self._known[question] = self.corrected(with_terms(question, self._words))
        return self._known[question]

    def corrected(self, question: str) -> frozenset[str]:
        """The question's own terms, and those of the documents that differ in one letter."""
        said = terms(question)
        close = {other for word in said - self.terms for other in self._close(word)}
        return said | close

    def _close(self, word: str) -> frozenset[str]:
        if len(word) < _LONG_ENOUGH:
            return frozenset()
        return frozenset[str]().union(*(self._cut.get(each, ()) for each in _cuts(word)))

    def score(self, statement: Statement, focus: Focus) -> float:
        """How much a statement shares with a sentence and its question."""
        return sum(
            self._weights[term]
            * (1.0 if term in focus.said else _ASKED)
            * (1.0 if term in statement.terms else _ABOVE)
            for term in (statement.terms | statement.above) & (focus.said | focus.asked)
        )

    def named(self, statement: Statement, focus: Focus) -> float:
        """How much of what a statement is said of stands in a sentence and its question."""
        shared = statement.label & (focus.said | focus.asked)
        return sum(self._weights.get(term, 0.0) for term in shared)

    def best(self, focus: Focus, among: Iterable[Statement] | None = None) -> float:
        """The highest score; 0 where there is none."""
        pool = self.statements if among is None else among
        return max((self.score(each, focus) for each in pool), default=0.0)

    def nearest(self, focus: Focus, share: float = 1.0) -> list[Statement]:
        """The statements with at least this share of the highest score, the highest first."""
        ranked = self._ranked(focus)
        least = share * ranked[0][0] if ranked else 0.0
        return [each for score, each in takewhile(lambda pair: pair[0] >= least, ranked)]

    def _ranked(self, focus: Focus) -> list[tuple[float, Statement]]:
        if focus not in self._rankings:
            scored = ((self.score(each, focus), each) for each in self.statements)
            self._rankings[focus] = sorted(
                (pair for pair in scored if pair[0]), key=lambda pair: -pair[0]
            )
        return self._rankings[focus]


@lru_cache(maxsize=16_384)
def _cuts(word: str) -> frozenset[str]:
    """The word, and it without each of its letters: two words share one where they are alike."""
    return frozenset((word, *(word[:place] + word[place + 1 :] for place in range(len(word)))))


@lru_cache(maxsize=16_384)
def folded_words(statement: Statement) -> tuple[str, ...]:
    """All words of a statement and its context, folded."""
    return tuple(_WORD.findall(fold(f"{statement.text} {statement.context}")))

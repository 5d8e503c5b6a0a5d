"""Which statement of the passages an answer's sentence rests on."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.vocabulary import with_terms
from workers.answering.check.reading import reading_of
from workers.answering.check.statements import Statement
from workers.answering.check.terms import terms

#: What a word of the question counts for, beside one of the answer.
_ASKED: Final = 0.6
#: What a word of a heading counts for, beside one of the sentence.
_ABOVE: Final = 0.8
#: Letters of a stem from which one may be wrong.
_LONG_ENOUGH: Final = 5


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

    def __init__(self, passages: Sequence[Passage]) -> None:
        readings = [*map(reading_of, passages)]
        self.statements = tuple(each for reading in readings for each in reading.statements)
        counts = Counter[str]()
        for reading in readings:
            counts.update(reading.counts)
        total = len(self.statements)
        self._weights = {term: math.log(1 + total / count) for term, count in counts.items()}
        self.terms = frozenset(counts)
        self._words = frozenset[str]().union(*(each.words for each in readings))
        self._rankings: dict[Focus, list[tuple[float, Statement]]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._alike: dict[str, frozenset[str]] = {}

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
        """The documents' terms that differ from a word in one letter, or in one more."""
        if len(word) < _LONG_ENOUGH:
            return frozenset()
        if word not in self._alike:
            cuts, least, most = _cuts(word), len(word) - 1, len(word) + 1
            self._alike[word] = frozenset(
                term
                for term in self.terms
                if least <= len(term) <= most and not cuts.isdisjoint(_cuts(term))
            )
        return self._alike[word]

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

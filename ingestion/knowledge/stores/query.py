"""A question as a store gets it, and the candidates that it returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestion.knowledge.embedding import Vectors

#: Candidates of each kind for one question.
DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Query:
    """One question to search for. The tenant is part of it: no search can leave its clinic.

    Attributes:
        tenant: the clinic whose documents are searched.
        text: the question, written out and spelt right; its words are searched.
        typed: the question as it was typed; its letters are searched.
        vector: the question's embedding, float32 of shape (dimensions,).
        without: names of documents that are left out: out of force, or to see how a search does
            without them.
        without_periods: rows that hold in these alone are left out.

    Raises:
        ValueError: the tenant is empty.
    """

    tenant: str
    text: str
    typed: str
    vector: Vectors
    without: frozenset[str] = frozenset()
    without_periods: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.tenant:
            raise ValueError("A question belongs to a tenant.")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks that may answer one question: their scores by id.

    Attributes:
        cosines: cosine of each candidate, those that only share words or letters included.
        bm25: BM25 score of the best that share a word, at most `DEPTH`.
        letters: BM25 score of the best that share a letter group, at most `DEPTH`.
    """

    cosines: Mapping[str, float]
    bm25: Mapping[str, float]
    letters: Mapping[str, float]


def candidates_of(scores: list[dict[str, float]]) -> list[Candidates]:
    """A store's answers to the four requests for each question, as candidates.

    Args:
        scores: four for each question: the nearest by cosine, the cosine of the best by words and
            by letters, the best by words, the best by letters.
    """
    return [
        Candidates({**other_cosines, **cosines}, words, letters)
        for cosines, other_cosines, words, letters in zip(*[iter(scores)] * 4, strict=True)
    ]

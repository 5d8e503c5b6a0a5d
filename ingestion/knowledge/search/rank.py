"""Three rankings into one: cosine of the embeddings, BM25 of the words, BM25 of letter groups.

Each score is standardised over one question's candidates, because a cosine's range depends on the
model (E5 squeezes all into 0.7 to 0.95) and BM25 has no bound. A ranking that singles out one
candidate then counts more than one that finds all of them alike, which no fixed range would give.
Measured by `python -m benchmarks.retrieval` on six public sets; weights between 0.15 and 0.3 for
the words and 0.25 and 0.4 for the letters are within a point of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.knowledge.stores.query import DEPTH, Candidates

#: Weights of the standardised scores.
DENSE_WEIGHT: Final = 1.0
WORDS_WEIGHT: Final = 0.25
LETTERS_WEIGHT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each ranking in the score."""

    dense: float = DENSE_WEIGHT
    words: float = WORDS_WEIGHT
    letters: float = LETTERS_WEIGHT


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate: its id, its score, and its cosine -1..1."""

    id: str
    score: float
    similarity: float


def rank(candidates: Candidates, limit: int, weights: Weights | None = None) -> list[Hit]:
    """The best `limit` candidates, best first; ties go by id, so that a repeat is equal."""
    if not candidates.cosines:
        return []
    weights = weights or Weights()
    keys = sorted(candidates.cosines)
    score = (
        weights.dense * _standardised([candidates.cosines[key] for key in keys])
        + weights.words * _standardised(_scores(candidates.bm25, keys))
        + weights.letters * _standardised(_scores(candidates.letters, keys))
    )
    order = np.argsort(-score, kind="stable")[:limit]
    return [
        Hit(keys[index], float(score[index]), candidates.cosines[keys[index]]) for index in order
    ]


def _scores(ranking: Mapping[str, float], keys: list[str]) -> list[float]:
    """A score for every candidate: one that a full list left out gets the list's lowest."""
    missing = min(ranking.values()) if len(ranking) >= DEPTH else 0.0
    return [ranking.get(key, missing) for key in keys]


def _standardised(scores: list[float]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    values = np.asarray(scores, dtype=np.float64)
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))

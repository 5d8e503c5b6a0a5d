"""Two rankings into one: cosine of the embeddings and BM25, weighted.

Each score is scaled to 0..1 over one question's candidates, because a cosine's range is the
model's own (E5 squeezes all into 0.7 to 0.95) and BM25 has no bound. Measured with
`python benchmarks/retrieval.py`: at a dense weight of 0.7 this beats both rankings alone and
weighted reciprocal ranks, on questions that repeat the documents' words and on those that don't.
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: Share of the cosine in the fused score; the rest is BM25's.
DENSE_WEIGHT = 0.7

#: Candidates that each ranking sends into the fusion.
DEPTH = 50


@dataclass(frozen=True, slots=True)
class Fused:
    """One candidate: its id, its fused score 0..1, and its cosine -1..1."""

    id: str
    score: float
    similarity: float


def fuse(
    cosines: Mapping[str, float],
    bm25: Mapping[str, float],
    limit: int,
    dense_weight: float = DENSE_WEIGHT,
) -> list[Fused]:
    """The best `limit` candidates, best first; ties go by id, so that a repeat is equal.

    Args:
        cosines: cosine per candidate, the candidates of BM25 included.
        bm25: BM25 score per candidate, 0 where one is missing.
        limit: how many to keep.
        dense_weight: share of the cosine, 0..1.
    """
    if not cosines:
        return []
    low, high = min(cosines.values()), max(cosines.values())
    spread = (high - low) or 1.0
    best = max(bm25.values(), default=0.0) or 1.0

    def score(candidate: str) -> float:
        dense = (cosines[candidate] - low) / spread
        return dense_weight * dense + (1 - dense_weight) * bm25.get(candidate, 0.0) / best

    ranked = sorted(((score(key), key) for key in cosines), key=lambda pair: (-pair[0], pair[1]))
    return [Fused(key, value, cosines[key]) for value, key in ranked[:limit]]

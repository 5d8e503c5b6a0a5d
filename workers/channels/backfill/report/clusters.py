"""Questions that no document answered, grouped by what they ask about.

Each question is embedded as a search embeds it, without greetings, abbreviations written out. The
embeddings of short questions all lie close together, so their mean is taken off first; questions
that could be asked anywhere are part of that mean, else it would be the topic itself where only a
few questions have no answer. Then average linkage (Sokal and Michener 1958) with a limit of
distance: it needs no number of clusters, and leaves a question alone that is near to no other.

Words beside the embedding came to the same at a wider limit, and HDBSCAN to no more. Where two in
five documents of a clinic are missing, 87 % of the grouped questions stand in a group of their own
document, and 77 % of these documents are found: 26 clinics that nothing was chosen on
(`python -m benchmarks.clusters`).
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.hubs import questions
from ingestion.knowledge.search.phrase import joined, phrase

#: Mean distance (1 less the cosine) up to which two groups become one: below it fewer documents are
#: found, above it groups mix; of 29 clinics it was chosen on.
LIMIT: Final = 0.8
#: Questions of the smallest group: two that are alike are chance.
SMALLEST: Final = 3
#: Texts that are embedded between two notes of the progress.
_BATCH: Final = 64


class Cluster(NamedTuple):
    """Questions about one thing.

    Attributes:
        members: places of its texts in what was grouped, the most central first.
        size: how many questions they are: a text may be several patients'.
    """

    members: tuple[int, ...]
    size: int


def searched(text: str) -> str:
    """A patient's message as it is embedded: its question alone, written out.

    Its spelling stays: what a document is missing on is no word that the correction knows, and
    "botox" became "botou".
    """
    return joined(phrase(text, {})).typed


def embedded(
    embedder: Embedder, texts: Sequence[str], note: Callable[[int], None] = lambda _: None
) -> Vectors:
    """Vectors of questions, float32 of shape (len(texts), dimensions).

    Args:
        embedder: the knowledge base's.
        texts: as patients wrote them.
        note: called often with the number of texts that are done; it may raise to stop.
    """
    vectors = np.empty((len(texts), embedder.dimensions), np.float32)
    for start in range(0, len(texts), _BATCH):
        batch = [searched(text) for text in texts[start : start + _BATCH]]
        vectors[start : start + len(batch)] = embedder.encode_queries(batch)
        note(start + len(batch))
    return vectors


def general(embedder: Embedder) -> Vectors:
    """Vectors of questions that could be asked anywhere."""
    return embedder.encode_queries(questions())


def clusters(
    vectors: Vectors, everyday: Vectors, counts: Sequence[int], limit: float = LIMIT
) -> list[Cluster]:
    """Groups of at least `SMALLEST` questions, the largest first.

    Args:
        vectors: of distinct texts, float32 of shape (n, dimensions); memory grows with n².
        everyday: see `general`.
        counts: how many questions each text is.
        limit: see `LIMIT`.
    """
    own = _unit(vectors - np.vstack([vectors, everyday]).mean(axis=0))
    if len(own) == 0:
        return []
    labels = (
        fcluster(linkage(pdist(own, "cosine"), "average"), limit, "distance")
        if len(own) > 1
        else np.ones(1, np.int32)
    )
    groups = (np.flatnonzero(labels == label).tolist() for label in np.unique(labels))
    found = [_cluster(own, group, counts) for group in groups]
    large = [cluster for cluster in found if cluster.size >= SMALLEST]
    return sorted(large, key=lambda cluster: (-cluster.size, cluster.members[0]))


def _cluster(vectors: Vectors, group: Sequence[int], counts: Sequence[int]) -> Cluster:
    weights = np.array([counts[place] for place in group], np.float32)
    own = vectors[group]
    order = np.argsort(-(own @ (weights @ own)), kind="stable")
    return Cluster(tuple(group[place] for place in order.tolist()), int(weights.sum()))


def _unit(vectors: Vectors) -> Vectors:
    units: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return units

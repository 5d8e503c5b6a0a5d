"""An embedder that embeds each question once: a calibration asks the same ones again and again."""

from collections.abc import Sequence

import numpy as np

from ingestion.knowledge.embedding import Embedder, Vectors


class CachingEmbedder:
    """Another embedder, whose vectors of questions are kept.

    Args:
        embedder: computes them.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        self.encode_passages = embedder.encode_passages
        self.count_tokens = embedder.count_tokens
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors.update(zip(new, self._embedder.encode_queries(new), strict=True))
        vectors = [self._vectors[text] for text in texts]
        return np.array(vectors, np.float32).reshape(-1, self.dimensions)

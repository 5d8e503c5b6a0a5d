"""Hubs put in their place: passages that are near to every question, whatever it asks.

In a space of many dimensions a few points are among the nearest of very many others (Radovanović et
al. 2010, "Hubs in Space"), and embeddings of short texts that sound like a question are such hubs:
"Esqueci um objeto na clínica. O que faço?" was among the first five for a third of a clinic's
questions. So a passage's cosine loses half of its mean cosine with the nearest of a fixed set of
questions that could be asked anywhere, as in cross-domain similarity local scaling (Conneau et al.
2018, "Word translation without parallel data"). It costs a search nothing: the loss is one more
coordinate of the passage's vector, and a question's is 1, so that their dot product is the cosine
less the loss.

Recall of the first passage rose from 74.6 to 77.6 % and from 68.9 to 71.1 % on two clinics, from
48.1 to 48.6 % on a health FAQ, and from 90.3 to 92.3 % on FaQuAD.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from ingestion.knowledge.embedding import Embedder, Vectors, load_embedder
from ingestion.knowledge.settings import KnowledgeSettings

#: Share of a passage's nearness to any question that its cosine loses.
SHARE: Final = 0.5

#: So many of the nearest questions are averaged: fewer are chance, all are the language.
NEAREST: Final = 10

_FILE: Final = Path(__file__).parent / "questions.txt"


class LevelEmbedder:
    """An embedder whose passages are equally near to questions as such.

    Its vectors have one coordinate more; they are compared by their dot product.

    Args:
        embedder: the model.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.dimensions = embedder.dimensions + 1
        self.plain = embedder
        self.count_tokens = embedder.count_tokens

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, float32 of shape (len(texts), dimensions); the last value is 1."""
        vectors = self.plain.encode_queries(texts)
        return np.hstack([vectors, np.ones((len(vectors), 1), np.float32)])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, float32 of shape (len(texts), dimensions); the last is the loss."""
        vectors = self.plain.encode_passages(texts)
        losses = SHARE * (self._usual - self._nearness(vectors))
        return np.hstack([vectors, losses[:, None].astype(np.float32)])

    @cached_property
    def _questions(self) -> Vectors:
        return self.plain.encode_queries(questions())

    @cached_property
    def _usual(self) -> float:
        """The nearness that costs nothing: that of the questions themselves, read as passages."""
        return float(self._nearness(self.plain.encode_passages(questions())).mean())

    def _nearness(self, vectors: Vectors) -> Vectors:
        cosines = np.sort(vectors @ self._questions.T, axis=1)
        nearness: Vectors = cosines[:, -NEAREST:].mean(axis=1)
        return nearness


def load_level_embedder(settings: KnowledgeSettings) -> LevelEmbedder:
    """The embedder that the settings name.

    Raises:
        EmbeddingUnavailableError: the package or the weights are missing.
    """
    return LevelEmbedder(load_embedder(settings))


def questions() -> list[str]:
    """The questions that could be asked anywhere."""
    lines = _FILE.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]

"""Passages that are near to every question lose that."""

import numpy as np

from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.hubs import LevelEmbedder, questions

QUESTION_LIKE = "Posso fazer?"
SHEET = "Exame: Mamografia; Valor particular: R$ 180,00; Unidade: Jardim."


def test_the_dot_product_is_the_cosine_less_the_loss(embedder: Embedder) -> None:
    level = LevelEmbedder(embedder)
    texts = [QUESTION_LIKE, SHEET]
    queries, passages = level.encode_queries(["Quanto custa?"]), level.encode_passages(texts)
    assert queries.shape == (1, level.dimensions)
    assert passages.shape == (2, level.dimensions)
    assert queries.dtype == passages.dtype == np.float32
    cosines = embedder.encode_queries(["Quanto custa?"]) @ embedder.encode_passages(texts).T
    np.testing.assert_allclose(queries @ passages.T, cosines + passages[:, -1], atol=1e-5)


def test_a_text_that_sounds_like_a_question_loses_more_than_a_fact(embedder: Embedder) -> None:
    question_like, sheet = LevelEmbedder(embedder).encode_passages([QUESTION_LIKE, SHEET])
    assert question_like[-1] < sheet[-1]


def test_similarities_stay_in_the_range_of_the_models_cosines(embedder: Embedder) -> None:
    losses = LevelEmbedder(embedder).encode_passages(questions())[:, -1]
    assert abs(float(losses.mean())) < 1e-3
    assert float(np.abs(losses).max()) < 0.05


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    level = LevelEmbedder(embedder)
    assert level.encode_queries([]).shape == level.encode_passages([]).shape == (0, 385)

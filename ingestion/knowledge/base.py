"""The knowledge base as workers and ingestion use it: an embedder over a store."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

import numpy as np

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.hubs import load_level_embedder
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.search.calibrations import Calibrations
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.rerank import Reranker, load_reranker
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.collection import Collections
from ingestion.knowledge.stores.drafts import ChunkDrafts
from ingestion.knowledge.stores.payload import to_chunk
from ingestion.knowledge.stores.store import PointStore
from ingestion.knowledge.stores.versions import version_of
from ingestion.knowledge.writing import Writer, rename


class Knowledge:
    """Searches and changes one store with one embedding model.

    Safe to use from many threads: searches run beside an ingestion in the same process, and see
    each document with its old chunks, its new ones, or for a moment both, never with none.

    Attributes:
        embedder: the model.
        store: keeps the documents, their versions, and who may change them.
        calibrations: of the embedding model, and of each clinic's gate.

    Args:
        embedder: the model.
        store: a store of this model's vectors.
        collections: where the store lives; closed with the knowledge base.
        reranker: reads the best passages again; None where there is none.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: PointStore,
        collections: Collections,
        reranker: Reranker | None = None,
    ) -> None:
        self.embedder = embedder
        self.store = store
        self.calibrations = Calibrations(store, embedder.name)
        self._searcher = Searcher(embedder, store, reranker, self.calibrations.rank)
        self._collections = collections

    def search(self, questions: Sequence[tuple[str, str]], limit: int) -> list[list[Passage]]:
        """The best `limit` passages of each (tenant, question), best first.

        One embedding call and one batch request for all; result i belongs to question i, and
        holds passages of its tenant alone.
        """
        inquiries = [Inquiry(tenant, text) for tenant, text in questions]
        return [list(findings.passages) for findings in self.find(inquiries, limit)]

    def find(
        self,
        inquiries: Sequence[Inquiry],
        limit: int,
        without: Sequence[frozenset[str]] | None = None,
    ) -> list[Findings]:
        """As `search`, with the evidence for whether there is an answer at all.

        Args:
            inquiries: what is searched for, with the question that it goes on from.
            limit: passages of each.
            without: for each inquiry, documents to leave out of its search.
        """
        return self._searcher.find(inquiries, limit, without)

    def warm(self) -> None:
        """Load what the first search would wait for; takes a few seconds."""
        self._searcher.warm()

    def chunks(self, tenant: str, name: str) -> list[Chunk]:
        """The chunks of one document, in the order of reading."""
        chunks = self.store.stored_chunks(tenant, name).values()
        return sorted(chunks, key=lambda chunk: chunk.order)

    def chunks_in_force(self, tenant: str, name: str) -> list[Chunk]:
        """Those of them that a search may find today."""
        lapses = self.store.out_of_force(tenant)
        if name in lapses.documents:
            return []
        return [each for each in self.chunks(tenant, name) if each.period not in lapses.periods]

    def draft(
        self, tenant: str, drafts: Mapping[str, Sequence[str]], version: str
    ) -> frozenset[str]:
        """Index the questions that a model says a tenant's chunks answer; see `Chunk.with_drafts`.

        The tenant's version stays: its documents are the same ones.

        Args:
            tenant: the clinic.
            drafts: questions by a chunk's id; there may be none.
            version: of the model and prompt.

        Returns:
            Ids of chunks that have them now: all but those that were deleted meanwhile.

        Raises:
            BusyError: the tenant's documents are being changed; nothing waits for that.
        """
        stored = self.store.payloads(list(drafts))
        chunks = {key: to_chunk(payload) for key, payload in stored.items()}
        texts = {key: chunk.with_drafts(drafts[key]) for key, chunk in chunks.items()}
        vectors = iter(
            self.embedder.encode_passages([text for own in texts.values() for text in own])
        )
        chunk_drafts = [
            ChunkDrafts(
                key, tuple(drafts[key]), np.array([*islice(vectors, len(own))], np.float32), version
            )
            for key, own in texts.items()
        ]
        with self.store.exclusive(tenant, wait=False):
            return self.store.draft(tenant, chunk_drafts)

    def writer(self, tenant: str) -> Writer:
        """Writes documents of a tenant, which is held exclusively."""
        return Writer(tenant, self.embedder, self.store)

    def rename(
        self, tenant: str, before: IndexedDocument, after: IndexedDocument, title: str = ""
    ) -> None:
        """Give a document another name without embedding it again; see `writing.rename`."""
        with self.store.exclusive(tenant):
            rename(self.store, tenant, before, after, title or after.title)

    def amend(self, tenant: str, name: str, **update: object) -> IndexedDocument | None:
        """Change what is said of a document; see `Records.amend`.

        Raises:
            BusyError: another process changes the tenant's documents.
        """
        with self.store.exclusive(tenant):
            return self.store.amend(tenant, name, update)

    def delete(self, tenant: str, name: str) -> bool:
        """Remove a document with its chunks; whether there was one.

        Raises:
            BusyError: another process changes the tenant's documents.
        """
        with self.store.exclusive(tenant):
            return self.store.delete(tenant, name)

    def replace(
        self,
        tenant: str,
        document: IndexedDocument,
        chunks: Sequence[Chunk],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Bring a document to these chunks, and return when it is complete; see `Writer.add`.

        Args:
            tenant: the clinic.
            document: its record, written last.
            chunks: all its chunks.
            progress: called with the number of chunks that are done; from another thread.

        Raises:
            BusyError: another process changes the tenant's documents.
        """
        with self.store.exclusive(tenant), self.writer(tenant) as writer:
            writer.add(document, chunks, donors=(document.name,), progress=progress)

    def close(self) -> None:
        """Write what is pending and release the store. Safe to call twice."""
        self.store.close()
        self._collections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_knowledge(settings: KnowledgeSettings, *, rebuild: bool = False) -> Knowledge:
    """The knowledge base that the settings name, made if there is none.

    Args:
        settings: which embedding, which store, where.
        rebuild: embed every stored chunk of all tenants again into a new collection, whichever
            model made the old one, and only then bring the new one into use.

    Raises:
        StoreInUseError: another process owns the embedded store.
        StoreUnreachableError: the Qdrant server does not answer.
        EmbeddingMismatchError: another model made the vectors, and `rebuild` is off.
        EmbeddingUnavailableError: the embedding model cannot be loaded.
        RerankerUnavailableError: the reranker cannot be loaded.
    """
    collections = _collections(settings)
    try:
        embedder = load_level_embedder(settings)
        reranker = (
            load_reranker(settings.reranker, settings.embedding_threads)
            if settings.reranker
            else None
        )
        store = open_store(collections, embedder, rebuild=rebuild)
    except BaseException:
        collections.close()
        raise
    return Knowledge(embedder, store, collections, reranker)


def stored_records(settings: KnowledgeSettings, tenant: str) -> tuple[list[IndexedDocument], str]:
    """A tenant's records and version, whichever model made the vectors, without loading one.

    Where there is no knowledge base, none is made.

    Raises:
        StoreInUseError: another process owns the embedded store.
        StoreUnreachableError: the Qdrant server does not answer.
    """
    if not settings.qdrant_url and not (settings.data_dir / "knowledge").exists():
        return [], version_of(())
    collections = _collections(settings)
    try:
        current = collections.current()
        if current is None:
            return [], version_of(())
        store = collections.open(current.name)
        records, version = store.records(tenant), store.version(tenant)
        store.close()
        return records, version
    finally:
        collections.close()


def _collections(settings: KnowledgeSettings) -> Collections:
    if settings.qdrant_url:
        from ingestion.knowledge.stores.server.collections import connect  # noqa: PLC0415 - only one store is used

        key = settings.qdrant_api_key
        return connect(settings.qdrant_url, key.get_secret_value() if key else None)
    from ingestion.knowledge.stores.edge.collections import EdgeCollections  # noqa: PLC0415 - likewise

    return EdgeCollections(settings.data_dir / "knowledge")

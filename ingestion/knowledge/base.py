"""The knowledge base as workers and ingestion use it: an embedder over a store."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import numpy as np

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder, load_embedder
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.search.calibration import Calibration, shipped
from ingestion.knowledge.search.evidence import Found
from ingestion.knowledge.search.rerank import Reranker, load_reranker
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.collection import Collections
from ingestion.knowledge.stores.payload import version_of
from ingestion.knowledge.stores.store import Drafted, KnowledgeStore, Undrafted
from ingestion.knowledge.writing import Writer, rename


class Knowledge:
    """Searches and changes one store with one embedding model.

    Safe to use from many threads: searches run beside an ingestion in the same process, and see
    each document with its old chunks, its new ones, or for a moment both, never with none.

    Args:
        embedder: the model.
        store: a store of this model's vectors.
        collections: where the store lives; closed with the knowledge base.
        reranker: reads what was found again, where there is one.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: KnowledgeStore,
        collections: Collections,
        reranker: Reranker | None = None,
    ) -> None:
        self.embedder = embedder
        self._store = store
        self._searcher = Searcher(embedder, store, reranker)
        self._collections = collections

    def search(self, questions: Sequence[tuple[str, str]], limit: int) -> list[list[Passage]]:
        """The best `limit` passages of each (tenant, question), best first.

        One embedding call and one batch request for all; result i belongs to question i, and
        holds passages of its tenant alone.
        """
        return [list(each.passages) for each in self.find(questions, limit)]

    def find(
        self,
        questions: Sequence[tuple[str, str]],
        limit: int,
        without: Sequence[frozenset[str]] | None = None,
    ) -> list[Found]:
        """As `search`, with the evidence that tells whether there is an answer at all.

        Args:
            questions: (tenant, question) each.
            limit: passages of each.
            without: for each question, documents to leave out of its search.
        """
        return self._searcher.find(questions, limit, without) if questions else []

    def warm(self) -> None:
        """Load what the first search would wait for: a few seconds."""
        self._searcher.warm()

    def calibration(self, tenant: str) -> Calibration | None:
        """The gate's measure: the clinic's own, else the shipped one; None for an unknown model."""
        own = self._store.calibration(tenant)
        if own is not None and own.embedding == self.embedder.name:
            return own
        return shipped(self.embedder.name)

    def calibrate(self, tenant: str, calibration: Calibration | None) -> None:
        """Keep a clinic's own measure with the collection; None goes back to the shipped one."""
        self._store.calibrate(tenant, calibration)

    def version(self, tenant: str) -> str:
        """12 hex digits that change if and only if the tenant's documents do; cheap to read.

        Raises:
            EmbeddingMismatchError: a rebuild elsewhere replaced the vectors by another model's.
        """
        return self._store.version(tenant)

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's documents, sorted by name."""
        return self._store.documents(tenant)

    def chunks(self, tenant: str, name: str) -> list[Chunk]:
        """The chunks of one document, in the order of reading."""
        stored = self._store.stored(tenant, name).values()
        return sorted(stored, key=lambda chunk: chunk.order)

    def undrafted(self, limit: int, *, but: frozenset[str] | None = None) -> list[Undrafted]:
        """See `KnowledgeStore.undrafted`."""
        return self._store.undrafted(limit, but=but)

    def draft(
        self, tenant: str, drafts: Mapping[str, Sequence[str]], version: str
    ) -> frozenset[str]:
        """Index the questions that a model says a tenant's chunks answer, each with a vector.

        The tenant's version stays: its documents are the same ones.

        Args:
            tenant: the clinic.
            drafts: by a chunk's id; one may have none.
            version: of the model and prompt.

        Returns:
            Ids of chunks that have them now: all but those that went meanwhile.

        Raises:
            BusyError: the tenant's documents are being changed; nothing waits for that.
        """
        texts = [question for each in drafts.values() for question in each]
        vectors = iter(self.embedder.encode_passages(texts))
        made = [
            Drafted(
                key,
                tuple(each),
                np.array([next(vectors) for _ in each], np.float32),
                version,
            )
            for key, each in drafts.items()
        ]
        with self.exclusive(tenant, wait=False):
            return self._store.draft(tenant, made)

    def records(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's documents with those that come or go, or were left so by a kill."""
        return self._store.records(tenant)

    def exclusive(self, tenant: str, *, wait: bool = True) -> AbstractContextManager[None]:
        """See `KnowledgeStore.exclusive`.

        Raises:
            BusyError: another process changes the tenant's documents, or another thread does that
                is not waited for.
        """
        return self._store.exclusive(tenant, wait=wait)

    def writer(self, tenant: str) -> Writer:
        """Writes documents of a tenant, which is held exclusively."""
        return Writer(tenant, self.embedder, self._store)

    def rename(self, tenant: str, before: IndexedDocument, after: IndexedDocument) -> None:
        """Give a document another name without embedding it again; see `writing.rename`."""
        with self.exclusive(tenant):
            rename(self._store, tenant, before, after)

    def delete(self, tenant: str, name: str) -> bool:
        """Remove a document with its chunks; whether there was one.

        Raises:
            BusyError: another process changes the tenant's documents.
        """
        with self.exclusive(tenant):
            return self._store.delete(tenant, name)

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
            progress: told how many chunks are done; from another thread.

        Raises:
            BusyError: another process changes the tenant's documents.
        """
        with self.exclusive(tenant), self.writer(tenant) as writer:
            writer.add(document, chunks, like=(document.name,), progress=progress)

    def tidy(self) -> None:
        """Bring what was written into the shape that is searched fast, where that is due."""
        self._store.tidy()

    def size(self) -> int | None:
        """Points in the store, if it has a size that it should not pass; else None."""
        return self._store.size()

    def close(self) -> None:
        """Write what is pending and release the store. Safe to call twice."""
        self._store.close()
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
        embedder = load_embedder(settings)
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


def remembered(settings: KnowledgeSettings, tenant: str) -> tuple[list[IndexedDocument], str]:
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
        store = collections.open(current[0])
        found = store.records(tenant), store.version(tenant)
        store.close()
        return found
    finally:
        collections.close()


def _collections(settings: KnowledgeSettings) -> Collections:
    if settings.qdrant_url:
        from ingestion.knowledge.stores.server.store import connect  # noqa: PLC0415 - only one store is used

        key = settings.qdrant_api_key
        return connect(settings.qdrant_url, key.get_secret_value() if key else None)
    from ingestion.knowledge.stores.edge.store import EdgeCollections  # noqa: PLC0415 - likewise

    return EdgeCollections(settings.data_dir / "knowledge")

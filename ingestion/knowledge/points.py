"""What both stores do alike, over six primitives on points that each store brings."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingestion.knowledge.chunk import Chunk, document_id
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.fusion import fuse
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.payload import (
    CHUNK,
    RECORD,
    Payload,
    chunk_payload,
    record_payload,
    to_chunk,
    to_document,
    to_passage,
    version_of,
)
from ingestion.knowledge.store import Query, StoredDocument, Vectors


@dataclass(frozen=True, slots=True)
class Where:
    """Which points: of a kind, of a tenant, of a document, where given."""

    kind: str | None = None
    tenant: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A point to write: a chunk with the text and vector to find it by, or a bare record."""

    id: str
    payload: Payload
    text: str = ""
    dense: list[float] | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """One query's candidates: cosine of each, and BM25 score of those that share a word."""

    cosines: Mapping[str, float]
    bm25: Mapping[str, float]


class PointStore(ABC):
    """A `KnowledgeStore` over the primitives of one Qdrant.

    Args:
        clock: monotonic seconds.
    """

    #: Seconds for which a version may be kept: forever where no other process can write.
    freshness: float = float("inf")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._versions: dict[str, tuple[float, str]] = {}

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Passage]]:
        """See `KnowledgeStore`."""
        if not queries:
            return []
        ranked = [fuse(each.cosines, each.bm25, limit) for each in self.rank(queries)]
        payloads = self._retrieve(list(dict.fromkeys(hit.id for hits in ranked for hit in hits)))
        return [
            [to_passage(hit, payloads[hit.id]) for hit in hits if hit.id in payloads]
            for hits in ranked
        ]

    def known(self, tenant: str, name: str) -> frozenset[str]:
        """See `KnowledgeStore`."""
        return frozenset(key for key, _ in self._scroll(Where(CHUNK, tenant, name), payload=False))

    def write(self, tenant: str, name: str, chunks: Mapping[str, Chunk], vectors: Vectors) -> None:
        """See `KnowledgeStore`."""
        self._upsert(
            [
                Point(key, chunk_payload(tenant, name, chunk), chunk.indexed, vector.tolist())
                for (key, chunk), vector in zip(chunks.items(), vectors, strict=True)
            ]
        )

    def settle(self, tenant: str, document: IndexedDocument, keep: frozenset[str]) -> None:
        """See `KnowledgeStore`."""
        record = Point(document_id(tenant, document.name), record_payload(tenant, document))
        with self._lock:
            self._remove(self.known(tenant, document.name) - keep)
            self._upsert([record])
            self._versions.pop(tenant, None)

    def delete(self, tenant: str, name: str) -> bool:
        """See `KnowledgeStore`."""
        key = document_id(tenant, name)
        with self._lock:
            record = self._retrieve([key]).get(key)
            if record:
                # A kill in between leaves a record that no file's digest equals.
                unfinished = to_document(record).model_copy(update={"digest": ""})
                self._upsert([Point(key, record_payload(tenant, unfinished))])
            self._remove(self.known(tenant, name))
            self._remove([key])
            self._versions.pop(tenant, None)
        return record is not None

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """See `KnowledgeStore`."""
        found = (to_document(payload) for _, payload in self._scroll(Where(RECORD, tenant)))
        return sorted(found, key=lambda document: document.name)

    def version(self, tenant: str) -> str:
        """See `KnowledgeStore`."""
        with self._lock:
            read_at, version = self._versions.get(tenant, (float("-inf"), ""))
            if not version or self._clock() - read_at > self.freshness:
                self._refresh()
                version = version_of(self.documents(tenant))
                self._versions[tenant] = (self._clock(), version)
            return version

    def contents(self) -> Iterator[StoredDocument]:
        """See `KnowledgeStore`."""
        for _, record in list(self._scroll(Where(RECORD))):
            document, tenant = to_document(record), str(record["tenant"])
            chunks = self._scroll(Where(CHUNK, tenant, document.name))
            yield StoredDocument(tenant, document, tuple(to_chunk(each) for _, each in chunks))

    def _refresh(self) -> None:  # noqa: B027 - most stores have nothing to do
        """Notice what other processes changed; called before a version is read anew."""

    @abstractmethod
    def close(self) -> None:
        """See `KnowledgeStore`."""

    @abstractmethod
    def rank(self, queries: Sequence[Query]) -> list[Ranking]:
        """Every query's candidates, all in one batch request."""

    @abstractmethod
    def _retrieve(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Payloads by id; an unknown id is left out."""

    @abstractmethod
    def _scroll(self, where: Where, *, payload: bool = True) -> Iterator[tuple[str, Payload]]:
        """Ids and payloads of all such points."""

    @abstractmethod
    def _upsert(self, points: Sequence[Point]) -> None:
        """Write points; done when it returns."""

    @abstractmethod
    def _remove(self, ids: Iterable[str]) -> None:
        """Delete points; done when it returns."""

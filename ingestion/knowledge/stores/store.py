"""The interface of a store: documents as points, over the primitives that each Qdrant brings."""

import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Vectors
from ingestion.knowledge.errors import BusyError
from ingestion.knowledge.in_force import out_of_force
from ingestion.knowledge.stores.drafts import ChunkDrafts, UndraftedChunk, point_with_drafts
from ingestion.knowledge.stores.ids import record_id
from ingestion.knowledge.stores.payload import (
    CHUNK,
    KIND,
    LEASE,
    OWN,
    RECORD,
    STATE,
    TENANT,
    UNDRAFTED,
    Payload,
    chunk_payload,
    record_payload,
    to_chunk,
    to_document,
)
from ingestion.knowledge.stores.points import Everywhere, Point, Where
from ingestion.knowledge.stores.records import Records

#: Kinds that a rebuild makes anew; all others are carried over as they are.
OWN_KINDS: Final = frozenset({CHUNK, RECORD, STATE, LEASE})


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with its chunks, by id, as they lie in a store: a rebuild embeds them anew."""

    tenant: str
    document: IndexedDocument
    chunks: Mapping[str, Chunk]


class PointStore(Records):
    """Chunks of all tenants, searchable. Reads and writes may come from different threads.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._tenant_locks: dict[str, threading.RLock] = {}

    def stored_ids(self, tenant: str, name: str) -> frozenset[str]:
        """Ids of the chunks that a document has now; they need not be embedded again."""
        where = Where(tenant, CHUNK, name)
        return frozenset(key for key, _ in self._scroll(where, payload=False))

    def stored_chunks(self, tenant: str, name: str) -> dict[str, Chunk]:
        """The chunks that a document has now, by id."""
        where = Where(tenant, CHUNK, name)
        return {key: to_chunk(payload) for key, payload in self._scroll(where)}

    def begin(self, tenant: str, document: IndexedDocument) -> None:
        """Mark a document's record as unfinished before its chunks change.

        By this mark the next ingestion finds whatever a kill leaves. What of the new chunks is out
        of force is not found from here on.
        """
        key = record_id(tenant, document.name)
        record = self.payloads([key]).get(key)
        before = to_document(record) if record else document.model_copy(update={"digest": ""})
        periods = tuple(dict.fromkeys((*before.periods, *document.periods)))
        unfinished = before.model_copy(update={"unfinished": True, "periods": periods})
        if unfinished != before:
            self._check_lease(tenant)
            self._upsert([Point(key, record_payload(tenant, unfinished))])
            out = out_of_force([unfinished], self.today())
            if out.documents or out.periods:
                self._lapses.forget(tenant)

    def write(
        self, tenant: str, name: str, chunks: Mapping[str, Chunk], vectors: Sequence[Vectors]
    ) -> None:
        """Add chunks of a document by id, each with the vectors of its `findable` texts.

        Args:
            tenant: the clinic.
            name: the document's name.
            chunks: by id.
            vectors: for each chunk float32 of shape (len(findable), dimensions).
        """
        self._check_lease(tenant)
        self._upsert(
            [
                Point(key, chunk_payload(tenant, name, chunk), chunk.words, vector.tolist())
                for (key, chunk), vector in zip(chunks.items(), vectors, strict=True)
            ]
        )

    def copy(
        self, tenant: str, name: str, chunks: Mapping[str, tuple[str, Chunk]]
    ) -> frozenset[str]:
        """Add chunks of a document by id, each with the vectors of a stored chunk of the tenant.

        Args:
            tenant: the clinic.
            name: the document's name.
            chunks: for each new id, the id of the chunk that has its vectors, and the chunk.

        Returns:
            Ids that were written: all but those whose source is not in the store (any more).
        """
        sources = self._vectors(list({source for source, _ in chunks.values()}))
        points = [
            Point(key, chunk_payload(tenant, name, chunk), vectors=sources[source][1])
            for key, (source, chunk) in chunks.items()
            if source in sources and sources[source][0][TENANT] == tenant
        ]
        return self._write_points(tenant, points)

    def undrafted(self, limit: int, *, but: frozenset[str] | None = None) -> list[UndraftedChunk]:
        """Some chunks of any tenants for which no model was asked yet, found by an index.

        Args:
            limit: how many at most.
            but: versions of model and prompt; also chunks for which only other versions were asked.
                That reads through the chunks that are done, up to the first that is not.
        """
        self._refresh()  # an idle worker reads no version, and must not draft for a former one
        where = (
            Everywhere(CHUNK, drafted=UNDRAFTED)
            if but is None
            else Everywhere(CHUNK, drafted_but=but | {OWN})
        )
        return [
            UndraftedChunk(str(payload[TENANT]), key, to_chunk(payload))
            for key, payload in islice(self._scroll(where, page=limit), limit)
        ]

    def draft(self, tenant: str, drafts: Sequence[ChunkDrafts]) -> frozenset[str]:
        """Give chunks their questions, instead of earlier drafts; the text stays.

        Args:
            tenant: the clinic; hold it exclusively: a chunk deleted meanwhile would come back.
            drafts: of its chunks.

        Returns:
            Ids that were written: all but those of chunks that are not in the store (any more).
        """
        self._check_lease(tenant)
        stored = self._vectors([own.key for own in drafts])
        points = [
            point_with_drafts(own, *stored[own.key])
            for own in drafts
            if own.key in stored and stored[own.key][0][TENANT] == tenant
        ]
        return self._write_points(tenant, points)

    def complete(
        self,
        tenant: str,
        document: IndexedDocument,
        keep: frozenset[str],
        instead_of: IndexedDocument | None = None,
    ) -> None:
        """Mark a document complete: its chunks outside `keep` go, then its record is written.

        Args:
            tenant: the clinic.
            document: the record.
            keep: ids of all its chunks.
            instead_of: the record of a document that is removed at the same moment.
        """
        records = [document.model_copy(update={"unfinished": False})]
        if instead_of is not None:
            records.append(instead_of.model_copy(update={"digest": "", "unfinished": True}))
        self._check_lease(tenant)
        with self._lock:
            self._remove(self.stored_ids(tenant, document.name) - keep)
            self._commit(tenant, records)
            if instead_of is not None:
                self._drop(tenant, instead_of.name)

    def delete(self, tenant: str, name: str) -> bool:
        """Remove a document with its chunks; whether there was one."""
        key = record_id(tenant, name)
        self._check_lease(tenant)
        with self._lock:
            record = self.payloads([key]).get(key)
            if record:
                # First the chunks, then the version: answers of the new version are remembered, and
                # must not come from these chunks. A kill in between leaves an unfinished record.
                document = to_document(record).model_copy(update={"unfinished": True})
                self._upsert([Point(key, record_payload(tenant, document))])
                self._remove(self.stored_ids(tenant, name))
                self._commit(tenant, [document.model_copy(update={"digest": ""})])
            self._drop(tenant, name)
        return record is not None

    def contents(self) -> Iterator[StoredDocument]:
        """All documents of all tenants, one after the other."""
        for _, record in self._scroll(Everywhere(RECORD)):
            document, tenant = to_document(record), str(record[TENANT])
            if document.digest:
                yield StoredDocument(tenant, document, self.stored_chunks(tenant, document.name))

    def others(self) -> Iterator[tuple[str, Payload]]:
        """Id and payload of all that is neither document nor chunk."""
        for key, payload in self._scroll(Everywhere()):
            if payload[KIND] not in OWN_KINDS:
                yield key, payload

    def add(self, key: str, payload: Payload) -> None:
        """Write a point without vectors, of a kind that `others` reads."""
        self._upsert([Point(key, payload)])

    def discard(self, key: str) -> None:
        """Remove what `add` wrote, if it is there."""
        self._remove([key])

    @contextmanager
    def exclusive(self, tenant: str, *, wait: bool = True) -> Iterator[None]:
        """While it lasts, nobody else changes the tenant's documents; the same thread may nest it.

        Args:
            tenant: the clinic.
            wait: whether to wait for another thread of this process.

        Raises:
            BusyError: another process changes them, or another thread does and `wait` is off.
        """
        with self._lock:
            tenant_lock = self._tenant_locks.setdefault(tenant, threading.RLock())
        if not tenant_lock.acquire(blocking=wait):
            raise BusyError(f"The documents of {tenant} are being changed. Nothing was changed.")
        try:
            yield
        finally:
            tenant_lock.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it lasts, nobody else changes any tenant's documents: for a rebuild.

        Raises:
            BusyError: another process changes them.
        """
        yield  # in one process, whoever opens a store to rebuild it is alone

    @abstractmethod
    def tidy(self) -> None:
        """Bring new points into the shape that is searched fast, where enough are new."""

    @abstractmethod
    def size(self) -> int | None:
        """Number of points, where the store has a size that it should not pass; else None."""

    def _write_points(self, tenant: str, points: Sequence[Point]) -> frozenset[str]:
        if points:
            self._check_lease(tenant)
            self._upsert(points)
        return frozenset(point.id for point in points)

    def _drop(self, tenant: str, name: str) -> None:
        self._remove(self.stored_ids(tenant, name))
        self._remove([record_id(tenant, name)])

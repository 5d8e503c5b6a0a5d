"""What both stores do alike, over seven primitives on points that each store brings."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from ingestion.knowledge.chunk import Chunk, calibration_id, document_id, state_id
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.errors import BusyError
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Found, weigh
from ingestion.knowledge.search.rank import Fused, Ranking, fuse
from ingestion.knowledge.stores.payload import (
    CHUNK,
    DENSE,
    DOCUMENT,
    DRAFTED,
    KIND,
    LEASE,
    OWN,
    PAGE,
    RECORD,
    STATE,
    TENANT,
    UNDRAFTED,
    Payload,
    calibration_payload,
    chunk_payload,
    moved,
    record_payload,
    state_payload,
    to_calibration,
    to_chunk,
    to_document,
    to_passage,
    version_of,
)
from ingestion.knowledge.stores.store import Drafted, Query, StoredDocument, Undrafted, Vectors
from ingestion.knowledge.words import share_of_words

#: Kinds that a rebuild makes anew; all others are carried over as they are.
OWN_KINDS: Final = frozenset({CHUNK, RECORD, STATE, LEASE})


@dataclass(frozen=True, slots=True)
class Where:
    """Which points of a tenant: of a kind, of a document, not of others, where given.

    There is no reading or deleting without a tenant but `Everywhere`, which no search uses.
    """

    tenant: str
    kind: str | None = None
    document: str | None = None
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.tenant:
            raise ValueError("A tenant has a name.")

    @property
    def fields(self) -> dict[str, str]:
        """Payload fields and what each must equal."""
        fields = {TENANT: self.tenant, KIND: self.kind, DOCUMENT: self.document}
        return {key: value for key, value in fields.items() if value is not None}

    @property
    def excluded(self) -> tuple[str, frozenset[str]]:
        """A payload field, and what it must not equal."""
        return DOCUMENT, self.without


@dataclass(frozen=True, slots=True)
class Everywhere:
    """All points of all tenants, or all of one kind: for a rebuild and for drafting, no search.

    Attributes:
        kind: the kind.
        drafted: only chunks with this mark.
        drafted_but: only chunks with none of these marks.
    """

    kind: str | None = None
    drafted: str | None = None
    drafted_but: frozenset[str] = frozenset()

    @property
    def fields(self) -> dict[str, str]:
        """Payload fields and what each must equal."""
        fields = {KIND: self.kind, DRAFTED: self.drafted}
        return {key: value for key, value in fields.items() if value is not None}

    @property
    def excluded(self) -> tuple[str, frozenset[str]]:
        """A payload field, and what it must not equal."""
        return DRAFTED, self.drafted_but


@dataclass(frozen=True, slots=True)
class Point:
    """A point to write: a chunk with the text and vector to find it by, or a bare record.

    Attributes:
        vectors: instead of text and vector, a stored point's vectors as `_vectors` read them.
    """

    id: str
    payload: Payload
    text: str = ""
    dense: list[list[float]] | None = None
    vectors: Mapping[str, Any] | None = None


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
        self._turns: dict[str, threading.RLock] = {}
        #: Held while points change, after `_lock` where both are: an embedded store may hold it for
        #: minutes. `version`, which every batch of questions reads, takes neither.
        self._changes = threading.RLock()
        self._cache = threading.Lock()
        self._commits = 0
        self._calibrations: dict[str, tuple[float, Calibration | None]] = {}
        self._calibrated = 0

    def search(self, queries: Sequence[Query], limit: int) -> list[Found]:
        """See `KnowledgeStore`."""
        if not queries:
            return []
        rankings = self.rank(queries)
        ranked = [fuse(each, limit) for each in rankings]
        payloads = self._retrieve(list(dict.fromkeys(hit.id for hits in ranked for hit in hits)))
        return [
            _found(query, ranking, hits, payloads)
            for query, ranking, hits in zip(queries, rankings, ranked, strict=True)
        ]

    def known(self, tenant: str, name: str) -> frozenset[str]:
        """See `KnowledgeStore`."""
        where = Where(tenant, CHUNK, name)
        return frozenset(key for key, _ in self._scroll(where, payload=False))

    def stored(self, tenant: str, name: str) -> dict[str, Chunk]:
        """See `KnowledgeStore`."""
        where = Where(tenant, CHUNK, name)
        return {key: to_chunk(payload) for key, payload in self._scroll(where)}

    def begin(self, tenant: str, document: IndexedDocument) -> None:
        """See `KnowledgeStore`."""
        key = document_id(tenant, document.name)
        record = self._retrieve([key]).get(key)
        before = to_document(record) if record else document.model_copy(update={"digest": ""})
        if not before.unfinished:
            self._check_turn(tenant)
            unfinished = before.model_copy(update={"unfinished": True})
            self._upsert([Point(key, record_payload(tenant, unfinished))])

    def write(
        self, tenant: str, name: str, chunks: Mapping[str, Chunk], vectors: Sequence[Vectors]
    ) -> None:
        """See `KnowledgeStore`."""
        self._check_turn(tenant)
        self._upsert(
            [
                Point(key, chunk_payload(tenant, name, chunk), chunk.words, vector.tolist())
                for (key, chunk), vector in zip(chunks.items(), vectors, strict=True)
            ]
        )

    def copy(
        self, tenant: str, name: str, chunks: Mapping[str, tuple[str, Chunk]]
    ) -> frozenset[str]:
        """See `KnowledgeStore`."""
        found = self._vectors(list({source for source, _ in chunks.values()}))
        points = [
            Point(key, chunk_payload(tenant, name, chunk), vectors=found[source][1])
            for key, (source, chunk) in chunks.items()
            if source in found and found[source][0][TENANT] == tenant
        ]
        if points:
            self._check_turn(tenant)
            self._upsert(points)
        return frozenset(point.id for point in points)

    def undrafted(self, limit: int, *, but: frozenset[str] | None = None) -> list[Undrafted]:
        """See `KnowledgeStore`."""
        self._refresh()  # an idle worker reads no version, and must not draft for a former one
        where = (
            Everywhere(CHUNK, drafted=UNDRAFTED)
            if but is None
            else Everywhere(CHUNK, drafted_but=but | {OWN})
        )
        return [
            Undrafted(str(payload[TENANT]), key, to_chunk(payload))
            for key, payload in islice(self._scroll(where, page=limit), limit)
        ]

    def draft(self, tenant: str, drafts: Sequence[Drafted]) -> frozenset[str]:
        """See `KnowledgeStore`."""
        self._check_turn(tenant)
        stored = self._vectors([each.key for each in drafts])
        points = [
            _drafted(each, *stored[each.key])
            for each in drafts
            if each.key in stored and stored[each.key][0][TENANT] == tenant
        ]
        if points:
            self._check_turn(tenant)
            self._upsert(points)
        return frozenset(point.id for point in points)

    def settle(
        self,
        tenant: str,
        document: IndexedDocument,
        keep: frozenset[str],
        instead_of: IndexedDocument | None = None,
    ) -> None:
        """See `KnowledgeStore`."""
        done = [document.model_copy(update={"unfinished": False})]
        if instead_of is not None:
            done.append(instead_of.model_copy(update={"digest": "", "unfinished": True}))
        self._check_turn(tenant)
        with self._lock:
            self._remove(self.known(tenant, document.name) - keep)
            self._commit(tenant, done)
            if instead_of is not None:
                self._drop(tenant, instead_of.name)

    def delete(self, tenant: str, name: str) -> bool:
        """See `KnowledgeStore`."""
        key = document_id(tenant, name)
        self._check_turn(tenant)
        with self._lock:
            record = self._retrieve([key]).get(key)
            if record:
                # First the chunks, then the version: an answer of the new version is kept, and
                # must not come from them. A kill in between leaves an unfinished record.
                document = to_document(record).model_copy(update={"unfinished": True})
                self._upsert([Point(key, record_payload(tenant, document))])
                self._remove(self.known(tenant, name))
                self._commit(tenant, [document.model_copy(update={"digest": ""})])
            self._drop(tenant, name)
        return record is not None

    def records(self, tenant: str) -> list[IndexedDocument]:
        """See `KnowledgeStore`."""
        found = (to_document(payload) for _, payload in self._scroll(Where(tenant, RECORD)))
        return sorted(found, key=lambda document: document.name)

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """See `KnowledgeStore`."""
        return [document for document in self.records(tenant) if document.digest]

    def version(self, tenant: str) -> str:
        """See `KnowledgeStore`."""
        read_at, version = self._versions.get(tenant, (float("-inf"), ""))
        if not version or self._clock() - read_at > self.freshness:
            commits, now = self._commits, self._clock()
            self._refresh()
            version = self._version_now(tenant)
            with self._cache:
                if commits == self._commits:  # else it may be the one before
                    self._versions[tenant] = (now, version)
        return version

    def calibration(self, tenant: str) -> Calibration | None:
        """See `KnowledgeStore`. As `version`, it waits for nobody who changes documents."""
        read_at, found = self._calibrations.get(tenant, (float("-inf"), None))
        if read_at == float("-inf") or self._clock() - read_at > self.freshness:
            made, now = self._calibrated, self._clock()
            key = calibration_id(tenant)
            payload = self._retrieve([key]).get(key)
            found = to_calibration(payload) if payload else None
            with self._cache:
                if made == self._calibrated:  # else it may be the one before
                    self._calibrations[tenant] = (now, found)
        return found

    def calibrate(self, tenant: str, calibration: Calibration | None) -> None:
        """See `KnowledgeStore`."""
        key = calibration_id(tenant)
        with self._changes:
            if calibration is None:
                self._remove([key])
            else:
                self._upsert([Point(key, calibration_payload(tenant, calibration))])
            with self._cache:
                self._calibrated += 1
                self._calibrations.pop(tenant, None)

    def contents(self) -> Iterator[StoredDocument]:
        """See `KnowledgeStore`."""
        for _, record in self._scroll(Everywhere(RECORD)):
            document, tenant = to_document(record), str(record[TENANT])
            if document.digest:
                yield StoredDocument(tenant, document, self.stored(tenant, document.name))

    def others(self) -> Iterator[tuple[str, Payload]]:
        """See `KnowledgeStore`."""
        for key, payload in self._scroll(Everywhere()):
            if payload[KIND] not in OWN_KINDS:
                yield key, payload

    def add(self, key: str, payload: Payload) -> None:
        """See `KnowledgeStore`."""
        self._upsert([Point(key, payload)])

    @contextmanager
    def exclusive(self, tenant: str, *, wait: bool = True) -> Iterator[None]:
        """See `KnowledgeStore`."""
        with self._lock:
            turn = self._turns.setdefault(tenant, threading.RLock())
        if not turn.acquire(blocking=wait):
            raise BusyError(f"The documents of {tenant} are being changed. Nothing was changed.")
        try:
            yield
        finally:
            turn.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `KnowledgeStore`. In one process, whoever opens a store to rebuild it is alone."""
        yield

    def tenants(self) -> set[str]:
        """See `KnowledgeStore`."""
        return {str(payload[TENANT]) for _, payload in self._scroll(Everywhere(RECORD))}

    def tidy(self) -> None:  # noqa: B027 - a server does it by itself
        """See `KnowledgeStore`."""

    def size(self) -> int | None:
        """See `KnowledgeStore`."""
        return None

    def _check_turn(self, tenant: str) -> None:  # noqa: B027 - most stores have one process
        """Called before a tenant's documents are changed.

        Raises:
            BusyError: another process may have begun to change them.
        """

    def _version_now(self, tenant: str) -> str:
        key = state_id(tenant)
        state = self._retrieve([key]).get(key)
        return str(state["version"]) if state else version_of(self.documents(tenant))

    def _commit(self, tenant: str, records: Sequence[IndexedDocument]) -> None:
        """Write records and the version that follows from them, in one step."""
        keys = [document_id(tenant, record.name) for record in records]
        before = map(to_document, self._retrieve(keys).values())
        version = moved(self._version_now(tenant), before, records)
        points = [
            Point(key, record_payload(tenant, record))
            for key, record in zip(keys, records, strict=True)
        ]
        self._upsert([*points, Point(state_id(tenant), state_payload(tenant, version))])
        with self._cache:
            self._commits += 1
            self._versions.pop(tenant, None)

    def _drop(self, tenant: str, name: str) -> None:
        self._remove(self.known(tenant, name))
        self._remove([document_id(tenant, name)])

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
    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        """Payloads and all named vectors by id; an unknown id is left out."""

    @abstractmethod
    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        """Ids and payloads of all such points, page by page."""

    @abstractmethod
    def _upsert(self, points: Sequence[Point]) -> None:
        """Write points; done when it returns."""

    @abstractmethod
    def _remove(self, ids: Iterable[str]) -> None:
        """Delete points; done when it returns."""


def _drafted(draft: Drafted, payload: Payload, vectors: Mapping[str, Any]) -> Point:
    """A stored chunk with other drafts: only these were embedded."""
    before = to_chunk(payload)
    chunk = replace(before, drafts=draft.questions, drafted=draft.version)
    rows = [*vectors[DENSE]][: 1 + len(before.questions)]
    made = chunk_payload(payload[TENANT], payload[DOCUMENT], chunk)
    return Point(draft.key, made, chunk.words, [*rows, *draft.vectors.tolist()])


def _found(
    query: Query, ranking: Ranking, hits: Sequence[Fused], payloads: Mapping[str, Payload]
) -> Found:
    there = [hit for hit in hits if hit.id in payloads]  # the others went since they were ranked
    if not there:
        return Found([], None)
    first = to_chunk(payloads[there[0].id])
    covered = share_of_words(query.text, first.indexed)
    return Found(
        [to_passage(hit, payloads[hit.id]) for hit in there],
        weigh(ranking.cosines, ranking.bm25, query.elsewhere, covered),
    )

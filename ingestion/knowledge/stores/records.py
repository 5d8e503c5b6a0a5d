"""Records of a tenant's documents, and what follows: their version, and what is out of force."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.in_force import OutOfForce
from ingestion.knowledge.stores.cache import TenantCache
from ingestion.knowledge.stores.ids import record_id, state_id
from ingestion.knowledge.stores.lapses import Lapses
from ingestion.knowledge.stores.payload import (
    RECORD,
    TENANT,
    record_payload,
    state_payload,
    to_document,
)
from ingestion.knowledge.stores.points import Everywhere, Point, Points, Where
from ingestion.knowledge.stores.versions import version_after, version_of, version_with
from ingestion.validity import today

T = TypeVar("T")


class Records(Points):
    """A collection that knows which documents are complete, and which are in force.

    Attributes:
        today: the day that decides what is in force.

    Args:
        clock: monotonic seconds.
    """

    #: Seconds for which a version may be kept: forever where no other process can write.
    freshness: float = float("inf")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        #: Held while points change, after `_lock` where both are: an embedded store may hold it for
        #: minutes. `version`, which every batch of questions reads, takes neither.
        self._changes = threading.RLock()
        self._versions = self.cache(self._read_version)
        self.today: Callable[[], date] = today
        self._lapses = Lapses(self.records, self._versions.get, clock)

    def cache(self, read: Callable[[str], T]) -> TenantCache[T]:
        """A cache of a value of each tenant, kept for as long as this store's versions."""
        return TenantCache(read, self.freshness, self._clock)

    def records(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's documents, sorted by name, with those that are being added or removed."""
        documents = (to_document(payload) for _, payload in self._scroll(Where(tenant, RECORD)))
        return sorted(documents, key=lambda document: document.name)

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's complete documents, sorted by name."""
        return [document for document in self.records(tenant) if document.digest]

    def tenants(self) -> set[str]:
        """All tenants that have documents: for a rebuild."""
        return {str(payload[TENANT]) for _, payload in self._scroll(Everywhere(RECORD))}

    def version(self, tenant: str) -> str:
        """12 hex digits that change if and only if the tenant's documents do. Cached.

        Also with what of them is in force, so with a day that passes: an answer from documents that
        were in force yesterday serves nobody today.

        Raises:
            EmbeddingMismatchError: a rebuild elsewhere replaced the vectors by another model's.
        """
        return version_with(self._versions.get(tenant), self.out_of_force(tenant).text)

    def out_of_force(self, tenant: str, *, fresh: bool = False) -> OutOfForce:
        """What of the tenant's documents no search may find today. Cached, unless it is `fresh`."""
        if fresh:
            self._lapses.forget(tenant)
        return self._lapses.of(tenant, self.today())

    def amend(self, tenant: str, name: str, update: Mapping[str, Any]) -> IndexedDocument | None:
        """Change fields of a document's record alone, in one write; its chunks stay.

        Args:
            tenant: the clinic; hold it exclusively.
            name: the document's name.
            update: new values of the record's fields.

        Returns:
            The record as it is now; None where there is no such document.
        """
        key = record_id(tenant, name)
        self._check_lease(tenant)
        with self._lock:
            payload = self.payloads([key]).get(key)
            if payload is None or not to_document(payload).digest:
                return None
            document = to_document(payload).model_copy(update=dict(update))
            self._commit(tenant, [document])
        self._lapses.forget(tenant)
        return document

    def _check_lease(self, tenant: str) -> None:
        """Called before a tenant's documents are changed.

        Raises:
            BusyError: another process may have begun to change them.
        """

    def _refresh(self) -> None:
        """Notice what other processes changed; called before a version is read again."""

    def _read_version(self, tenant: str) -> str:
        self._refresh()
        return self._version_now(tenant)

    def _version_now(self, tenant: str) -> str:
        key = state_id(tenant)
        state = self.payloads([key]).get(key)
        return str(state["version"]) if state else version_of(self.documents(tenant))

    def _commit(self, tenant: str, records: Sequence[IndexedDocument]) -> None:
        """Write records and the version that follows from them, in one step."""
        keys = [record_id(tenant, record.name) for record in records]
        before = map(to_document, self.payloads(keys).values())
        version = version_after(self._version_now(tenant), before, records)
        points = [
            Point(key, record_payload(tenant, record))
            for key, record in zip(keys, records, strict=True)
        ]
        self._upsert([*points, Point(state_id(tenant), state_payload(tenant, version))])
        self._versions.forget(tenant)

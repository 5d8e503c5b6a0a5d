"""One collection on a Qdrant server or cluster."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.knowledge.stores.collection import Collection, Maker
from ingestion.knowledge.stores.ids import lease_id
from ingestion.knowledge.stores.lease import Lease, hold, wait_until_free
from ingestion.knowledge.stores.payload import LEASE, PAGE, Payload
from ingestion.knowledge.stores.points import Everywhere, Point, Where
from ingestion.knowledge.stores.query import Candidates, Query, candidates_of
from ingestion.knowledge.stores.server.errors import translate_errors
from ingestion.knowledge.stores.server.leases import LeasePoints
from ingestion.knowledge.stores.server.models import by_name, requests, to_filter, to_point
from ingestion.knowledge.stores.store import PointStore


class ServerStore(PointStore):
    """One collection on a server.

    When the alias moves to a collection of another model, whose vectors it could not compare, it
    stays with its own; `version`, which a worker reads for every batch, notices the move.

    Args:
        client: the server's client; `ServerCollections` closes it.
        name: the collection.
        maker: what made its vectors.
        current: the collection that the alias names now.
        clock: monotonic seconds.
    """

    #: Other processes write too: their changes are seen after a second.
    freshness = 1.0

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        maker: Maker,
        current: Callable[[], Collection | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._client = client
        self._name = name
        self._maker = maker
        self._current = current
        self._leases: dict[str, Lease] = {}

    def tidy(self) -> None:
        """See `PointStore`: a server does this by itself."""

    def size(self) -> None:
        """See `PointStore`: a server grows with its machines."""

    def close(self) -> None:
        """See `Points`; `ServerCollections` closes the connection."""

    def _refresh(self) -> None:
        current = self._current()
        if current is not None and current.name != self._name:
            current.maker.check(self._maker)
            self._name = current.name

    @contextmanager
    def exclusive(self, tenant: str, *, wait: bool = True) -> Iterator[None]:
        """See `PointStore`. A lease keeps other processes out."""
        with super().exclusive(tenant, wait=wait):
            if tenant in self._leases:  # nested: this thread has it
                yield
                return
            notes = self._notes
            what = f"the documents of {tenant}"
            with hold(notes, lease_id(tenant), what, brief=not wait) as lease:
                wait_until_free(notes, lease_id(), "the whole knowledge base, for a rebuild")
                self._leases[tenant] = lease
                try:
                    yield
                finally:
                    del self._leases[tenant]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `PointStore`."""
        with hold(self._notes, lease_id(), "the whole knowledge base, for a rebuild"):
            for key, note in self._scroll(Everywhere(LEASE)):
                if key != lease_id():
                    wait_until_free(self._notes, key, note["what"])
            yield

    def _check_lease(self, tenant: str) -> None:
        if tenant in self._leases:
            self._leases[tenant].check()

    @property
    def _notes(self) -> LeasePoints:
        return LeasePoints(self._client, self._name)

    def candidates(self, queries: Sequence[Query]) -> list[Candidates]:
        """See `Points`."""
        batch = [request for query in queries for request in requests(query)]
        with translate_errors():
            answers = self._client.query_batch_points(self._name, batch)
        scores = [{str(hit.id): hit.score for hit in answer.points} for answer in answers]
        return candidates_of(scores)

    def payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """See `Points`."""
        with translate_errors():
            records = self._client.retrieve(self._name, list(ids), with_payload=True)
        return {str(record.id): record.payload or {} for record in records}

    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        with translate_errors():
            records = self._client.retrieve(
                self._name, list(ids), with_payload=True, with_vectors=True
            )
        return {
            str(record.id): (record.payload or {}, by_name(record.vector)) for record in records
        }

    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            with translate_errors():
                records, offset = self._client.scroll(
                    self._name,
                    scroll_filter=to_filter(where),
                    limit=page,
                    offset=offset,
                    with_payload=payload,
                )
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _upsert(self, points: Sequence[Point]) -> None:
        with translate_errors():
            self._client.upsert(self._name, [to_point(point) for point in points], wait=True)

    def _remove(self, ids: Iterable[str]) -> None:
        if keys := list(ids):
            with translate_errors():
                selector = models.PointIdsList(points=[*keys])
                self._client.delete(self._name, selector, wait=True)

"""One collection of the embedded store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import qdrant_edge as edge

from ingestion.knowledge.stores.edge.models import by_name, requests, to_filter, to_point
from ingestion.knowledge.stores.edge.payloads import KeptPayloads
from ingestion.knowledge.stores.payload import PAGE, Payload
from ingestion.knowledge.stores.points import Everywhere, Point, Where
from ingestion.knowledge.stores.query import Candidates, Query, candidates_of
from ingestion.knowledge.stores.store import PointStore

#: New chunks from which a graph is built, during an ingestion or at its end.
BUILD_FROM = 20_000

#: Chunks up to which the embedded store is measured (`python -m benchmarks.ingest`). A larger
#: corpus belongs on a Qdrant server, which builds its graphs beside the searches.
EMBEDDED_LIMIT = 100_000

#: Questions of one call. The engine holds the interpreter for the whole of a call, about a
#: millisecond a question; between two of them other threads, the drain's loop first, go on.
AT_ONCE: Final = 4

#: Points whose ids are kept as texts.
_KEPT: Final = 100_000

#: Brings a copy with a graph into use; returns it, open.
Replacer = Callable[[], edge.EdgeShard]


class EdgeStore(PointStore):
    """One collection of the embedded store.

    Args:
        shard: Qdrant's engine over the collection's folder.
        replace: makes a copy of the collection with a graph, and brings it into use.
    """

    def __init__(self, shard: edge.EdgeShard, replace: Replacer) -> None:
        super().__init__()
        self._shard: edge.EdgeShard | None = shard
        self._replace = replace
        self._unbuilt = 0
        self._payloads = KeptPayloads(self._read_payloads)

    def close(self) -> None:
        """See `Points`. Waits for a graph: whoever opens the folder next deletes unused copies."""
        with self._lock, self._changes:
            if self._shard is not None:
                self._shard.close()
                self._shard = None

    @property
    def _open(self) -> edge.EdgeShard:
        if self._shard is None:
            raise RuntimeError("This knowledge base was closed.")
        return self._shard

    def candidates(self, queries: Sequence[Query]) -> list[Candidates]:
        """See `Points`."""
        candidates: list[Candidates] = []
        for start in range(0, len(queries), AT_ONCE):
            few = queries[start : start + AT_ONCE]
            batch = [request for query in few for request in requests(query)]
            answers = self._open.query_batch(edge.QueryBatchRequest(batch))
            candidates += candidates_of(
                [{_text_of(hit.id): hit.score for hit in hits} for hits in answers]
            )
        return candidates

    def tidy(self) -> None:
        """See `PointStore`: builds a graph once many chunks are new.

        The engine's `optimize` holds the interpreter for its whole time (35 s for 25,000 chunks on
        2 cores), which would stop the drain and its heartbeats. So another process builds the graph
        in a copy, and the copy takes the collection's place. Searches go on; changes wait.
        """
        if self._unbuilt < BUILD_FROM:
            return
        with self._changes:
            self._open.flush()
            self._shard = self._replace()  # the old one goes with the last search that reads it
            self._unbuilt = 0

    def size(self) -> int:
        """See `PointStore`."""
        return int(self._open.info().points_count)

    def payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """See `Points`. They are kept, and shared: nobody changes one."""
        return self._payloads.get(ids)

    def _read_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        records = self._open.retrieve(list(ids), with_payload=True, with_vector=False)
        return {str(record.id): record.payload or {} for record in records}

    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        records = self._open.retrieve(list(ids), with_payload=True, with_vector=True)
        return {
            str(record.id): (record.payload or {}, by_name(record.vector)) for record in records
        }

    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            request = edge.ScrollRequest(
                limit=page, offset=offset, filter=to_filter(where), with_payload=payload
            )
            records, offset = self._open.scroll(request)
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _upsert(self, points: Sequence[Point]) -> None:
        with self._changes:
            self._open.update(
                edge.UpdateOperation.upsert_points([to_point(point) for point in points])
            )
            self._payloads.forget(point.id for point in points)
            self._unbuilt += sum(point.dense is not None for point in points)

    def _remove(self, ids: Iterable[str]) -> None:
        with self._changes:
            if keys := list(ids):
                self._open.update(edge.UpdateOperation.delete_points([*keys]))
                self._payloads.forget(keys)


def _text_of(key: UUID | int | str) -> str:
    """A point's id as the knowledge base has it: a search reads two hundred for each question."""
    return _uuid_text(key.int) if isinstance(key, UUID) else str(key)


@lru_cache(maxsize=_KEPT)
def _uuid_text(number: int) -> str:
    return str(UUID(int=number))

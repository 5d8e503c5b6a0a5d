"""The embedded store: Qdrant's own engine in this process, over one folder.

The folder holds a collection per embedding model and schema, the pointer file `current.json` that
names the one in use (what an alias is on a server), and a lock: one process owns the folder.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from filelock import FileLock, Timeout

from ingestion.knowledge.errors import StoreInUseError
from ingestion.knowledge.search.rank import DEPTH, Ranking
from ingestion.knowledge.stores.collection import ALIAS, Made, new_name
from ingestion.knowledge.stores.edge.graph import built
from ingestion.knowledge.stores.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    DRAFTED,
    KIND,
    LETTERS,
    PAGE,
    TENANT,
    Payload,
)
from ingestion.knowledge.stores.points import Everywhere, Point, PointStore, Where
from ingestion.knowledge.stores.store import Query
from ingestion.knowledge.words import (
    Sparse,
    letter_document,
    letter_query,
    word_document,
    word_query,
)

#: Names the collection in use.
POINTER = "current.json"
#: Names the collection that is being filled, until it is in use.
FILLING = "filling.json"

#: KiB of vectors that are searched by looking at each, about 20,000 of 384 dimensions: 64 questions
#: take 0.4 s there and 1.9 s at 100,000. More get a graph (HNSW), which takes 0.2 s at 100,000.
INDEX_FROM = 30_000

#: New chunks from which a graph is built in the middle of an ingestion, or at its end.
BUILD_FROM = 20_000

#: Chunks up to which the embedded store is measured (`python benchmarks/ingest.py`). A larger
#: corpus belongs on a Qdrant server, which builds its graphs beside the searches.
EMBEDDED_LIMIT = 100_000

#: Vectors and indexes stay in files that the kernel maps: its pages go when memory is short.
_MEMORY = edge.Memory.Cold


#: Brings a copy with a graph into use; returns it, open.
Twin = Callable[[], edge.EdgeShard]


class EdgeStore(PointStore):
    """One collection of the embedded store.

    Args:
        shard: Qdrant's engine over the collection's folder.
        twin: makes a copy of the collection with a graph, and brings it into use.
    """

    def __init__(self, shard: edge.EdgeShard, twin: "Twin") -> None:
        super().__init__()
        self._shard: edge.EdgeShard | None = shard
        self._twin = twin
        self._unbuilt = 0

    def close(self) -> None:
        """See `KnowledgeStore`. Waits for a graph: whoever opens the folder next sweeps copies."""
        with self._lock, self._changes:
            if self._shard is not None:
                self._shard.close()
                self._shard = None

    @property
    def _open(self) -> edge.EdgeShard:
        if self._shard is None:
            raise RuntimeError("This knowledge base was closed.")
        return self._shard

    def rank(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `PointStore`."""
        requests = [request for query in queries for request in _requests(query)]
        hits = self._open.query_batch(edge.QueryBatchRequest(requests))
        scores = [{str(hit.id): hit.score for hit in found} for found in hits]
        return [
            Ranking({**dense_of_others, **dense}, words, letters)
            for dense, dense_of_others, words, letters in zip(*[iter(scores)] * 4, strict=True)
        ]

    def tidy(self) -> None:
        """See `KnowledgeStore`: builds a graph once many chunks are new.

        The engine's `optimize` holds the interpreter for its whole time (35 s for 25,000 chunks on
        2 cores), which would stop the drain and its heartbeats. So another process builds the graph
        in a copy, and the copy takes the collection's place. Searches go on; changes wait.
        """
        if self._unbuilt < BUILD_FROM:
            return
        with self._changes:
            self._open.flush()
            self._shard = self._twin()  # the old one goes with the last search that reads it
            self._unbuilt = 0

    def size(self) -> int:
        """See `KnowledgeStore`."""
        return int(self._open.info().points_count)

    def _retrieve(self, ids: Sequence[str]) -> dict[str, Payload]:
        records = self._open.retrieve(list(ids), with_payload=True, with_vector=False)
        return {str(record.id): record.payload or {} for record in records}

    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        records = self._open.retrieve(list(ids), with_payload=True, with_vector=True)
        return {str(each.id): (each.payload or {}, _named(each.vector)) for each in records}

    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            request = edge.ScrollRequest(
                limit=page, offset=offset, filter=_filter(where), with_payload=payload
            )
            records, offset = self._open.scroll(request)
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _upsert(self, points: Sequence[Point]) -> None:
        with self._changes:
            self._open.update(edge.UpdateOperation.upsert_points([_point(each) for each in points]))
            self._unbuilt += sum(each.dense is not None for each in points)

    def _remove(self, ids: Iterable[str]) -> None:
        with self._changes:
            if doomed := list(ids):
                self._open.update(edge.UpdateOperation.delete_points(list(doomed)))


class EdgeCollections:
    """The folder of the embedded store; see `Collections`.

    Args:
        folder: made if it is not there.

    Raises:
        StoreInUseError: another opener holds the folder.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._holder = folder / "holder.json"
        self._lock = FileLock(folder / "lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreInUseError(
                f"The knowledge base in {folder} is in use by {self._held_by()}. Nothing was "
                f"changed. Hand the work to that process (`atende ingest` does so while "
                f"`atende` runs), or stop it first."
            ) from None
        self._holder.write_text(json.dumps({"pid": os.getpid(), "command": sys.argv[:3]}))
        self._sweep()

    def current(self) -> tuple[str, Made] | None:
        """See `Collections`."""
        return self._pointed(POINTER)

    def create(self, made: Made) -> tuple[str, EdgeStore]:
        """See `Collections`."""
        name = new_name(made)
        path = self._folder / name
        path.mkdir()
        dense = edge.EdgeVectorParams(
            size=made.dimensions,
            distance=edge.Distance.Cosine,
            multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim),
            memory=_MEMORY,
        )
        sparse = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=_MEMORY)
        shard = edge.EdgeShard.create(
            str(path),
            edge.EdgeConfig(
                vectors={DENSE: dense},
                sparse_vectors={BM25: sparse, LETTERS: sparse},
                payload_memory=_MEMORY,
                id_tracker_memory=_MEMORY,
                hnsw_config=edge.HnswIndexConfig(
                    m=16, ef_construct=100, full_scan_threshold=10_000, memory=_MEMORY
                ),
                optimizers=edge.EdgeOptimizersConfig(
                    indexing_threshold=INDEX_FROM, default_segment_number=1
                ),
            ),
        )
        for field in (TENANT, KIND, DOCUMENT, DIGEST, DRAFTED):
            index = edge.KeywordIndexParams(is_tenant=field == TENANT, memory=_MEMORY)
            shard.update(edge.UpdateOperation.create_field_index(field, index))
        self._point(FILLING, name, made)
        return name, EdgeStore(shard, self._twins(name))

    def unfinished(self, made: Made) -> tuple[str, EdgeStore] | None:
        """See `Collections`."""
        found = self._pointed(FILLING)
        if found is None or found[1] != made or found == self.current():
            return None
        return found[0], self.open(found[0])

    def open(self, name: str) -> EdgeStore:
        """See `Collections`. A graph that a kill prevented is built before."""
        shard = edge.EdgeShard.load(str(self._folder / name))
        shard.optimize()
        return EdgeStore(shard, self._twins(name))

    def promote(self, name: str, made: Made) -> None:
        """See `Collections`."""
        self._point(POINTER, name, made)
        (self._folder / FILLING).unlink(missing_ok=True)

    def close(self) -> None:
        """See `Collections`."""
        self._lock.release()

    def _twins(self, name: str) -> Twin:
        """Replaces a collection by its copy with a graph, each time that it is called."""
        last = [name]

        def replace() -> edge.EdgeShard:
            pointer = next((each for each in (POINTER, FILLING) if self._names(each, last[0])), "")
            found = self._pointed(pointer) if pointer else None
            if found is None:
                raise RuntimeError(f"{last[0]} is no collection of this folder any more.")
            fresh = new_name(found[1])
            built(self._folder / last[0], self._folder / fresh)
            shard = edge.EdgeShard.load(str(self._folder / fresh))  # else the former goes on
            self._point(pointer, fresh, found[1])
            shutil.rmtree(self._folder / last[0], ignore_errors=True)
            last[0] = fresh
            return shard

        return replace

    def _names(self, pointer: str, name: str) -> bool:
        found = self._pointed(pointer)
        return found is not None and found[0] == name

    def _pointed(self, pointer: str) -> tuple[str, Made] | None:
        path = self._folder / pointer
        if not path.exists():
            return None
        content = json.loads(path.read_text())
        return content["collection"], Made.model_validate(content["made"])

    def _point(self, pointer: str, name: str, made: Made) -> None:
        """In one step, whatever is killed: readers see the old content or the new one."""
        draft = self._folder / f"{pointer}.new"
        with draft.open("w") as file:
            json.dump({"collection": name, "made": made.model_dump()}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / pointer)

    def _held_by(self) -> str:
        try:
            holder = json.loads(self._holder.read_text())
        except (OSError, ValueError):
            return "another process"
        return f"process {holder['pid']} ({' '.join(holder['command'])})"

    def _sweep(self) -> None:
        """Delete collections that nothing names: those rebuilt since, or killed in the making."""
        named = {found[0] for each in (POINTER, FILLING) if (found := self._pointed(each))}
        for path in self._folder.glob(f"{ALIAS}-*"):
            if path.name not in named:
                shutil.rmtree(path, ignore_errors=True)


def _requests(query: Query) -> list[edge.QueryRequest]:
    """Four per query: nearest by cosine, the cosine of the others' best, words, letters."""
    where = _filter(Where(query.tenant, without=query.without))  # records have no vectors to find
    dense = edge.Query.Nearest([query.vector.tolist()], using=DENSE)
    words = edge.Query.Nearest(_sparse(word_query(query.text)), using=BM25)
    letters = edge.Query.Nearest(_sparse(letter_query(query.typed)), using=LETTERS)
    others = [edge.Prefetch(limit=DEPTH, query=each, filter=where) for each in (words, letters)]
    return [
        edge.QueryRequest(limit=DEPTH, query=dense, filter=where),
        edge.QueryRequest(limit=2 * DEPTH, query=dense, prefetches=others),
        edge.QueryRequest(limit=DEPTH, query=words, filter=where),
        edge.QueryRequest(limit=DEPTH, query=letters, filter=where),
    ]


def _sparse(vector: Sparse) -> edge.SparseVector:
    return edge.SparseVector(vector.indices, vector.values)


def _filter(where: Where | Everywhere) -> edge.Filter:
    field, without = where.excluded
    return edge.Filter(
        must=[
            edge.FieldCondition(key, match=edge.MatchValue(value))
            for key, value in where.fields.items()
        ],
        must_not=[edge.FieldCondition(field, match=edge.MatchAny(sorted(without)))]
        if without
        else None,
    )


def _point(point: Point) -> edge.Point:
    if point.vectors is not None:
        return edge.Point(point.id, dict(point.vectors), point.payload)
    if point.dense is None:
        return edge.Point(point.id, {}, point.payload)
    vectors: dict[str, edge.NamedVector] = {
        DENSE: point.dense,
        BM25: _sparse(word_document(point.text)),
        LETTERS: _sparse(letter_document(point.text)),
    }
    return edge.Point(point.id, vectors, point.payload)


def _named(vectors: object) -> dict[str, Any]:
    """A point's vectors by name; every vector of ours has one."""
    return dict(vectors) if isinstance(vectors, Mapping) else {}

"""The embedded store: Qdrant's own engine in this process, over one folder.

The folder holds a collection per embedding model and schema, the pointer file `current.json` that
names the one in use (what an alias is on a server), and a lock: one process owns the folder.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import qdrant_edge as edge
from filelock import FileLock, Timeout

from ingestion.knowledge.bm25 import bm25
from ingestion.knowledge.collection import ALIAS, Made, new_name
from ingestion.knowledge.errors import StoreInUseError
from ingestion.knowledge.fusion import DEPTH
from ingestion.knowledge.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    KIND,
    PAGE,
    TENANT,
    Payload,
)
from ingestion.knowledge.points import Point, PointStore, Ranking, Where
from ingestion.knowledge.store import Query

POINTER = "current.json"


class EdgeStore(PointStore):
    """One collection of the embedded store."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        super().__init__()
        self._shard: edge.EdgeShard | None = shard

    def close(self) -> None:
        """See `KnowledgeStore`."""
        with self._lock:
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
            Ranking({**dense_of_bm25, **dense}, sparse)
            for dense, dense_of_bm25, sparse in zip(*[iter(scores)] * 3, strict=True)
        ]

    def _retrieve(self, ids: Sequence[str]) -> dict[str, Payload]:
        records = self._open.retrieve(list(ids), with_payload=True, with_vector=False)
        return {str(record.id): record.payload or {} for record in records}

    def _scroll(self, where: Where, *, payload: bool = True) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            request = edge.ScrollRequest(
                limit=PAGE, offset=offset, filter=_filter(where), with_payload=payload
            )
            records, offset = self._open.scroll(request)
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _upsert(self, points: Sequence[Point]) -> None:
        self._open.update(edge.UpdateOperation.upsert_points([_point(each) for each in points]))

    def _remove(self, ids: Iterable[str]) -> None:
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
        pointer = self._folder / POINTER
        if not pointer.exists():
            return None
        content = json.loads(pointer.read_text())
        return content["collection"], Made.model_validate(content["made"])

    def create(self, made: Made) -> tuple[str, EdgeStore]:
        """See `Collections`."""
        name = new_name(made)
        path = self._folder / name
        path.mkdir()
        dense = edge.EdgeVectorParams(size=made.dimensions, distance=edge.Distance.Cosine)
        sparse = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
        shard = edge.EdgeShard.create(
            str(path), edge.EdgeConfig(vectors={DENSE: dense}, sparse_vectors={BM25: sparse})
        )
        tenant = edge.KeywordIndexParams(is_tenant=True)
        shard.update(edge.UpdateOperation.create_field_index(TENANT, tenant))
        for field in (KIND, DOCUMENT, DIGEST):
            keyword = edge.PayloadSchemaType.Keyword
            shard.update(edge.UpdateOperation.create_field_index(field, keyword))
        return name, EdgeStore(shard)

    def open(self, name: str) -> EdgeStore:
        """See `Collections`."""
        return EdgeStore(edge.EdgeShard.load(str(self._folder / name)))

    def promote(self, name: str, made: Made) -> None:
        """See `Collections`."""
        content = {"collection": name, "made": made.model_dump()}
        draft = self._folder / f"{POINTER}.new"
        with draft.open("w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / POINTER)

    def close(self) -> None:
        """See `Collections`."""
        self._lock.release()

    def _held_by(self) -> str:
        try:
            holder = json.loads(self._holder.read_text())
        except (OSError, ValueError):
            return "another process"
        return f"process {holder['pid']} ({' '.join(holder['command'])})"

    def _sweep(self) -> None:
        """Delete collections that are not in use: half-filled ones, and those rebuilt since."""
        current = self.current()
        for path in self._folder.glob(f"{ALIAS}-*"):
            if current is None or path.name != current[0]:
                shutil.rmtree(path, ignore_errors=True)


def _requests(query: Query) -> list[edge.QueryRequest]:
    """Three per query: nearest by cosine, the cosine of BM25's best, and BM25."""
    dense = edge.Query.Nearest(query.vector.tolist(), using=DENSE)
    sparse = edge.Query.Nearest(bm25().embed_query(query.text), using=BM25)
    where = _filter(Where(tenant=query.tenant))  # records have no vectors to find
    words = edge.Prefetch(limit=DEPTH, query=sparse, filter=where)
    return [
        edge.QueryRequest(limit=DEPTH, query=dense, filter=where),
        edge.QueryRequest(limit=DEPTH, query=dense, prefetches=[words]),
        edge.QueryRequest(limit=DEPTH, query=sparse, filter=where),
    ]


def _filter(where: Where) -> edge.Filter:
    fields = {KIND: where.kind, TENANT: where.tenant, DOCUMENT: where.document}
    return edge.Filter(
        must=[
            edge.FieldCondition(key, match=edge.MatchValue(value))
            for key, value in fields.items()
            if value is not None
        ]
    )


def _point(point: Point) -> edge.Point:
    if point.dense is None:
        return edge.Point(point.id, {}, point.payload)
    vectors: dict[str, edge.NamedVector] = {
        DENSE: point.dense,
        BM25: bm25().embed_document(point.text),
    }
    return edge.Point(point.id, vectors, point.payload)

"""The folder of the embedded store.

It holds a collection per embedding model and schema, the pointer file `current.json` that names the
one in use (what an alias is on a server), and a lock: one process owns the folder.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import qdrant_edge as edge
from filelock import FileLock, Timeout

from ingestion.knowledge.errors import StoreInUseError
from ingestion.knowledge.stores.collection import ALIAS, Collection, Maker, new_name
from ingestion.knowledge.stores.edge.graph import build_copy
from ingestion.knowledge.stores.edge.store import EdgeStore, Replacer
from ingestion.knowledge.stores.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    DRAFTED,
    KIND,
    LETTERS,
    PERIOD,
    TENANT,
)

#: Names the collection in use.
POINTER = "current.json"
#: Names the collection that is being filled, until it comes into use.
FILLING = "filling.json"

#: KiB of vectors that are searched one by one, about 20,000 of 384 dimensions: 64 questions take
#: 0.4 s there and 1.9 s at 100,000. More get a graph (HNSW), with which 100,000 take 0.2 s.
INDEX_FROM = 30_000

#: Points of a clinic up to which its words and letters are compared one by one. Above it the engine
#: walks the inverted index: by default it does so from 20,000, and with a clinic of 1,710 chunks a
#: question's words and letters cost 3.7 ms of a core instead of 0.4, the same scores.
SCANNED = 500

#: Payload fields with an index.
_INDEXED = (TENANT, KIND, DOCUMENT, DIGEST, DRAFTED, PERIOD)

#: Vectors and indexes stay in files that the kernel maps: its pages go when memory is short.
_MEMORY = edge.Memory.Cold


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
                f"The knowledge base in {folder} is in use by {self._holder_name()}. Nothing was "
                f"changed. Hand the work to that process (`atende ingest` does so while "
                f"`atende` runs), or stop it first."
            ) from None
        self._holder.write_text(json.dumps({"pid": os.getpid(), "command": sys.argv[:3]}))
        self._sweep()

    def current(self) -> Collection | None:
        """See `Collections`."""
        return self._named_by(POINTER)

    def create(self, maker: Maker) -> tuple[str, EdgeStore]:
        """See `Collections`."""
        name = new_name(maker)
        path = self._folder / name
        path.mkdir()
        dense = edge.EdgeVectorParams(
            size=maker.dimensions,
            distance=edge.Distance.Dot,
            multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim),
            memory=_MEMORY,
        )
        sparse = edge.EdgeSparseVectorParams(
            full_scan_threshold=SCANNED, modifier=edge.Modifier.Idf, memory=_MEMORY
        )
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
        _index(shard)
        self._point(FILLING, name, maker)
        return name, EdgeStore(shard, self._replacer(name))

    def unfinished(self, maker: Maker) -> tuple[str, EdgeStore] | None:
        """See `Collections`."""
        filling = self._named_by(FILLING)
        if filling is None or filling.maker != maker or filling == self.current():
            return None
        return filling.name, self.open(filling.name)

    def open(self, name: str) -> EdgeStore:
        """See `Collections`. Builds a graph that a kill prevented."""
        shard = edge.EdgeShard.load(str(self._folder / name))
        _index(shard)
        shard.optimize()
        return EdgeStore(shard, self._replacer(name))

    def promote(self, name: str, maker: Maker) -> None:
        """See `Collections`."""
        self._point(POINTER, name, maker)
        (self._folder / FILLING).unlink(missing_ok=True)

    def close(self) -> None:
        """See `Collections`."""
        self._lock.release()

    def _replacer(self, name: str) -> Replacer:
        """Replaces a collection by its copy with a graph, each time that it is called."""
        former = name

        def replace() -> edge.EdgeShard:
            nonlocal former
            pointer, maker = self._pointer_at(former)
            copy = new_name(maker)
            build_copy(self._folder / former, self._folder / copy)
            shard = edge.EdgeShard.load(str(self._folder / copy))  # if it fails, the former stays
            self._point(pointer, copy, maker)
            shutil.rmtree(self._folder / former, ignore_errors=True)
            former = copy
            return shard

        return replace

    def _pointer_at(self, name: str) -> tuple[str, Maker]:
        """The pointer file that names a collection, and what made its vectors."""
        for pointer in (POINTER, FILLING):
            collection = self._named_by(pointer)
            if collection is not None and collection.name == name:
                return pointer, collection.maker
        raise RuntimeError(f"{name} is no collection of this folder any more.")

    def _named_by(self, pointer: str) -> Collection | None:
        path = self._folder / pointer
        if not path.exists():
            return None
        content = json.loads(path.read_text())
        return Collection(content["collection"], Maker.model_validate(content["made"]))

    def _point(self, pointer: str, name: str, maker: Maker) -> None:
        """Write a pointer file in one step: whatever is killed, readers see the old or the new."""
        draft = self._folder / f"{pointer}.new"
        with draft.open("w") as file:
            json.dump({"collection": name, "made": maker.model_dump()}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / pointer)

    def _holder_name(self) -> str:
        try:
            holder = json.loads(self._holder.read_text())
        except (OSError, ValueError):
            return "another process"
        return f"process {holder['pid']} ({' '.join(holder['command'])})"

    def _sweep(self) -> None:
        """Delete collections that no pointer names: former ones, and those that a kill left."""
        collections = filter(None, map(self._named_by, (POINTER, FILLING)))
        names = {collection.name for collection in collections}
        for path in self._folder.glob(f"{ALIAS}-*"):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)


def _index(shard: edge.EdgeShard) -> None:
    """Index the fields that are not indexed yet: an earlier version of Atende had fewer."""
    for field in _INDEXED:
        index = edge.KeywordIndexParams(is_tenant=field == TENANT, memory=_MEMORY)
        shard.update(edge.UpdateOperation.create_field_index(field, index))

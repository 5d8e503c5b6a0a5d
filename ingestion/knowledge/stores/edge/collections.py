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
from ingestion.knowledge.stores.edge.graph import built
from ingestion.knowledge.stores.edge.store import EdgeStore, Twin
from ingestion.knowledge.stores.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    DRAFTED,
    KIND,
    LETTERS,
    TENANT,
)

#: Names the collection in use.
POINTER = "current.json"
#: Names the collection that is being filled, until it is in use.
FILLING = "filling.json"

#: KiB of vectors that are searched by looking at each, about 20,000 of 384 dimensions: 64 questions
#: take 0.4 s there and 1.9 s at 100,000. More get a graph (HNSW), which takes 0.2 s at 100,000.
INDEX_FROM = 30_000

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
                f"The knowledge base in {folder} is in use by {self._held_by()}. Nothing was "
                f"changed. Hand the work to that process (`atende ingest` does so while "
                f"`atende` runs), or stop it first."
            ) from None
        self._holder.write_text(json.dumps({"pid": os.getpid(), "command": sys.argv[:3]}))
        self._sweep()

    def current(self) -> Collection | None:
        """See `Collections`."""
        return self._pointed(POINTER)

    def create(self, maker: Maker) -> tuple[str, EdgeStore]:
        """See `Collections`."""
        name = new_name(maker)
        path = self._folder / name
        path.mkdir()
        dense = edge.EdgeVectorParams(
            size=maker.dimensions,
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
        self._point(FILLING, name, maker)
        return name, EdgeStore(shard, self._twins(name))

    def unfinished(self, maker: Maker) -> tuple[str, EdgeStore] | None:
        """See `Collections`."""
        filling = self._pointed(FILLING)
        if filling is None or filling.maker != maker or filling == self.current():
            return None
        return filling.name, self.open(filling.name)

    def open(self, name: str) -> EdgeStore:
        """See `Collections`. A graph that a kill prevented is built before."""
        shard = edge.EdgeShard.load(str(self._folder / name))
        shard.optimize()
        return EdgeStore(shard, self._twins(name))

    def promote(self, name: str, maker: Maker) -> None:
        """See `Collections`."""
        self._point(POINTER, name, maker)
        (self._folder / FILLING).unlink(missing_ok=True)

    def close(self) -> None:
        """See `Collections`."""
        self._lock.release()

    def _twins(self, name: str) -> Twin:
        """Replaces a collection by its copy with a graph, each time that it is called."""
        last = [name]

        def replace() -> edge.EdgeShard:
            pointer, maker = self._pointer_at(last[0])
            fresh = new_name(maker)
            built(self._folder / last[0], self._folder / fresh)
            shard = edge.EdgeShard.load(str(self._folder / fresh))  # else the former goes on
            self._point(pointer, fresh, maker)
            shutil.rmtree(self._folder / last[0], ignore_errors=True)
            last[0] = fresh
            return shard

        return replace

    def _pointer_at(self, name: str) -> tuple[str, Maker]:
        """The pointer file that names a collection, and what made its vectors."""
        for pointer in (POINTER, FILLING):
            named = self._pointed(pointer)
            if named is not None and named.name == name:
                return pointer, named.maker
        raise RuntimeError(f"{name} is no collection of this folder any more.")

    def _pointed(self, pointer: str) -> Collection | None:
        path = self._folder / pointer
        if not path.exists():
            return None
        content = json.loads(path.read_text())
        return Collection(content["collection"], Maker.model_validate(content["made"]))

    def _point(self, pointer: str, name: str, maker: Maker) -> None:
        """In one step, whatever is killed: readers see the old content or the new one."""
        draft = self._folder / f"{pointer}.new"
        with draft.open("w") as file:
            json.dump({"collection": name, "made": maker.model_dump()}, file)
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
        pointed = filter(None, map(self._pointed, (POINTER, FILLING)))
        named = {each.name for each in pointed}
        for path in self._folder.glob(f"{ALIAS}-*"):
            if path.name not in named:
                shutil.rmtree(path, ignore_errors=True)

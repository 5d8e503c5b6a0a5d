"""Sets of passages, questions and gold, searchable as a clinic's documents are."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from ingestion.folding import fold
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.search.spell import terms_of
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.ids import chunk_ids
from ingestion.knowledge.stores.store import PointStore

#: The evaluation data, beside the project.
DATA: Final = Path("../shared/data")

#: Whose documents the passages are.
TENANT: Final = "t"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchableSet:
    """A set in an embedded store of its own.

    Attributes:
        knowledge: each passage is a document of one chunk, named by its id.
        store: the same, below phrasing and joining.
        names: documents by the id of their chunk.
        same: for each document the first one that says the same: a set has some passages twice,
            and a search shows one of them.
    """

    knowledge: Knowledge
    store: PointStore
    names: Mapping[str, str]
    same: Mapping[str, str]


@contextmanager
def searchable(
    folder: Path, embedder: Embedder, cache: Path | None = None
) -> Iterator[SearchableSet]:
    """A set's passages, searchable.

    Args:
        folder: of the set, with `passages.jsonl`.
        embedder: the model.
        cache: a folder that keeps the passages' vectors for the next time.
    """
    passages = read(folder / "passages.jsonl")
    chunks = [Chunk(row["text"], "") for row in passages]
    vectors = _vectors(folder.name, [chunk.text for chunk in chunks], embedder, cache)
    with tempfile.TemporaryDirectory() as scratch:
        collections = EdgeCollections(Path(scratch))
        _, store = collections.create(Maker.by(embedder))
        names: dict[str, str] = {}
        for row, chunk, vector in zip(passages, chunks, vectors, strict=True):
            key = chunk_ids(TENANT, row["id"], [chunk])[0]
            names[key] = row["id"]
            store.write(TENANT, row["id"], {key: chunk}, [vector[None]])
        store.complete(TENANT, _record(chunks), frozenset())
        store.tidy()
        with Knowledge(embedder, store, collections) as knowledge:
            yield SearchableSet(knowledge, store, names, _same(passages))


def read(path: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    with path.open() as file:
        return [json.loads(line) for line in file]


def _same(passages: Sequence[Row]) -> dict[str, str]:
    first_ids: dict[str, str] = {}
    for row in passages:
        first_ids.setdefault(fold(row["text"]), row["id"])
    return {row["id"]: first_ids[fold(row["text"])] for row in passages}


def _record(chunks: Sequence[Chunk]) -> IndexedDocument:
    """What an ingestion would leave: the uncommon words."""
    return IndexedDocument(
        name="terms",
        digest="1",
        recipe="",
        origin="",
        title="",
        pages=None,
        chunks=0,
        indexed_at=datetime.now(UTC),
        terms=terms_of(chunks),
    )


def _vectors(name: str, texts: Sequence[str], embedder: Embedder, cache: Path | None) -> Vectors:
    path = cache / f"{name}.p.npy" if cache else None
    if path and path.exists():
        vectors: Vectors = np.load(path)
        return vectors
    vectors = embedder.encode_passages(texts)
    if path:
        np.save(path, vectors)
    return vectors

"""What the embedded store does to be quick changes nothing of what it finds."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from qdrant_edge import EdgeShard

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.edge import collections, store
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.edge.store import EdgeStore
from ingestion.knowledge.stores.query import DEPTH, Candidates, Query

pytestmark = pytest.mark.integration

DIMENSIONS = 16
WORDS = ("jejum", "exame", "coleta", "guia", "retorno", "preparo", "dieta", "raio", "sangue")
MAKER = Maker(embedding="random", dimensions=DIMENSIONS, schema_version=3)


def record(name: str) -> IndexedDocument:
    return IndexedDocument(
        name=name,
        digest="1",
        recipe="",
        origin="",
        title="",
        pages=None,
        chunks=1,
        indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def filled(folder: Path, texts: Sequence[str]) -> EdgeStore:
    """A store with a chunk of clinic `a` for each text, and some of clinic `b`."""
    random = np.random.default_rng(0)
    _, opened = EdgeCollections(folder).create(MAKER)
    for tenant, own in (("a", texts), ("b", texts[:20])):
        for start in range(0, len(own), 20):
            name = f"{start}.md"
            chunks = {
                f"{tenant}{start + place:07d}-0000-0000-0000-000000000000": Chunk(text, "")
                for place, text in enumerate(own[start : start + 20])
            }
            vectors = random.normal(size=(len(chunks), 1, DIMENSIONS)).astype(np.float32)
            opened.write(tenant, name, chunks, list(vectors))
            opened.complete(tenant, record(name), frozenset(chunks))
    return opened


def texts(count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(3, 40))) for _ in range(count)]


def queries() -> list[Query]:
    random = np.random.default_rng(1)
    return [
        Query("a", text, text, random.normal(size=DIMENSIONS).astype(np.float32), names)
        for text in texts(10, 2)
        for names in (frozenset[str](), frozenset({"20.md", "60.md"}))
    ]


def test_the_inverted_index_gives_the_scores_of_a_comparison_one_by_one(tmp_path: Path) -> None:
    filled(tmp_path, texts(200, 0)).close()
    (collection,) = tmp_path.glob("atende-*")
    indexed, scanned = (searched_from(collection, size) for size in (1, 1_000_000))
    assert all(len(each.bm25) == len(each.letters) == DEPTH for each in indexed)
    assert indexed == scanned


def searched_from(collection: Path, size: int) -> list[Candidates]:
    """What is found in a copy of the collection whose index is walked from so many points."""
    copy = collection.with_name(f"copy-{size}")
    shutil.copytree(collection, copy)
    (path,) = copy.glob("segments/*/segment.json")
    setting = f'"full_scan_threshold":{collections.SCANNED}'
    assert path.read_text().count(setting) == 2  # as the collection was made, for both indexes
    path.write_text(path.read_text().replace(setting, f'"full_scan_threshold":{size}'))
    opened = EdgeStore(EdgeShard.load(str(copy)), lambda: pytest.fail("nothing to replace"))
    candidates = opened.candidates(queries())
    opened.close()
    return candidates


def test_many_questions_are_asked_in_calls_of_a_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = filled(tmp_path, texts(60, 0))
    few = opened.candidates(queries())
    monkeypatch.setattr(store, "AT_ONCE", 1000)
    assert opened.candidates(queries()) == few
    assert len(few) == len(queries())
    opened.close()


def test_a_payload_that_was_read_follows_every_change(tmp_path: Path) -> None:
    opened = filled(tmp_path, ["um", "dois"])
    first, second = sorted(opened.stored_ids("a", "0.md"))
    assert opened.payloads([first, second])[first]["text"] == "um"
    vectors = [np.ones((1, DIMENSIONS), np.float32)]
    opened.write("a", "0.md", {first: Chunk("três", "")}, vectors)
    assert opened.payloads([first, second])[first]["text"] == "três"
    opened.complete("a", record("0.md"), frozenset({first}))
    assert set(opened.payloads([first, second])) == {first}
    opened.close()

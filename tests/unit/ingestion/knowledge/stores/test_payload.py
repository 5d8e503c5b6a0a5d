"""Chunks and records as payloads, and back."""

from datetime import UTC, datetime

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.stores.payload import (
    chunk_payload,
    record_payload,
    to_chunk,
    to_document,
)

CHUNK = Chunk("texto", "Título", ("a", "b"), 2, "Título > a > b")
RECORD = IndexedDocument(
    name="a.md",
    digest="00",
    recipe="1",
    origin="/docs",
    title="A",
    pages=None,
    chunks=1,
    indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_payloads_come_back_as_they_were() -> None:
    assert to_chunk(chunk_payload("t", "a.md", CHUNK)) == CHUNK
    assert to_document(record_payload("t", RECORD)) == RECORD

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


def test_rows_of_the_former_schema_are_known_by_their_form() -> None:
    rows = chunk_payload(
        "t", "a.csv", Chunk("Exame: Holter; Preço: 270\nExame: MAPA; Preço: 9", "")
    )
    prose = chunk_payload("t", "a.md", CHUNK)
    for payload in (rows, prose):
        del payload["is_table"]
    assert to_chunk(rows).is_table
    assert not to_chunk(prose).is_table

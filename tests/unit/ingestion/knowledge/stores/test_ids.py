"""Ids that follow from what a point is."""

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.stores.ids import chunk_ids, record_id

CHUNK = Chunk("texto", "Título", ("a", "b"), 2, "Título > a > b")


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


def test_rows_have_other_vectors_than_running_text_and_so_another_id() -> None:
    text = "Exame: Holter; Preço: R$ 270\nExame: MAPA; Preço: R$ 260"
    running, rows = Chunk(text, ""), Chunk(text, "", is_table=True)
    assert chunk_ids("a", "precos.csv", [running]) != chunk_ids("a", "precos.csv", [rows])

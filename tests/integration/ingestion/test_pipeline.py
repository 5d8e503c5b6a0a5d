import subprocess
import sys
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.pipeline import ingest_path
from ingestion.report import Event, Report, Status
from ingestion.settings import IngestionSettings
from tests.integration.ingestion.conftest import SETTINGS, target

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

INGEST = """
import os, signal, sys
from pathlib import Path
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings

steps = int(sys.argv[3])

def progress(event):
    global steps
    steps -= 1
    if steps < 0:
        os.kill(os.getpid(), signal.SIGKILL)

settings = IngestionSettings(data_dir=Path(sys.argv[2]), chunk_tokens=64)
with open_knowledge(settings) as knowledge:
    ingest_path(Path(sys.argv[1]), Target("a", knowledge, settings), progress)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small clinic's documents."""
    folder = tmp_path / "docs"
    (folder / "exames").mkdir(parents=True)
    (folder / "horarios.md").write_text("# Horários\n\nDas 8h às 18h.\n\n## Sábados\n\nAté 12h.\n")
    (folder / "exames" / "preco.csv").write_text("exame;preço\nHolter;R$ 90\nMAPA;R$ 80\n")
    (folder / "faq.csv").write_text("pergunta,resposta\nTem vaga?,Sim.\nTem café?,Não.\n")
    return folder


def became(report: Report) -> dict[str, Status]:
    return {row.name: row.status for row in report.rows}


def test_a_folder_is_brought_up_to_date_step_by_step(folder: Path, knowledge: Knowledge) -> None:
    first = ingest_path(folder, target(knowledge))
    assert became(first) == {
        "exames/preco.csv": Status.NEW,
        "faq.csv": Status.NEW,
        "horarios.md": Status.NEW,
    }
    assert first.chunks == 5
    again = ingest_path(folder, target(knowledge))
    assert set(became(again).values()) == {Status.UNCHANGED}
    assert again.version == first.version == knowledge.store.version("a")

    (folder / "horarios.md").write_text("# Horários\n\nDas 7h às 19h.\n")
    (folder / "faq.csv").unlink()
    (folder / "preparo.txt").write_text("Jejum de oito horas.")
    third = ingest_path(folder, target(knowledge))
    assert became(third) == {
        "exames/preco.csv": Status.UNCHANGED,
        "horarios.md": Status.CHANGED,
        "preparo.txt": Status.NEW,
        "faq.csv": Status.REMOVED,
    }
    assert third.version != first.version
    texts = {each.text for each in knowledge.search([("a", "Qual o horário?")], 9)[0]}
    assert texts == {
        "Das 7h às 19h.",
        "Jejum de oito horas.",
        "exame: Holter; preço: R$ 90\nexame: MAPA; preço: R$ 80",
    }


def test_a_file_that_cannot_be_read_fails_alone_and_keeps_what_was_known(
    folder: Path, knowledge: Knowledge
) -> None:
    ingest_path(folder, target(knowledge))
    (folder / "horarios.md").write_bytes(b"\x00\xff\x81")
    (folder / "scan.pdf").write_bytes(b"no pdf")
    (folder / "foto.png").write_bytes(b"x")
    report = ingest_path(folder, target(knowledge))
    rows = {row.name: row for row in report.rows}
    assert rows["horarios.md"].status is rows["scan.pdf"].status is Status.FAILED
    assert rows["horarios.md"].reason.endswith("What was known from it before is kept.")
    assert rows["foto.png"].status is Status.SKIPPED
    assert report.exit_code == 1
    assert "Das 8h às 18h.\nSábados\nAté 12h." in {
        each.text for each in knowledge.search([("a", "Qual o horário?")], 3)[0]
    }


def test_what_was_not_read_of_a_file_is_said_and_read_again_once_it_can_be(
    folder: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = FPDF()
    pages.set_font("Helvetica", size=11)
    pages.add_page()
    pages.cell(text="Venha em jejum.")
    pages.add_page()
    pages.image(Image.new("L", (100, 100), 128), w=100)
    (folder / "misto.pdf").write_bytes(bytes(pages.output()))
    monkeypatch.setattr("ingestion.recipe.tesseract_data", lambda _: ("", ""))
    report = ingest_path(folder, target(knowledge))
    row = next(row for row in report.rows if row.name == "misto.pdf")
    assert row.status is Status.NEW
    assert row.is_partly_read
    assert row.reason.startswith("Page 2 was not read")
    assert (report.partly, report.exit_code) == (1, 0)
    rows = ingest_path(folder, target(knowledge)).rows
    row = next(row for row in rows if row.name == "misto.pdf")
    assert (row.status, row.is_partly_read) == (Status.UNCHANGED, True)
    monkeypatch.setattr("ingestion.recipe.tesseract_data", lambda _: ("/usr/share/tessdata", "por"))
    became_now = became(ingest_path(folder, target(knowledge)))
    assert became_now.pop("misto.pdf") is Status.CHANGED
    assert set(became_now.values()) == {Status.UNCHANGED}


def test_a_file_too_large_fails_and_keeps_what_was_known(
    folder: Path, knowledge: Knowledge
) -> None:
    ingest_path(folder, target(knowledge))
    (folder / "horarios.md").write_bytes(b"x" * ((SETTINGS.max_file_mb << 20) + 1))
    report = ingest_path(folder, target(knowledge))
    row = next(row for row in report.rows if row.name == "horarios.md")
    assert row.status is Status.FAILED
    assert row.reason.endswith("What was known from it before is kept.")
    assert report.exit_code == 1


def test_a_file_alone_keeps_its_name_and_the_others(folder: Path, knowledge: Knowledge) -> None:
    ingest_path(folder, target(knowledge))
    report = ingest_path(folder / "exames" / "preco.csv", target(knowledge))
    assert became(report) == {"exames/preco.csv": Status.UNCHANGED}
    (folder / "exames" / "preco.csv").unlink()
    (folder / "exames" / "novo.md").write_text("Novo exame.")
    assert became(ingest_path(folder / "exames", target(knowledge))) == {
        "exames/novo.md": Status.NEW,
        "exames/preco.csv": Status.REMOVED,
    }
    assert len(knowledge.store.documents("a")) == 3


def test_an_empty_folder_removes_nothing(folder: Path, knowledge: Knowledge) -> None:
    ingest_path(folder, target(knowledge))
    for file in [*folder.glob("*.*"), *folder.glob("*/*")]:
        file.unlink()
    report = ingest_path(folder, target(knowledge))
    assert report.exit_code == 1
    assert "network drive" in report.rows[0].reason
    assert len(knowledge.store.documents("a")) == 3


def test_again_reads_unchanged_files_too(folder: Path, knowledge: Knowledge) -> None:
    ingest_path(folder, target(knowledge))
    report = ingest_path(folder, target(knowledge), reread=True)
    assert set(became(report).values()) == {Status.CHANGED}


def test_events_tell_every_step(folder: Path, knowledge: Knowledge) -> None:
    events: list[Event] = []
    report = ingest_path(folder, target(knowledge), events.append)
    assert [event.row for event in events if event.row] == list(report.rows)
    assert events[-1].done == events[-1].total == 3
    assert max(event.chunks_total for event in events) == 2


def test_nothing_there_is_said(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(FileNotFoundError):
        ingest_path(tmp_path / "none", target(knowledge))


@pytest.mark.parametrize("steps", [2, 4, 7])
def test_a_killed_ingestion_ends_the_same_when_repeated(
    folder: Path, tmp_path: Path, steps: int
) -> None:
    def texts(data: Path) -> tuple[str, set[str]]:
        settings = IngestionSettings(data_dir=data, chunk_tokens=64)
        with open_knowledge(settings) as knowledge:
            version = ingest_path(folder, target(knowledge)).version
            return version, {each.id for each in knowledge.search([("a", "vaga")], 50)[0]}

    killed = subprocess.run(
        [sys.executable, "-c", INGEST, str(folder), str(tmp_path / "killed"), str(steps)],
        check=False,
    )
    assert killed.returncode == -9
    assert texts(tmp_path / "killed") == texts(tmp_path / "whole")

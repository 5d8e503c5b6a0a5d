"""`atende ingest` without a stack, which opens the knowledge base itself."""

from pathlib import Path

import pytest
from rich.console import Console

from workers.commands import documents
from workers.commands.ingest import Ingestion, ingest
from workers.commands.support.errors import CommandError
from workers.stack.settings import LocalSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "horarios.md").write_text("# Horários\n\nDas 8h às 18h.\n", "utf-8")
    return folder


def ingestion(folder: Path, **settings: object) -> Ingestion:
    local = LocalSettings.model_validate({"data_dir": folder.parent / "data", **settings})
    return Ingestion(local, "a", Console(stderr=True))


def test_the_exit_code_is_1_where_a_file_could_not_be_read(folder: Path) -> None:
    ingest = ingestion(folder)
    assert ingest(folder) == 0
    (folder / "scan.pdf").write_bytes(b"no pdf")
    assert ingest.rebuild(folder) == 1


def test_a_plan_makes_no_knowledge_base_and_loads_no_model(folder: Path) -> None:
    assert ingestion(folder, embedding="/no/model").plan(folder) == 0
    assert [path.name for path in folder.parent.iterdir()] == ["docs"]


def test_a_path_that_does_not_exist_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        ingestion(folder).rebuild(folder / "nowhere")


# -- validity -----------------------------------------------------------------------------------


@pytest.fixture
def of_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that are typed beside the folder."""
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("COLUMNS", "200")


def typed(path: Path, valid_from: str | None = None, valid_until: str | None = None) -> int:
    with pytest.raises(SystemExit) as end:
        ingest(path, valid_from=valid_from, valid_until=valid_until)
    return int(str(end.value.code))


@pytest.mark.usefixtures("of_the_folder")
def test_a_document_goes_out_of_force_and_comes_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "horarios.md"
    assert typed(file, valid_until="31/12/2020") == 0
    assert "2020-12-31 was its last day" in capsys.readouterr().out
    documents.show_all()
    listing = capsys.readouterr().out
    assert "until 2020-12-31" in listing
    assert "1 documents, 1 out of force, 1 chunks" in listing
    documents.restore("horarios.md")
    assert "still out of force: until 2020-12-31. Ingest its file" in " ".join(
        capsys.readouterr().out.split()
    )
    assert typed(file, valid_until="none") == 0
    documents.retire("horarios.md")
    assert "`atende documents restore horarios.md` brings it back" in capsys.readouterr().out
    documents.show("horarios.md")
    assert "retired" in capsys.readouterr().out
    documents.restore("horarios.md")
    assert "questions are answered from it" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        documents.retire("horario.md")
    assert "Similar names: horarios.md" in capsys.readouterr().err


@pytest.mark.usefixtures("of_the_folder")
def test_who_retires_the_newer_edition_is_told_that_the_older_one_is_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "horarios-2020.md").write_text("# Horários 2020\n\nDas 9h às 12h.\n", "utf-8")
    assert typed(folder) == 0
    documents.retire("horarios.md")
    assert "takes the place of horarios-2020.md: that is searched" in capsys.readouterr().out
    documents.retire("horarios-2020.md")
    assert "takes the place" not in capsys.readouterr().out


@pytest.mark.usefixtures("of_the_folder")
def test_validity_is_said_of_one_file_and_must_make_sense(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(folder, valid_from="2026-01-01") == 1
    assert "of a single file" in capsys.readouterr().err
    assert typed(folder / "horarios.md", valid_from="amanhã") == 1
    assert "'amanhã' is no date" in capsys.readouterr().err

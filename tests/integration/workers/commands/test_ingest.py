"""`atende ingest` without a stack, which opens the knowledge base itself."""

from pathlib import Path

import pytest
from rich.console import Console

from workers.commands.ingest import Ingestion
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

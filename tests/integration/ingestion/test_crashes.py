"""Ingestions killed in the middle by the kernel: whatever was at work, a repeat ends the same."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingestion.knowledge.base import open_knowledge
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.payload import KIND, RECORD
from ingestion.knowledge.stores.points import Everywhere
from ingestion.pipeline import ingest_path
from ingestion.settings import IngestionSettings
from tests.integration.ingestion.conftest import target

pytestmark = [pytest.mark.integration, pytest.mark.drill]

#: Ingests, and dies at the n-th write of points, before it or after it.
INGEST = """
import os, signal, sys
from pathlib import Path
from ingestion.knowledge.stores.edge import collections, store as edge
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings

folder, data, left, rebuild = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "rebuild"

def dying(method):
    def call(self, *args):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        method(self, *args)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return call

edge.EdgeStore._upsert = dying(edge.EdgeStore._upsert)
edge.EdgeStore._remove = dying(edge.EdgeStore._remove)
if sys.argv[4] == "graph":
    edge.BUILD_FROM = 3
    build = collections.build_copy
    def build_copy(*folders):
        build(*folders)
        os.kill(os.getpid(), signal.SIGKILL)
    collections.build_copy = build_copy
settings = IngestionSettings(data_dir=Path(data), chunk_tokens=64)
with open_knowledge(settings, rebuild=rebuild) as knowledge:
    ingest_path(Path(folder), Target("a", knowledge, settings), reread=rebuild)
print(left)
"""


def settings(data: Path) -> IngestionSettings:
    return IngestionSettings(data_dir=data, chunk_tokens=64)


def run(folder: Path, data: Path, dies: int = -1, mode: str = "") -> int:
    """Ingest in a process of its own; its exit code."""
    command = [sys.executable, "-c", INGEST, str(folder), str(data), str(dies), mode]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode


def everything(data: Path) -> tuple[str, dict[str, Any]]:
    """The tenant's version, and every point with its payload and vectors."""
    with open_knowledge(settings(data)) as knowledge:
        version = knowledge.store.version("a")
    collections = EdgeCollections(data / "knowledge")
    current = collections.current()
    assert current is not None
    store = collections.open(current[0])
    points = {}
    for key, payload in store._scroll(Everywhere()):  # noqa: SLF001 - all there is
        if payload[KIND] == RECORD:
            payload["record"]["indexed_at"] = ""
        vectors = store._vectors([key])[key][1]  # noqa: SLF001 - likewise
        dense = np.round(vectors.get("dense", []), 2).tolist()
        points[key] = json.dumps([payload, dense, len(vectors)], sort_keys=True)
    store.close()
    collections.close()
    return version, points


def write_documents(folder: Path) -> None:
    """The documents as they are at first."""
    (folder / "exames").mkdir(parents=True)
    many = [f"## Exame {n}\n\nO exame {n} pede {n} horas de jejum." for n in range(20)]
    (folder / "exames" / "preparo.md").write_text("# Preparo\n\n" + "\n\n".join(many))
    (folder / "horarios.md").write_text("# Horários\n\nDas 8h às 18h.\n\n## Sábados\n\nAté 12h.\n")
    (folder / "antigo.txt").write_text("Aceitamos o convênio Aroeira.")
    (folder / "vagas.txt").write_text("Há vinte vagas de estacionamento.")


def change_documents(folder: Path) -> None:
    """What the clinic does to them: changed, renamed, removed, added."""
    changed = [f"## Exame {n}\n\nO exame {n} pede {n} horas de jejum." for n in range(10, 30)]
    (folder / "exames" / "preparo.md").write_text("# Preparo\n\n" + "\n\n".join(changed))
    (folder / "antigo.txt").rename(folder / "convenios.txt")
    (folder / "vagas.txt").unlink()
    (folder / "novo.txt").write_text("A recepção fecha às 19h.")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a run that nothing disturbs ends in, after both states of the folder."""
    base = tmp_path_factory.mktemp("whole")
    folder = base / "docs"
    write_documents(folder)
    assert run(folder, base / "data") == 0
    change_documents(folder)
    assert run(folder, base / "data") == 0
    version, points = everything(base / "data")
    return version, {key: each.replace(str(folder), "") for key, each in points.items()}


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_ingestion_ends_as_if_nothing_had_happened(
    tmp_path: Path, undisturbed: tuple[str, dict[str, Any]], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - it kills, it hides nothing
    folder, data = tmp_path / "docs", tmp_path / "data"
    write_documents(folder)
    assert run(folder, data, dice.randint(1, 12)) == -signal.SIGKILL
    assert run(folder, data) == 0
    change_documents(folder)
    while run(folder, data, dice.randint(1, 30)) == -signal.SIGKILL:
        pass
    version, points = everything(data)
    assert version == undisturbed[0]
    assert {key: each.replace(str(folder), "") for key, each in points.items()} == undisturbed[1]


def test_what_a_kill_left_of_a_file_that_then_changes_back_goes(
    tmp_path: Path,
) -> None:
    folder, data = tmp_path / "docs", tmp_path / "data"
    write_documents(folder)
    assert run(folder, data) == 0
    before = everything(data)
    page = (folder / "exames" / "preparo.md").read_text()
    (folder / "exames" / "preparo.md").write_text(page.replace("pede", "não pede"))
    (folder / "novo.txt").write_text("A recepção fecha às 19h.")
    assert run(folder, data, 8) == -signal.SIGKILL
    assert everything(data)[1].keys() > before[1].keys()
    (folder / "exames" / "preparo.md").write_text(page)
    (folder / "novo.txt").unlink()
    assert run(folder, data) == 0
    assert everything(data) == before


def test_a_killed_rebuild_leaves_the_old_collection_and_goes_on(tmp_path: Path) -> None:
    folder, data = tmp_path / "docs", tmp_path / "data"
    write_documents(folder)
    assert run(folder, data) == 0
    before, serving = everything(data), _serving(data)
    assert run(folder, data, 6, "rebuild") == -signal.SIGKILL
    assert (_serving(data), everything(data)) == (serving, before)
    half = {path.name for path in (data / "knowledge").glob("atende-*")} - {serving}
    assert run(folder, data, mode="rebuild") == 0
    assert half == {_serving(data)}
    assert everything(data) == before


def test_a_kill_while_the_graph_is_built_leaves_what_was_written(tmp_path: Path) -> None:
    folder, data = tmp_path / "docs", tmp_path / "data"
    write_documents(folder)
    assert run(folder, data, mode="graph") == -signal.SIGKILL
    assert len(list((data / "knowledge").glob("atende-*"))) == 2
    assert run(folder, data) == 0
    assert len(list((data / "knowledge").glob("atende-*"))) == 1
    assert run(folder, tmp_path / "whole") == 0
    assert everything(data) == everything(tmp_path / "whole")


def test_a_process_killed_at_any_time_loses_nothing(tmp_path: Path) -> None:
    folder, data = tmp_path / "docs", tmp_path / "data"
    write_documents(folder)
    command = [sys.executable, "-c", INGEST, str(folder), str(data), "-1", ""]
    for seconds in (0.8, 1.5):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            time.sleep(seconds)
            process.kill()
    with open_knowledge(settings(data)) as knowledge:
        assert ingest_path(folder, target(knowledge)).exit_code == 0
        assert len(knowledge.store.documents("a")) == 4
    again = tmp_path / "again"
    assert run(folder, again) == 0
    assert everything(data) == everything(again)


def _serving(data: Path) -> str:
    collections = EdgeCollections(data / "knowledge")
    current = collections.current()
    collections.close()
    assert current is not None
    assert isinstance(current[1], Maker)
    return current[0]

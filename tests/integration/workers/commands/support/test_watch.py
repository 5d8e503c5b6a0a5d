"""Watching a folder, with the system's real notices of changed files."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console

from workers.commands.support import watch as watch_module
from workers.commands.support.errors import CommandError
from workers.commands.support.watch import watch
from workers.jobs.errors import JobError

pytestmark = pytest.mark.integration


class Script:
    """An `Ingest` that notes each path, and lets a test do the next thing each time."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.paths: list[Path] = []

    def __call__(self, path: Path) -> int:
        self.paths.append(path)
        self.steps.pop(0)()
        return 0


def ctrl_c() -> None:
    raise KeyboardInterrupt


def nothing() -> None:
    """The change comes by itself."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_STILL_SECONDS", 0.3)
    monkeypatch.setattr(watch_module, "_NEXT_TRY_SECONDS", 0.2)
    monkeypatch.setattr(watch_module, "_NEXT_LOOK_MS", 50)


def run_watch(folder: Path, script: Script) -> str:
    out = io.StringIO()
    assert watch(folder, script, Console(file=out, width=200)) == 0
    return out.getvalue()


def test_the_folder_first_and_then_what_changes(tmp_path: Path) -> None:
    def write() -> None:
        (tmp_path / "a.md").write_text("a")
        (tmp_path / "~$a.docx").write_text("lock")
        (tmp_path / "b.pdf.crdownload").write_text("half")

    script = Script(write, (tmp_path / "a.md").unlink, ctrl_c)
    output = run_watch(tmp_path, script)
    assert script.paths == [tmp_path, tmp_path / "a.md", tmp_path]
    assert "Stopped watching" in output


def test_a_whole_folder_that_is_moved_in_and_out_is_noticed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "docs"
    (outside / "exames").mkdir(parents=True)
    (outside / "exames" / "a.md").write_text("a")
    root.mkdir()
    script = Script(
        lambda: Path(outside / "exames").rename(root / "exames"),
        lambda: Path(root / "exames").rename(outside / "exames"),
        ctrl_c,
    )
    run_watch(root, script)
    assert script.paths == [root, root, root]


def test_where_the_stack_is_away_the_change_is_tried_again(tmp_path: Path) -> None:
    def away() -> None:
        raise JobError("The stack ended at a[/b].md.")

    script = Script(lambda: (tmp_path / "a.md").write_text("a"), away, ctrl_c)
    output = run_watch(tmp_path, script)
    assert script.paths[1:] == [tmp_path / "a.md"] * 2
    assert "The stack ended at a[/b].md." in output
    assert "tried again" in output


def test_a_file_that_is_still_written_at_the_start_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("first half, ")

    def finish() -> None:
        time.sleep(0.2)
        with file.open("a") as out:
            out.write("second half")

    writer = Thread(target=finish)
    writer.start()
    contents: list[str] = []

    def read() -> None:
        contents.append(file.read_text())
        raise KeyboardInterrupt

    run_watch(tmp_path, Script(read))
    writer.join()
    assert contents == ["first half, second half"]


def test_only_a_folder_can_be_watched(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        watch(tmp_path / "a.md", Script(), Console(file=io.StringIO()))

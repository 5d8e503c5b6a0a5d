"""Uploaded files become the rows of their backfills, whatever happens to whoever reads them."""

import json
import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.rounds_bench import RoundsBench
from workers.channels.backfill import file_reader
from workers.channels.backfill.file_reader import FOLDER_PREFIX, ReadingLimits
from workers.channels.backfill.file_reading import FileReading, remove_left_folders
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillState

pytestmark = pytest.mark.integration
ROWS = 1_234
CSV = "id;pergunta\n" + "".join(f"{n};Quanto custa o exame {n}?\n" for n in range(ROWS))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def upload(bench: RoundsBench, data: bytes = CSV.encode(), **options: str) -> Backfill:
    backfill, _ = bench.store.create("clinica", "x", "x.csv", BackfillPlan(), reading=True)
    assert bench.store.put_file("clinica", backfill.id, "x.csv", data, json.dumps(options))
    return backfill


def read_whole(bench: RoundsBench, backfill: Backfill) -> Backfill:
    """Go round until the file is read."""
    end = time.monotonic() + 60
    while bench.read(backfill).state is BackfillState.READING:
        assert time.monotonic() < end
        bench.turn()
        bench.files.join(0.2)
    return bench.read(backfill)


def lease_ends(bench: RoundsBench, backfill: Backfill) -> None:
    bench.redis.hset(keys.backfill(backfill.id), "file_until", 0)


def test_a_file_is_read_and_its_rows_are_asked(bench: RoundsBench) -> None:
    backfill = upload(bench, CSV.encode() + b"9999;bom dia\n9998;\n")
    now = read_whole(bench, backfill)
    assert (now.state, now.rows + sum(now.left_out.values())) == (BackfillState.RUNNING, ROWS + 2)
    assert any("pergunta" in value.lower() for _, value in now.guesses)
    assert now.left == ROWS
    bench.turn()
    assert bench.lane() == bench.settings.backfill_ahead
    assert not bench.redis.exists(keys.backfill_file(backfill.id))


def test_a_file_of_nothing_is_done_or_unreadable_and_never_stuck(bench: RoundsBench) -> None:
    now = read_whole(bench, upload(bench, b"\x00\x01\x02" * 1000))
    assert now.state in {BackfillState.UNREADABLE, BackfillState.DONE}
    assert now.rows == now.failed


def test_why_a_file_cannot_be_read_is_said(bench: RoundsBench) -> None:
    now = read_whole(bench, upload(bench, question_column="Inexistente"))
    assert now.state is BackfillState.UNREADABLE
    assert "Inexistente" in now.error
    assert FOLDER_PREFIX not in now.error
    assert bench.store.running() == []


def test_a_file_that_breaks_its_reader_harms_no_other_backfill(
    bench: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reader, "_CHILD", "tests.hostile_reader")
    bad = upload(bench, b"crash")
    good = bench.make(5, name="y")
    now = read_whole(bench, bad)
    assert (now.state, now.open) == (BackfillState.UNREADABLE, 0)
    assert "SIGSEGV" in now.error
    assert bench.read(good).open == 5


def test_more_rows_than_a_clinic_may_keep_are_refused_in_words(
    bench: RoundsBench, tmp_path: Path
) -> None:
    settings = bench.settings.model_copy(update={"backfill_rows": 700})
    bench = RoundsBench(bench.redis, settings, tmp_path)
    now = read_whole(bench, upload(bench))
    assert now.state is BackfillState.UNREADABLE
    assert "ATENDE_BACKFILL_ROWS" in now.error
    assert bench.lane() == 0


def test_what_was_asked_before_is_collected_while_another_file_is_read(bench: RoundsBench) -> None:
    backfill = bench.make(3)
    bench.turn()
    bench.store.put_file("clinica", backfill.id, "x.csv", CSV.encode())
    assert bench.store.take_file(backfill.id, "another", 60)
    bench.settle(bench.claim(2))
    bench.turn()
    now = bench.read(backfill)
    assert (now.state, now.answered, now.open) == (BackfillState.READING, 2, 1)


def test_while_one_file_is_read_another_waits(bench: RoundsBench) -> None:
    first = upload(bench)
    second, _ = bench.store.create("clinica", "z", "z.csv", BackfillPlan(), reading=True)
    bench.store.put_file("clinica", second.id, "z.csv", CSV.encode())
    assert bench.files.begin(bench.read(first))
    assert not bench.files.begin(bench.read(second))
    bench.files.join(60)
    assert read_whole(bench, second).rows == ROWS


def test_a_worker_that_is_killed_in_the_middle_leaves_it_to_another(bench: RoundsBench) -> None:
    backfill = upload(bench)
    child = os.fork()
    if child == 0:
        bench.redis.connection_pool.disconnect()
        file = bench.store.take_file(backfill.id, "dies", 60)
        assert file is not None
        real = bench.store.add_rows

        def once(*args: object) -> object:
            real(*args)  # type: ignore[arg-type]
            os._exit(9)

        bench.store.add_rows = once  # type: ignore[method-assign,assignment]
        FileReading(bench.store, "dies", ReadingLimits()).read(backfill, file)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert 0 < bench.read(backfill).rows < ROWS
    bench.turn()
    assert bench.lane() == 0  # nothing is asked before all is read
    lease_ends(bench, backfill)
    now = read_whole(bench, backfill)
    assert (now.rows, now.state) == (ROWS, BackfillState.RUNNING)


def test_whoever_has_lost_a_file_writes_nothing_more(bench: RoundsBench) -> None:
    backfill = upload(bench)
    file = bench.store.take_file(backfill.id, "slow", 60)
    assert file is not None
    lease_ends(bench, backfill)
    assert bench.store.take_file(backfill.id, "other", 60)
    FileReading(bench.store, "slow", ReadingLimits()).read(backfill, file)
    assert bench.read(backfill).rows == 0
    assert bench.read(backfill).state is BackfillState.READING


def test_one_that_is_cancelled_or_erased_meanwhile_is_left(bench: RoundsBench) -> None:
    backfill = upload(bench)
    file = bench.store.take_file(backfill.id, "w1", 60)
    assert file is not None
    bench.store.erase("clinica", backfill.id)
    bench.files.read(backfill, file)
    assert bench.store.get("clinica", backfill.id) is None


def test_files_that_a_killed_worker_left_are_removed(tmp_path: Path) -> None:
    old = Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}old"
    new = Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "x.csv").write_text("Qual o jejum?", "utf-8")
    os.utime(old, (0, 0))
    assert remove_left_folders() == 1
    assert not old.exists()
    assert new.exists()
    assert tmp_path.exists()

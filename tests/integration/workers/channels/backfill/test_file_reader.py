"""Uploaded files are read by a child process, which may break as it likes."""

import tempfile
import time
from pathlib import Path

import pytest

from workers.channels.backfill import file_reader
from workers.channels.backfill.file_reader import (
    FileReadError,
    ReadingLimits,
    ReadingStoppedError,
    read_file,
)

pytestmark = pytest.mark.integration
QUICK = ReadingLimits(seconds=0.5)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "_CHILD", "tests.hostile_reader")


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("crash", "SIGSEGV"),
        ("exit", "exit code 3"),
        ("hang", "0.5 s"),
        ("flood", "64 MiB"),
        ("garbage", "no list of questions"),
        ("list", "no list of questions"),
        ("no rows", "no list of questions"),
        ("no counts", "no list of questions"),
    ],
)
def test_whatever_a_file_does_to_its_reader_is_said_in_words(
    deed: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(FileReadError, match=words) as caught:
        list(read_file(deed.encode(), "x.csv", {}, QUICK))
    assert "Nothing was asked" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("hostile")
def test_a_child_that_neither_speaks_nor_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "MARGIN_SECONDS", 0.1)
    with pytest.raises(FileReadError, match=r"longer than 0\.5 s"):
        list(read_file(b"hang without an alarm", "x.csv", {}, QUICK))


@pytest.mark.usefixtures("hostile")
def test_a_file_without_end_has_one() -> None:
    with pytest.raises(FileReadError, match="longer than 1 s"):
        for _ in read_file(b"endless", "x.csv", {}, ReadingLimits(seconds=0.05)):
            pass


@pytest.mark.usefixtures("hostile")
def test_a_child_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", "mute")
    with pytest.raises(FileReadError, match="did not start"):
        list(read_file(b"exit", "x.csv", {}, QUICK))


@pytest.mark.usefixtures("hostile")
def test_a_worker_that_stops_does_not_wait_for_it() -> None:
    begun = time.monotonic()
    with pytest.raises(ReadingStoppedError):
        list(read_file(b"hang without an alarm", "x.csv", {}, ReadingLimits(), lambda: True))
    assert time.monotonic() - begun < 30

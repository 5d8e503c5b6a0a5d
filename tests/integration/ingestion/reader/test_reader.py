"""The process that opens files: what happens to it happens to one file alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from fpdf import FPDF

from ingestion.parsing.document import Document, Prose
from ingestion.parsing.errors import (
    EmptyDocumentError,
    ParserDiedError,
    TookTooLongError,
    TooLargeError,
    TooManyPagesError,
    TooMuchMemoryError,
    UnreadableFileError,
)
from ingestion.parsing.limits import Limits
from ingestion.reader.reader import Reader

pytestmark = pytest.mark.integration

#: Reads a file for as long as it takes, and says the reading process' id before.
PARENT = """
import sys
from pathlib import Path
from ingestion.parsing.limits import Limits
from ingestion.reader.reader import Reader

reader = Reader(Limits())
reader.read(b"oi", "a.txt")
print(reader.pid, flush=True)
if sys.argv[2] == "busy":
    while True:
        reader.read(Path(sys.argv[1]), "a.pdf")
sys.stdin.read()
"""


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest.fixture(scope="module")
def long_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 pages of text, as a handbook has them."""
    file = FPDF()
    file.set_font("Helvetica", size=10)
    for number in range(1, 501):
        file.add_page()
        for line in range(30):
            file.text(20, 20 + 8 * line, f"Texto da página {number}. " * 4)
    path = tmp_path_factory.mktemp("long") / "manual.pdf"
    path.write_bytes(bytes(file.output()))
    return path


def test_a_file_is_read_in_another_process_which_is_kept(reader: Reader) -> None:
    assert reader.pid == 0
    assert reader.read(b"# Oi\n\nSim.", "a.md") == Document("Oi", (Prose("Sim."),))
    first = reader.pid
    assert first not in {0, os.getpid()}
    with pytest.raises(EmptyDocumentError):
        reader.read(b"", "a.md")
    reader.read(b"Sim.", "b.txt")
    assert reader.pid == first
    reader.close()
    assert not psutil.pid_exists(first)
    assert reader.read(b"Sim.", "b.txt").sections  # starts again


def test_nothing_of_the_environment_but_paths_goes_to_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATENDE_SECRET", "x" * 40)
    reader.read(b"Sim.", "a.txt")
    assert not [key for key in psutil.Process(reader.pid).environ() if key.startswith("ATENDE_")]


def test_five_hundred_pages_are_read_in_little_memory(reader: Reader, long_pdf: Path) -> None:
    document = reader.read(long_pdf, "manual.pdf")
    assert document.pages == 500
    assert [each.page for each in document.sections] == list(range(1, 501))
    assert psutil.Process(reader.pid).memory_info().rss < 300 << 20


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(
    reader: Reader, long_pdf: Path
) -> None:
    reader.limits = Limits(seconds=0.5)
    started = time.monotonic()
    with pytest.raises(TookTooLongError, match=r"0\.5 s that ATENDE_PARSE_SECONDS"):
        reader.read(long_pdf, "manual.pdf")
    assert time.monotonic() - started < 5
    assert reader.read(b"Sim.", "a.txt").sections


def test_a_process_that_does_not_even_hear_its_alarm_is_killed(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.reader.reader.MARGIN_SECONDS", 0.5)
    reader.limits = Limits(seconds=0.5)
    reader.read(b"Sim.", "a.txt")
    os.kill(reader.pid, signal.SIGSTOP)
    with pytest.raises(TookTooLongError):
        reader.read(b"Sim.", "a.txt")
    assert reader.read(b"Sim.", "a.txt").sections


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_process_that_dies_on_a_file_costs_that_file(
    reader: Reader, long_pdf: Path, number: signal.Signals
) -> None:
    reader.read(b"Sim.", "a.txt")
    killer = threading.Timer(0.3, os.kill, (reader.pid, number))
    killer.start()
    with pytest.raises(ParserDiedError, match=number.name):
        reader.read(long_pdf, "manual.pdf")
    killer.join()
    assert reader.read(b"Sim.", "a.txt").sections


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds it")
def test_a_file_that_needs_too_much_memory_is_refused() -> None:
    with Reader(Limits(memory_mb=160)) as reader:
        assert reader.read(b"Sim.", "a.txt").sections
        with pytest.raises((TooMuchMemoryError, ParserDiedError), match="ATENDE_PARSE_MEMORY_MB"):
            reader.read(b"[" + b'{"a": "b"},' * 2_000_000 + b"{}]", "a.json")
        assert reader.read(b"Sim.", "a.txt").sections


def test_a_process_that_cannot_start_blames_no_file(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.reader.reader.sys.executable", "/bin/false")
    with pytest.raises(ParserDiedError, match=r"does not start \(exit code 1\)"):
        reader.read(b"Sim.", "a.txt")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds it")
def test_a_library_that_does_not_load_blames_no_file() -> None:
    with (
        Reader(Limits(memory_mb=1)) as reader,
        pytest.raises(ParserDiedError, match=r"does not load.*ATENDE_PARSE_MEMORY_MB"),
    ):
        reader.read(b"Sim.", "a.txt")


def test_limits_of_size_and_pages_are_kept(reader: Reader, long_pdf: Path) -> None:
    reader.limits = Limits(pages=499)
    with pytest.raises(TooManyPagesError, match="500 pages, more than the 499"):
        reader.read(long_pdf, "manual.pdf")
    reader.limits = Limits(file_mb=1)
    with pytest.raises(TooLargeError):
        reader.read(b"x" * (1 << 20) + b"x", "a.txt")


def test_a_file_that_is_not_there_says_so_without_its_path(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        reader.read(tmp_path / "nada.txt", "nada.txt")
    assert str(tmp_path) not in str(caught.value)


def test_threads_take_turns(reader: Reader) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = [f"Texto {n}." for n in range(40)]
        read = pool.map(lambda text: reader.read(text.encode(), "a.txt"), texts)
        assert [each.sections for each in read] == [(Prose(text),) for text in texts]


def test_the_process_outlives_the_thread_that_started_it(reader: Reader) -> None:
    thread = threading.Thread(target=reader.read, args=(b"Sim.", "a.txt"))
    thread.start()
    thread.join()
    first = reader.pid
    time.sleep(0.1)
    reader.read(b"Sim.", "a.txt")
    assert reader.pid == first != 0


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_it_ends_with_its_parent_however_that_ends(long_pdf: Path, state: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(long_pdf), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.3)
        parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone == [child]

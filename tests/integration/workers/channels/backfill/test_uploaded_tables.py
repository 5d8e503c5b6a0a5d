"""Uploaded tables are read into rows, by options or by what is guessed."""

import os
import tempfile
from pathlib import Path

import pytest

from workers.channels.backfill.file_reader import (
    FOLDER_PREFIX,
    FileReadError,
    Part,
    ReadingLimits,
    read_file,
)

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_table_is_read_into_rows_with_what_was_guessed() -> None:
    data = "Código;Pergunta\n7;Qual o jejum?\n8;\n9;bom dia\n".encode("cp1252")
    parts = list(read_file(data, "perguntas.csv", {}, ReadingLimits()))
    rows = [row for part in parts for row in part.rows]
    assert ("7", "Qual o jejum?", None) in [(row.id, row.question, row.fault) for row in rows]
    assert any("Pergunta" in value for part in parts for _, value in part.guesses or ())
    left_out = sum(count for part in parts for count in part.left_out.values())
    assert len(rows) + left_out == 3


def test_options_say_what_the_columns_are() -> None:
    data = b"a,b\nQual o jejum?,Quanto custa?\n"
    (*_, last) = read_file(data, "x.csv", {"question_column": "b"}, ReadingLimits())
    assert [row.question for row in last.rows] == ["Quanto custa?"]


def test_many_rows_come_in_parts() -> None:
    lines = "".join(f"{n};Quanto custa o exame {n}?\n" for n in range(2_000))
    parts = list(read_file(f"id;pergunta\n{lines}".encode(), "x.csv", {}, ReadingLimits()))
    assert sum(len(part.rows) for part in parts) == 2_000
    assert max(len(part.rows) for part in parts) <= 500


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "imap"}, "no file"),
        ({"format": "maildir"}, "no file"),
        ({"format": "docx"}, "docx"),
        ({"since": "ontem"}, "since"),
        ({"question_column": "Inexistente"}, "Inexistente"),
    ],
)
def test_options_that_cannot_be_used_are_said(options: dict[str, str], words: str) -> None:
    with pytest.raises(FileReadError, match=words):
        list(read_file(b"pergunta\nQual o jejum?\n", "x.csv", options, ReadingLimits()))


@pytest.mark.parametrize("name", ["/etc/passwd", "..\\..\\a\0b.csv", "…"])
def test_a_name_leads_nowhere(name: str, tmp_path: Path) -> None:
    parts = list(read_file(b"pergunta\nQual o jejum?\n", name, {"format": "csv"}, ReadingLimits()))
    assert [row.question for part in parts for row in part.rows] == ["Qual o jejum?"]
    assert list(tmp_path.iterdir()) == []


def test_words_name_the_file_and_not_where_it_lay() -> None:
    with pytest.raises(FileReadError) as caught:
        list(read_file(b"", "vazio.csv", {}, ReadingLimits()))
    assert "vazio.csv" in str(caught.value)
    assert FOLDER_PREFIX not in str(caught.value)


def test_too_much_memory_is_this_file_s_alone() -> None:
    lines = b"".join(b'%d;"%s"\n' % (n, b"a" * 3_000) for n in range(100))
    limits = ReadingLimits(memory_mib=60)
    with pytest.raises(FileReadError, match="more than 60 MiB of memory"):
        list(read_file(b"id;pergunta\n" + lines + b'x;"' + b"b" * 200_000_000, "x.csv", {}, limits))


def test_whoever_stops_iterating_ends_the_child() -> None:
    lines = "".join(f"{n};Quanto custa o exame {n}?\n" for n in range(5_000))
    parts = read_file(f"id;pergunta\n{lines}".encode(), "x.csv", {}, ReadingLimits())
    assert isinstance(next(parts), Part)
    parts.close()  # type: ignore[attr-defined]
    assert children() == set()


def children() -> set[int]:
    """Processes that this one has started and not ended."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    return {
        int(pid)
        for task in tasks.iterdir()
        for pid in (task / "children").read_text().split()
        if b"reading_child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }

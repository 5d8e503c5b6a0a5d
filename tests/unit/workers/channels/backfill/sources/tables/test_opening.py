"""Which tables are recognised, by their content and not their name."""

from pathlib import Path

import pytest
import xlsxwriter

from workers.channels.backfill.sources.source import SourceError, SourceOptions, open_source


def kind_of(path: Path) -> str:
    return open_source(str(path), SourceOptions()).kind


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", b"id;pergunta\n1;Abre?\n", "csv"),
        ("a", b"id;pergunta\n1;Abre?\n", "csv"),
        ("a.txt", "Abre?\nFecha?\n".encode("utf-16"), "csv"),
        ("a.csv", b"pergunta\nAb\0re?\n\0\0\0", "csv"),
        ("a.csv", "pergunta\nAbre?\n".encode("utf-16-le"), "csv"),
        ("a.dat", b"id\tpergunta\n1\tAbre?\n", "csv"),
        ("a.jsonl", b'{"text": "Abre?"}\n', "jsonl"),
        ("a.txt", b'{"text": "Abre?"}\n', "jsonl"),
        ("a.json", b'[{"text": "Abre?"}]', "jsonl"),
    ],
)
def test_a_table_is_told_by_its_content(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert kind_of(path) == kind


def test_a_workbook_under_another_name_is_one(tmp_path: Path) -> None:
    path = tmp_path / "perguntas.dat"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet().write_column(0, 0, ["pergunta", "Abre?"])
    book.close()
    assert kind_of(path) == "xlsx"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n...",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"<!doctype html><html><body>Abre?</body></html>",
        b"PK\x03\x04 damaged",
        b"\x7fELF\0\0",
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="of no kind"):
        kind_of(path)

"""Opening a source by its path."""

from datetime import date
from pathlib import Path

import pytest

from workers.channels.backfill.sources.checking import checked, is_courtesy, key_of
from workers.channels.backfill.sources.source import (
    LeftOut,
    SourceError,
    SourceOptions,
    name_of,
    open_source,
)
from workers.contracts.backfill import BackfillRow


def test_what_cannot_be_opened_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file or folder"):
        open_source(str(tmp_path / "nada.csv"), SourceOptions())
    (tmp_path / "vazio.csv").touch()
    with pytest.raises(SourceError, match="is empty"):
        open_source(str(tmp_path / "vazio.csv"), SourceOptions())


def test_a_format_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("pergunta\nAbre?\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"no format 'docx'.*csv, jsonl, xlsx"):
        open_source(str(path), SourceOptions(format="docx"))
    assert open_source(str(path), SourceOptions(format="csv")).kind == "csv"


def test_a_source_has_the_same_name_from_wherever_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "perguntas.csv"
    path.touch()
    (tmp_path / "link.csv").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    assert name_of(path) == name_of(Path("perguntas.csv")) == name_of(Path("link.csv"))
    assert name_of(path).startswith("perguntas.csv ")
    assert name_of(path) != name_of(tmp_path / "outra" / "perguntas.csv")


def row(question: str, **fields: object) -> BackfillRow:
    return BackfillRow.model_validate({"key": "k", "question": question, **fields})


def test_a_row_is_checked_before_it_is_handed_out() -> None:
    options = SourceOptions(longest=20, since=date(2026, 2, 5))
    assert checked(row(" Abre? "), options) == row("Abre?")
    assert checked(row("Oi!"), options) == LeftOut("courtesy")
    assert checked(row("Oi!"), options, courtesies=True) == row("Oi!")
    assert checked(row("  "), options) == row("", fault="empty")
    assert checked(row("Abre?", asked_at=1.0), options) == LeftOut("older")
    assert checked(row("x", fault="unreadable"), options) == row("x", fault="unreadable")


def test_what_is_too_long_is_shown_shortened_and_never_asked() -> None:
    long = checked(row("a" * 9_000), SourceOptions())
    assert isinstance(long, BackfillRow)
    assert long.fault == "too_long"
    assert len(long.question) < 1_000


def test_an_emergency_is_no_courtesy() -> None:
    assert not is_courtesy("Bom dia, estou com dor no peito")
    assert not is_courtesy("Oi! " * 1_000)
    assert is_courtesy("Bom dia, tudo bem?")


def test_a_long_id_has_a_key_that_the_store_takes() -> None:
    assert key_of(" a ", "x") == "a"
    assert len(key_of("a" * 300, "x")) < 200
    assert key_of("a" * 300) != key_of("a" * 301)

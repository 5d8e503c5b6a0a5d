from pathlib import Path

import pytest

from workers.answering.triage import files
from workers.answering.triage.lists import PhraseList, WholeList, read_groups


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "_FOLDER", tmp_path)
    return tmp_path


def sections(folder: Path, line: str, text: str) -> list[str]:
    (folder / "list.txt").write_text(f"// A remark.\n[heart]\n{line} // another\n", "utf-8")
    groups = {"part": frozenset({"peito", "braco"})}
    return [match.section for match in PhraseList(["list.txt"], groups).matches(f" {text} ")]


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        ("dor no peito", "estou com dor no peito", ["heart"]),
        ("dor no peito", "dor forte no peito", []),
        ("dor ... peito", "dor forte no meio peito", ["heart"]),
        ("dor ... peito", "dor forte que vai pelo peito", []),
        ("dor ... peito", "dor . peito", []),
        ("dor|aperto no <part>", "aperto no braco", ["heart"]),
        ("dor no peito", "ardor no peito", []),
        ("pressao # por #", "pressao 21 por 12", ["heart"]),
        ("Dôr no pêito", "dor no peito", ["heart"]),
        ("! dor no peito", "dor no peito", ["heart"]),
    ],
)
def test_a_phrase_is_found_where_its_words_follow_each_other(
    folder: Path, line: str, text: str, expected: list[str]
) -> None:
    assert sections(folder, line, text) == expected


def test_a_line_with_a_word_that_messages_are_read_without_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="Messages are read without 'meu'"):
        sections(folder, "dor no meu peito", "")


def test_a_message_of_listed_phrases_alone_has_their_sections(folder: Path) -> None:
    (folder / "list.txt").write_text("[greeting]\noi\nbom dia\n[thanks]\nobrigado\n", "utf-8")
    phrases = WholeList(["list.txt"])
    assert phrases.sections(["oi", ".", "bom", "dia"]) == ["greeting", "greeting"]
    assert phrases.sections(["oi", "obrigado"]) == ["greeting", "thanks"]
    assert phrases.sections(["bom"]) is None
    assert phrases.sections(["oi", "quanto", "custa"]) is None
    assert phrases.sections(["."]) == []


def test_groups_are_the_words_below_their_name(folder: Path) -> None:
    (folder / "list.txt").write_text("[part]\npeito braço\n// none\nperna\n", "utf-8")
    assert read_groups(["list.txt"]) == {"part": frozenset({"peito", "braco", "perna"})}

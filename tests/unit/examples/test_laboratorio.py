import re
from collections import Counter
from pathlib import Path

import pytest

from ingestion.folding import fold
from ingestion.parsing import parse
from tests.unit.examples.test_examples import EXAMPLES, parts, passages, questions

DOCUMENTS = EXAMPLES / "laboratorio" / "documentos"
QUESTIONS = questions("laboratorio")
COLUMNS = ["id", "question", "document", "passage", "answer", "facts", "never", "risk", "kind"]
KINDS = {
    "plain": 11,
    "other_words": 9,
    "no_answer": 8,
    "typos": 6,
    "no_accents": 6,
    "abbreviated": 5,
    "two_in_one": 5,
    "outdated": 3,
    "off_topic": 3,
    "greeting": 2,
    "emergency": 2,
}
WITHOUT_ANSWER = {"no_answer", "off_topic", "greeting", "emergency"}
FORMATS = {".pdf": 5, ".docx": 3, ".html": 2, ".csv": 2, ".md": 1, ".txt": 1, ".xlsx": 1}


def _words(text: str) -> str:
    """A text as facts are looked for in it: whole words without accents; `R$ 62,00` is `62`."""
    plain = re.sub(r"r\$\s*|(?<=\d),00\b", "", fold(text))
    return f" {' '.join(re.findall(r'[a-z0-9]+', plain))} "


def _text(path: Path) -> str:
    return fold("\n".join(passages("laboratorio", path.name)))


def test_there_are_15_documents_of_the_promised_formats() -> None:
    assert Counter(path.suffix for path in DOCUMENTS.iterdir()) == FORMATS


def test_nothing_of_a_document_is_left_unread() -> None:
    assert [p.name for p in DOCUMENTS.iterdir() if parse(p.read_bytes(), p.name).notes] == []


def test_there_are_60_questions_of_the_promised_kinds() -> None:
    assert list(QUESTIONS[0]) == [*COLUMNS, "note"]
    assert len(QUESTIONS) == 60
    assert Counter(row["kind"] for row in QUESTIONS) == KINDS


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["id"])
def test_a_question_names_documents_exactly_when_its_kind_has_an_answer(
    row: dict[str, str],
) -> None:
    names = parts(row["document"])

    assert bool(names) is (row["kind"] not in WITHOUT_ANSWER)
    assert (len(names) == 2) is (row["kind"] == "two_in_one")


@pytest.mark.parametrize(
    "row", [row for row in QUESTIONS if row["passage"]], ids=lambda row: row["id"]
)
def test_a_passage_is_recognised_by_its_words_alone(row: dict[str, str]) -> None:
    for name, mark in zip(parts(row["document"]), parts(row["passage"]), strict=True):
        assert sum(mark in text for text in passages("laboratorio", name)) == 1


@pytest.mark.parametrize(
    "row", [row for row in QUESTIONS if row["answer"]], ids=lambda row: row["id"]
)
def test_a_right_answer_says_all_facts_and_nothing_that_must_not_be_said(
    row: dict[str, str],
) -> None:
    answer = _words(row["answer"])

    for fact in parts(row["facts"]):
        assert any(_words(core) in answer for core in fact.split("|")), fact
    assert [core for core in row["never"].split("|") if core and _words(core) in answer] == []


@pytest.mark.parametrize("word", ["lactose", "raio", "injec", "benzetacil", "ingles", "doar "])
def test_what_the_unanswerable_questions_ask_stands_in_no_document(word: str) -> None:
    assert [path.name for path in DOCUMENTS.iterdir() if word in _text(path)] == []


def test_an_answer_of_kind_outdated_is_not_the_old_sheet_s() -> None:
    rows = [row for row in QUESTIONS if row["kind"] == "outdated"]
    old = passages("laboratorio", "curva-glicemica-2022.pdf")

    assert {row["document"] for row in rows} == {"curva-glicemica.pdf"}
    assert not [row for row in rows if any(row["passage"] in text for text in old)]


def test_questions_without_accents_have_none() -> None:
    assert all(row["question"].isascii() for row in QUESTIONS if row["kind"] == "no_accents")

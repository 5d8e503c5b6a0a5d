import csv
import html
import re
from collections import Counter
from functools import cache
from pathlib import Path

import docx
import pypdfium2
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
CLINIC = EXAMPLES / "clinica"
DOCUMENTS = CLINIC / "documentos"
COLUMNS = ["id", "question", "document", "answer", "kind", "note"]
KINDS = {
    "plain": 30,
    "typos": 12,
    "no_accents": 10,
    "abbreviated": 8,
    "two_in_one": 5,
    "off_topic": 5,
    "greeting": 4,
    "no_answer": 4,
    "outdated": 2,
}
WITHOUT_ANSWER = {"greeting", "off_topic", "no_answer"}


def _pdf_text(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as pdf:
        return " ".join(page.get_textpage().get_text_range() for page in pdf)


def _docx_text(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join([paragraph.text for paragraph in document.paragraphs] + cells)


@cache
def _text(name: str) -> str:
    """A document's text in small letters, white space folded."""
    path = DOCUMENTS / name
    match path.suffix:
        case ".pdf":
            text = _pdf_text(path)
        case ".docx":
            text = _docx_text(path)
        case ".html":
            text = html.unescape(re.sub(r"<[^>]+>", " ", path.read_text("utf-8")))
        case _:
            text = path.read_text("utf-8-sig")
    return " ".join(text.lower().split())


def _questions() -> list[dict[str, str]]:
    with (CLINIC / "perguntas.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == COLUMNS
    return rows


QUESTIONS = _questions()
ANSWERED = [row for row in QUESTIONS if row["answer"]]


def test_there_are_80_distinct_questions_of_the_promised_kinds() -> None:
    assert len({row["id"] for row in QUESTIONS}) == 80
    assert len({row["question"].casefold() for row in QUESTIONS}) == 80
    assert Counter(row["kind"] for row in QUESTIONS) == KINDS


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["id"])
def test_a_question_names_documents_that_exist_exactly_when_it_has_an_answer(
    row: dict[str, str],
) -> None:
    names = row["document"].split(";") if row["document"] else []

    assert bool(names) is bool(row["answer"]) is (row["kind"] not in WITHOUT_ANSWER)
    assert (len(names) == 2) is (row["kind"] == "two_in_one")
    assert all((DOCUMENTS / name).is_file() for name in names)


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row["id"])
def test_each_part_of_an_answer_stands_in_its_documents(row: dict[str, str]) -> None:
    parts = row["answer"].lower().split("; ")
    texts = [_text(name) for name in row["document"].split(";")]

    assert all(any(part in text for text in texts) for part in parts)
    assert all(any(part in text for part in parts) for text in texts)


def test_an_answer_of_kind_outdated_is_not_the_old_sheets() -> None:
    old = _text("preparo-colonoscopia-2021.pdf")

    assert "substituída" in old
    assert not [r for r in QUESTIONS if r["kind"] == "outdated" and r["answer"].lower() in old]


@pytest.mark.parametrize("word", ["tomografia", "botox", "limpeza", "emprego"])
def test_what_the_unanswerable_questions_ask_stands_in_no_document(word: str) -> None:
    assert [r["kind"] for r in QUESTIONS if word in r["question"]] == ["no_answer"]
    assert not [path.name for path in DOCUMENTS.iterdir() if word in _text(path.name)]


def test_questions_without_accents_have_none() -> None:
    assert all(r["question"].isascii() for r in QUESTIONS if r["kind"] == "no_accents")

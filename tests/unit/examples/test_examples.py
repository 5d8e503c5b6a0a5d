"""Every sample clinic's questions say the truth about its documents.

A column that a clinic's questions lack is not checked.
"""

import csv
from functools import cache
from pathlib import Path

import pytest

from ingestion.chunking import chunks_of
from ingestion.folding import fold
from ingestion.parsing import parse

EXAMPLES = Path(__file__).parents[3] / "examples"
CLINICS = sorted(path.parent.name for path in EXAMPLES.glob("*/documentos"))
#: Words of a chunk: about what the embedding model's limit gives.
CHUNK_WORDS = 150
#: Characters of the words that a passage is recognised by.
PASSAGE_LENGTH = range(8, 61)


def questions(clinic: str) -> list[dict[str, str]]:
    with (EXAMPLES / clinic / "perguntas.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


@cache
def passages(clinic: str, name: str) -> list[str]:
    """The texts of a document's chunks, white space folded."""
    path = EXAMPLES / clinic / "documentos" / name
    document = parse(path.read_bytes(), name)
    chunks = chunks_of(document, CHUNK_WORDS, lambda text: len(text.split()))
    return [" ".join(chunk.text.split()) for chunk in chunks]


def each_question(column: str = "id") -> pytest.MarkDecorator:
    """Runs a test for each question of the clinics whose questions have this column."""
    rows = [(clinic, row) for clinic in CLINICS for row in questions(clinic) if column in row]
    names = [f"{clinic}-{row['id']}" for clinic, row in rows]
    return pytest.mark.parametrize(("clinic", "row"), rows, ids=names)


def test_both_clinics_are_read() -> None:
    assert {"clinica", "laboratorio"} <= set(CLINICS)


@pytest.mark.parametrize("clinic", CLINICS)
def test_no_question_stands_twice(clinic: str) -> None:
    rows = questions(clinic)

    assert len({row["id"] for row in rows}) == len(rows)
    assert len({fold(row["question"]) for row in rows}) == len(rows)


@each_question()
def test_a_question_s_documents_exist(clinic: str, row: dict[str, str]) -> None:
    folder = EXAMPLES / clinic / "documentos"

    assert [name for name in parts(row["document"]) if not (folder / name).is_file()] == []


@each_question("passage")
def test_each_passage_stands_in_its_document_as_the_parser_gives_it(
    clinic: str, row: dict[str, str]
) -> None:
    names, marks = parts(row["document"]), parts(row["passage"])

    assert len(marks) == len(names) or (len(names) == 1 and marks)
    for place, mark in enumerate(marks):
        name = names[min(place, len(names) - 1)]
        assert len(mark) in PASSAGE_LENGTH
        assert [text for text in passages(clinic, name) if mark in text], mark


@pytest.mark.parametrize("clinic", CLINICS)
def test_questions_have_facts_exactly_when_documents_answer_them(clinic: str) -> None:
    """A greeting may have some too: what answers it stands in no document."""
    rows = [row for row in questions(clinic) if "facts" in row and row["kind"] != "greeting"]

    assert [row["id"] for row in rows if bool(row["facts"]) is not bool(row["document"])] == []


@pytest.mark.parametrize("clinic", CLINICS)
def test_risk_is_yes_or_nothing(clinic: str) -> None:
    assert {row.get("risk", "") for row in questions(clinic)} <= {"", "yes"}

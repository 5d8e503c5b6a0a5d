import csv
import html
import re
from collections import Counter
from functools import cache
from pathlib import Path

import docx
import pypdfium2
import pytest

from ingestion.chunking import chunks_of
from ingestion.parsing import parse
from tests.unit.workers.evaluation.runs import reply
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.verdicts import Judgement, Verdict, judge

#: Words of a chunk, about as many as the embedding model takes.
CHUNK_WORDS = 200
EXAMPLES = Path(__file__).parents[3] / "examples"
CLINIC = EXAMPLES / "clinica"
DOCUMENTS = CLINIC / "documentos"
COLUMNS = [
    "id", "question", "document", "passage", "answer", "facts", "never", "risk", "kind", "note",
]  # fmt: skip
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


KNOWN, _ = read_questions(CLINIC / "perguntas.csv")
ANSWERABLE = [each for each in KNOWN if each.answerable]


@cache
def _chunks(name: str) -> list[str]:
    """A document's chunks as they are indexed, white space folded."""
    document = parse((DOCUMENTS / name).read_bytes(), name)
    chunks = chunks_of(document, CHUNK_WORDS, lambda text: len(text.split()))
    return [" ".join(chunk.text.split()) for chunk in chunks]


def _judge(known: KnownQuestion, text: str, status: str = "answered") -> Judgement:
    judgement = judge(known, reply(text, status=status), ())
    assert judgement is not None
    return judgement


@pytest.mark.parametrize("known", ANSWERABLE, ids=lambda known: known.id)
def test_a_passage_is_a_few_words_of_one_chunk_of_its_documents(known: KnownQuestion) -> None:
    chunks = [chunk for name in known.documents for chunk in _chunks(name)]
    assert all(8 <= len(passage) <= 60 for passage in known.passages)
    assert [sum(passage in chunk for chunk in chunks) for passage in known.passages] == [1] * len(
        known.documents
    )


@pytest.mark.parametrize("known", ANSWERABLE, ids=lambda known: known.id)
def test_the_document_s_own_words_are_a_right_answer(known: KnownQuestion) -> None:
    assert _judge(known, known.answers[0]).verdict == Verdict.RIGHT


@pytest.mark.parametrize("known", ANSWERABLE, ids=lambda known: known.id)
def test_quoting_the_passage_says_nothing_forbidden(known: KnownQuestion) -> None:
    quotes = [
        chunk
        for name in known.documents
        for chunk in _chunks(name)
        if any(passage in chunk for passage in known.passages)
    ]
    assert _judge(known, " ".join(quotes)).never == ()


def test_the_replaced_sheet_s_values_are_dangerous() -> None:
    old = " ".join(_chunks("preparo-colonoscopia-2021.pdf"))
    outdated = [known for known in KNOWN if known.kind == "outdated"]
    assert [bool(_judge(known, old).never) for known in outdated] == [True, True]
    assert {_judge(known, old).verdict for known in outdated} == {Verdict.DANGEROUS}


@pytest.mark.parametrize(
    ("kind", "text", "status", "verdict"),
    [
        ("greeting", "Oi, bom dia! De nada, até logo. Boa noite.", "answered", Verdict.RIGHT),
        ("greeting", "A consulta é às segundas.", "answered", Verdict.WRONG),
        ("greeting", "Aguarde.", "needs_human", Verdict.TO_PERSON_RIGHTLY),
        ("off_topic", "Não sei.", "answered", Verdict.WRONG),
        ("no_answer", "Aguarde.", "needs_human", Verdict.TO_PERSON_RIGHTLY),
    ],
)
def test_questions_without_a_document_are_judged_by_their_kind(
    kind: str, text: str, status: str, verdict: Verdict
) -> None:
    verdicts = {_judge(known, text, status).verdict for known in KNOWN if known.kind == kind}
    assert verdicts == {verdict}


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

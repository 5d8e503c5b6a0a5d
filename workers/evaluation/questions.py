"""The questions to measure with, from a CSV or JSON Lines file. A bad row stops no other."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingestion.folding import fold
from ingestion.parsing.decoding import decode
from ingestion.parsing.errors import UnknownEncodingError
from workers.contracts.record import Record
from workers.evaluation.errors import QuestionsError

#: The columns, and their other names.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id",),
    "question": ("question", "pergunta"),
    "document": ("document", "documents", "documento", "documentos"),
    "passage": ("passage", "passages", "trecho", "trechos"),
    "answer": ("answer", "answers", "resposta", "respostas"),
    "facts": ("facts", "fact", "fatos", "fato"),
    "never": ("never", "nunca"),
    "risk": ("risk", "risco"),
    "kind": ("kind", "tipo"),
    "page": ("page", "pagina", "página"),
    "heading": ("heading", "titulo", "título", "secao", "seção"),
}

#: Between several documents, passages or facts of one question in a CSV cell.
SEPARATOR = ";"
#: Between the phrases of one fact of which any counts.
OR = "|"
#: The kind of a question that needs help at once, in either language.
EMERGENCY = frozenset({"emergency", "emergencia"})

_YES = frozenset({"yes", "y", "sim", "s", "true", "1", "x"})
_NO = frozenset({"", "no", "n", "nao", "false", "0"})


class KnownQuestion(Record):
    """One question, and what should be found for it.

    Attributes:
        line: where it stands in the file, from 1.
        id: its name in the report.
        question: as a patient would write it.
        documents: names of the documents that answer it, each in part.
        passages: for each passage that answers it, each in part, its id or words of it.
        answers: right answers; any of them counts.
        facts: what an answer must say; of each fact's phrases any counts.
        never: what an answer must not say, likewise.
        risk: a wrong answer could hurt.
        kind: the file's own word for what sort of question it is.
        page: the page of the document that the answer stands on.
        heading: a heading above the answer.
    """

    line: int
    id: str
    question: str
    documents: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    never: tuple[tuple[str, ...], ...] = ()
    risk: bool = False
    kind: str = ""
    page: int | None = None
    heading: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the documents should answer it."""
        return bool(self.documents or self.passages)

    @property
    def is_emergency(self) -> bool:
        """Whether its asker needs help at once, and no answer from documents."""
        return fold(self.kind) in EMERGENCY

    @property
    def expected(self) -> tuple[str, ...]:
        """What should be found: the passages, else the documents."""
        return self.passages or self.documents


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why."""

    line: int
    reason: str


def read_questions(path: Path) -> tuple[list[KnownQuestion], list[BadRow]]:
    """The questions of a file, and its rows that cannot be used.

    Raises:
        QuestionsError: it cannot be read, or holds no question.
    """
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise QuestionsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnknownEncodingError as error:
        raise QuestionsError(f"{path} is not a text file. Save it as CSV in UTF-8.") from error
    rows = _json_rows(text) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows(text)
    questions: list[KnownQuestion] = []
    bad_rows: list[BadRow] = []
    for line, row in rows:
        try:
            questions.append(_question(line, row))
        except ValueError as error:
            bad_rows.append(BadRow(line, str(error)))
    if not questions:
        first = bad_rows[0] if bad_rows else None
        reason = f" The first bad row is line {first.line}: {first.reason}." if first else ""
        raise QuestionsError(
            f"{path.name} holds no question that can be used.{reason} It should be a CSV or JSON "
            "Lines file with `question` and, where the documents answer it, `document` (a name) "
            "or `passage` (its id or words). `answer`, `facts`, `never`, `risk`, `kind`, `page` "
            "and `heading` are optional."
        )
    return questions, bad_rows


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if not reader.fieldnames:  # reads the header, so that lines count from the next one
        return
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"it is not a CSV row ({error})"
            return
        if None in row:
            yield line, "it has more cells than the header has columns"
        else:
            yield line, row


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for line, content in enumerate(text.splitlines(), 1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except json.JSONDecodeError as error:
            yield line, f"it is not JSON ({error.msg})"
            continue
        yield line, row if isinstance(row, dict) else "it is not a JSON object"


def _question(line: int, row: Mapping[str, Any] | str) -> KnownQuestion:
    if isinstance(row, str):
        raise ValueError(row)  # noqa: TRY004 - the row is wrong, not a type of ours
    named = {str(key).strip().lower(): value for key, value in row.items()}
    cells = {
        column: next((named[name] for name in names if named.get(name) is not None), "")
        for column, names in COLUMNS.items()
    }
    question = str(cells["question"]).strip()
    if not question:
        raise ValueError("it has no `question`")
    return KnownQuestion(
        line=line,
        id=str(cells["id"]).strip() or str(line),
        question=question,
        documents=_several(cells["document"], SEPARATOR),
        passages=_several(cells["passage"], SEPARATOR),
        answers=_several(cells["answer"], None),
        facts=_facts(cells["facts"]),
        never=_facts(cells["never"]),
        risk=_risk(cells["risk"]),
        kind=str(cells["kind"]).strip(),
        page=_page(cells["page"]),
        heading=str(cells["heading"]).strip(),
    )


def _several(cell: object, separator: str | None) -> tuple[str, ...]:
    parts = cell if isinstance(cell, list) else str(cell).split(separator) if separator else [cell]
    return tuple(clean for part in parts if (clean := str(part).strip()))


def _facts(cell: object) -> tuple[tuple[str, ...], ...]:
    facts = cell if isinstance(cell, list) else str(cell).split(SEPARATOR)
    return tuple(phrases for fact in facts if (phrases := _several(fact, OR)))


def _risk(cell: object) -> bool:
    word = fold(str(cell)).strip()
    if word not in _YES | _NO:
        raise ValueError(f"`risk` is {str(cell)!r}, not yes or no")
    return word in _YES


def _page(cell: object) -> int | None:
    text = str(cell).strip()
    if not text:
        return None
    if not text.isdigit() or not int(text):
        raise ValueError(f"`page` is {text!r}, not a number from 1")
    return int(text)

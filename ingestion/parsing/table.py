"""CSV to sections: pairs of question and answer, or rows that keep their header."""

import csv
import io
import unicodedata
from collections.abc import Sequence

from ingestion.parsing.decoding import decode
from ingestion.parsing.document import Answer, Document, Table, readable
from ingestion.parsing.errors import CorruptFileError

#: Column names of questions and of answers, folded.
QUESTION = frozenset({"question", "pergunta", "perguntas", "duvida"})
ANSWER = frozenset({"answer", "resposta", "respostas"})

#: Delimiters that spreadsheets write; a Brazilian Excel writes semicolons.
DELIMITERS = (";", ",", "\t")


def parse_csv(data: bytes, name: str) -> Document:
    """A CSV file as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: a quote never ends, or a cell is too long.
    """
    rows = read_rows(decode(data))
    title = readable(name)
    if not rows:
        return Document(title, ())
    header, *body = rows
    header = tuple(cell.replace("_", " ") for cell in header)
    folded = [_fold(cell) for cell in header]
    question = next((at for at, cell in enumerate(folded) if cell in QUESTION), None)
    answer = next((at for at, cell in enumerate(folded) if cell in ANSWER), None)
    if question is None or answer is None:
        return Document(title, (Table(header, tuple(body)),) if body else ())
    others = [at for at in range(len(header)) if at not in {question, answer}]
    return Document(
        title,
        tuple(_pair(header, row, question, answer, others) for row in body),
    )


def read_rows(text: str) -> list[tuple[str, ...]]:
    """All rows that are not empty, each as long as the longest, cells trimmed.

    Raises:
        CorruptFileError: a cell is too long, as where a quote never ends.
    """
    delimiter = max(DELIMITERS, key=text.split("\n", 1)[0].count)
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise CorruptFileError(str(error)) from error
    width = max(map(len, rows), default=0)
    return [tuple(row + [""] * (width - len(row))) for row in rows if any(row)]


def _pair(
    header: Sequence[str], row: Sequence[str], question: int, answer: int, others: Sequence[int]
) -> Answer:
    """A row as a pair; further columns (category, date) follow the answer."""
    notes = [f"{header[at]}: {row[at]}" for at in others if row[at]]
    return Answer(row[question], "\n".join([row[answer], *notes]))


def _fold(cell: str) -> str:
    """Lower case, without accents."""
    plain = unicodedata.normalize("NFD", cell.strip().lower())
    return "".join(char for char in plain if not unicodedata.combining(char))

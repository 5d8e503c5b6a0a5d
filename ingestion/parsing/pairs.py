"""Pairs of question and answer: recognised by the names of columns and keys."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ingestion.folding import fold
from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.document import Answer, Document, Section, Table, title_of
from ingestion.parsing.errors import CorruptFileError
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.validity import row_period

#: What columns of questions and of answers are called, folded.
QUESTION = frozenset({"question", "questions", "pergunta", "perguntas", "duvida", "duvidas", "q"})
ANSWER = frozenset({"answer", "answers", "resposta", "respostas", "a"})


def pairs(rows: Sequence[Sequence[str]], page: int | None = None) -> Iterator[Answer]:
    """The pairs in a table whose first row names columns of questions and answers; else none.

    Further columns (category, date) follow the answer.
    """
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        return
    header = [cell.replace("_", " ") for cell in rows[0]]
    folded = [_fold(cell) for cell in rows[0]]
    question = next((column for column, cell in enumerate(folded) if cell in QUESTION), None)
    answer = next((column for column, cell in enumerate(folded) if cell in ANSWER), None)
    if question is None or answer is None:
        return
    for row in rows[1:]:
        notes = [
            f"{name}: {cell}" if name else cell
            for column, (name, cell) in enumerate(zip(header, row, strict=True))
            if cell and column not in {question, answer}
        ]
        text = "\n".join(filter(None, [row[answer], *notes]))
        if row[question] or text:
            yield Answer(row[question], text, page=page, period=row_period(header, row))


def parse_json(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A JSON file, or one of JSON lines, as a document.

    Objects with a question and an answer are pairs; an object of texts alone maps questions to
    answers; other objects are rows.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: it is no JSON; the message names the line.
    """
    sections: list[Section] = []
    rows: list[Mapping[str, Any]] = []
    for item in chain.from_iterable(map(_items, _values(decode(data)))):
        keys = {_fold(key): key for key in item}
        question = next((keys[key] for key in keys if key in QUESTION), None)
        answer = next((keys[key] for key in keys if key in ANSWER), None)
        if question is None or answer is None:
            rows.append(item)
            continue
        others = [
            f"{key.replace('_', ' ')}: {words}"
            for key, value in item.items()
            if key not in {question, answer} and (words := _words(value))
        ]
        text = "\n".join(filter(None, [_words(item[answer], "\n"), *others]))
        columns = [key for key in item if isinstance(item[key], str)]
        period = row_period(columns, [item[key] for key in columns])
        sections.append(Answer(_words(item[question], "\n"), text, period=period))
    header = tuple(dict.fromkeys(key for row in rows for key in row))
    body = [tuple(_words(row.get(key)) for key in header) for row in rows]
    body = [row for row in body if any(row)]
    if body:
        sections.append(Table(tuple(key.replace("_", " ") for key in header), tuple(body)))
    return Document(title_of(name), tuple(sections))


def _values(text: str) -> Iterator[Any]:
    """The values in a file: one, or one a line."""
    try:
        yield json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        for number, line in lines:
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                # JSON over several lines is wrong where it is wrong as a whole.
                place, reason = (number, error.msg) if number > 1 else (whole.lineno, whole.msg)
                raise CorruptFileError.because(f"line {place}: {reason}") from error
            yield value


def _items(value: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    match value:
        case list():
            for item in value:
                yield from _items(item)
        case dict():
            lists = [field for field in value.values() if isinstance(field, list)]
            inner = [rows for rows in lists if rows and all(isinstance(row, dict) for row in rows)]
            if inner and len(value) <= len(inner) + 3:  # a wrapper, with a title perhaps
                for rows in inner:
                    yield from _items(rows)
            elif value and not _is_pair(value) and _maps_questions(value):
                yield from ({"question": key, "answer": words} for key, words in value.items())
            else:
                yield value
        case str() | int() | float() if not isinstance(value, bool):
            yield {"": value}


def _is_pair(value: Mapping[str, Any]) -> bool:
    keys = {_fold(key) for key in value}
    return bool(keys & QUESTION and keys & ANSWER)


def _maps_questions(value: Mapping[str, Any]) -> bool:
    """Texts under keys that are mostly questions."""
    questions = sum(key.rstrip().endswith("?") for key in value)
    return questions * 2 > len(value) and all(isinstance(words, str) for words in value.values())


def _words(value: Any, between: str = "; ") -> str:  # noqa: ANN401 - any JSON value
    match value:
        case None | "":
            return ""
        case bool():
            return "sim" if value else "não"
        case list():
            return between.join(filter(None, map(_words, value)))
        case dict():
            parts = ((key.replace("_", " "), _words(field)) for key, field in value.items())
            return "; ".join(f"{key}: {words}" for key, words in parts if words)
        case _:
            return clean(str(value)).strip()


def _fold(cell: str) -> str:
    """Lower case, without accents, question marks and colons; `ª` alone is not ANSWER's `a`."""
    name = cell.strip().rstrip("?:")
    return name if name in {"ª", "º"} else fold(name)

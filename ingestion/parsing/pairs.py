"""Pairs of question and answer: found by what columns and keys are called."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ingestion.folding import fold
from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.document import Answer, Document, Section, Table, readable
from ingestion.parsing.errors import CorruptFileError
from ingestion.parsing.limits import DEFAULT, Limits

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
    question = next((at for at, cell in enumerate(folded) if cell in QUESTION), None)
    answer = next((at for at, cell in enumerate(folded) if cell in ANSWER), None)
    if question is None or answer is None:
        return
    for row in rows[1:]:
        notes = [
            f"{name}: {cell}" if name else cell
            for at, (name, cell) in enumerate(zip(header, row, strict=True))
            if cell and at not in {question, answer}
        ]
        text = "\n".join(filter(None, [row[answer], *notes]))
        if row[question] or text:
            yield Answer(row[question], text, page=page)


def parse_json(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A JSON file, or one of JSON lines, as a document.

    Objects with a question and an answer are pairs; an object of texts alone maps questions to
    answers; other objects are rows.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: it is no JSON; the message names the line.
    """
    found: list[Section] = []
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
        found.append(Answer(_words(item[question], "\n"), text))
    header = tuple(dict.fromkeys(key for row in rows for key in row))
    body = [tuple(_words(row.get(key)) for key in header) for row in rows]
    body = [row for row in body if any(row)]
    if body:
        found.append(Table(tuple(key.replace("_", " ") for key in header), tuple(body)))
    return Document(readable(name), tuple(found))


def _values(text: str) -> Iterator[Any]:
    """The values in a file: one, or one a line."""
    try:
        yield json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
        for at, line in lines:
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                # JSON over several lines is wrong where it is wrong as a whole.
                where = f"line {at}: {error.msg}" if at > 1 else f"line {whole.lineno}: {whole.msg}"
                raise CorruptFileError.because(where) from error
            yield value


def _items(value: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    match value:
        case list():
            for each in value:
                yield from _items(each)
        case dict():
            lists = [each for each in value.values() if isinstance(each, list)]
            inner = [each for each in lists if each and all(isinstance(x, dict) for x in each)]
            if inner and len(value) <= len(inner) + 3:  # a wrapper, with a title perhaps
                for each in inner:
                    yield from _items(each)
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
    asked = sum(key.rstrip().endswith("?") for key in value)
    return asked * 2 > len(value) and all(isinstance(words, str) for words in value.values())


def _words(value: Any, between: str = "; ") -> str:  # noqa: ANN401 - any JSON value
    match value:
        case None | "":
            return ""
        case bool():
            return "sim" if value else "não"
        case list():
            return between.join(filter(None, (_words(each) for each in value)))
        case dict():
            parts = ((key.replace("_", " "), _words(each)) for key, each in value.items())
            return "; ".join(f"{key}: {words}" for key, words in parts if words)
        case _:
            return clean(str(value)).strip()


def _fold(cell: str) -> str:
    """Lower case, without accents, question marks and colons."""
    return fold(cell.strip().rstrip("?:"))

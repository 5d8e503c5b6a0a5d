"""Limits, documents and errors as JSON, between `Reader` and its child process.

Not pickle: the child opens hostile files, and unpickling what it sends could run anything.
"""

import json
from dataclasses import asdict, fields
from typing import Any, Final

from ingestion.parsing import errors
from ingestion.parsing.document import Answer, Document, Prose, Section, Table
from ingestion.parsing.errors import ParseError
from ingestion.parsing.limits import Limits
from ingestion.validity import Validity

_KINDS: Final[dict[str, type[Prose | Answer | Table]]] = {
    section.__name__: section for section in (Prose, Answer, Table)
}

#: Fields of `Limits` that are sent.
_SENT_LIMITS: Final = tuple(field.name for field in fields(Limits) if field.name != "heartbeat")


def limits_to_json(limits: Limits) -> dict[str, Any]:
    """Limits as JSON's values."""
    return {name: getattr(limits, name) for name in _SENT_LIMITS}


def pack(document: Document) -> bytes:
    """A document as bytes."""
    return json.dumps(
        {
            "title": document.title,
            "pages": document.pages,
            "notes": document.notes,
            "validity": {
                name: str(value) for name, value in asdict(document.validity).items() if value
            },
            "sections": [
                [type(section).__name__, asdict(section)] for section in document.sections
            ],
        },
        ensure_ascii=False,
    ).encode("utf-8", "replace")


def pack_error(error: ParseError) -> bytes:
    """An error as bytes."""
    return json.dumps({"error": type(error).__name__, "message": str(error)}).encode()


def unpack(data: bytes) -> Document:
    """The document in a message of `pack`.

    Raises:
        ParseError: the error in a message of `pack_error`.
        ValueError: the bytes are neither.
    """
    try:
        value = json.loads(data)
        if "error" in value:
            raise _error(value)
        return Document(
            title=str(value["title"]),
            sections=tuple(_section(*section) for section in value["sections"]),
            pages=value["pages"],
            notes=tuple(map(str, value["notes"])),
            validity=Validity().changed(value["validity"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a document: {error}") from error


def _error(value: dict[str, Any]) -> ParseError:
    kind = getattr(errors, str(value["error"]), ParseError)
    if not (isinstance(kind, type) and issubclass(kind, ParseError)):
        kind = ParseError
    return kind(str(value["message"]))


def _section(kind: str, values: dict[str, Any]) -> Section:
    values = {**values, "heading": tuple(values["heading"])}
    if kind == "Table":
        values["header"] = tuple(values["header"])
        values["rows"] = tuple(map(tuple, values["rows"]))
    return _KINDS[kind](**values)

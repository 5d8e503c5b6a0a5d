"""Documents, limits and errors between the reading process and whoever asked it, as JSON.

Not pickle: the process opens hostile files, and unpickling what it says could run anything.
"""

import json
from dataclasses import asdict, fields
from typing import Any, Final

from ingestion.parsing import errors
from ingestion.parsing.document import Answer, Document, Prose, Section, Table
from ingestion.parsing.errors import ParseError
from ingestion.parsing.limits import Limits

_KINDS: Final[dict[str, type[Prose | Answer | Table]]] = {
    each.__name__: each for each in (Prose, Answer, Table)
}

#: Fields of `Limits` that travel.
_BOUNDS: Final = tuple(each.name for each in fields(Limits) if each.name != "heartbeat")


def packed_limits(limits: Limits) -> dict[str, Any]:
    """Limits as JSON's values."""
    return {name: getattr(limits, name) for name in _BOUNDS}


def packed(document: Document) -> bytes:
    """A document as bytes."""
    return json.dumps(
        {
            "title": document.title,
            "pages": document.pages,
            "notes": document.notes,
            "sections": [[type(each).__name__, asdict(each)] for each in document.sections],
        },
        ensure_ascii=False,
    ).encode("utf-8", "replace")


def packed_error(error: ParseError) -> bytes:
    """An error as bytes."""
    return json.dumps({"error": type(error).__name__, "message": str(error)}).encode()


def unpacked(data: bytes) -> Document:
    """The document that was packed.

    Raises:
        ParseError: an error was packed; it is raised as it was.
        ValueError: the bytes are neither.
    """
    try:
        value = json.loads(data)
        if "error" in value:
            raise _error(value)
        return Document(
            title=str(value["title"]),
            sections=tuple(_section(*each) for each in value["sections"]),
            pages=value["pages"],
            notes=tuple(map(str, value["notes"])),
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

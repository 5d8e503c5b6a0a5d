"""Rows of a backfill as they are sent: each is checked, and taken or refused, by itself."""

from typing import Any, Final

from flask import Request
from pydantic import ValidationError

from api import body
from api.backfill_schemas import RefusalOut, RowIn, RowsOut
from api.body import MalformedError
from api.problems import FieldError, ProblemError, field_errors, invalid
from api.services import Services
from workers.contracts.backfill import BackfillRow
from workers.contracts.backfill_rows import MOST_ROWS

#: Most characters of JSON around a question: far more than turns and columns have together.
_MOST_AROUND: Final = 64 * 1024


def read(request: Request) -> list[Any]:
    """The rows as they were sent; a line that cannot be read is its error.

    Raises:
        ProblemError: the body as a whole cannot be used; nothing was added.
    """
    if body.media_type(request, body.JSON, body.NDJSON) == body.NDJSON:
        items: object = list(body.lines(body.read_bytes(request)))
    else:
        fields = body.read_object(request)
        items = fields["rows"] if set(fields) == {"rows"} else None
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ROWS:
        raise ProblemError(
            422,
            "invalid-rows",
            "Nothing was added: rows are an object with the one field `rows`, or one row per line, "
            f"and are 1 to {MOST_ROWS}.",
        )
    return items


def add(items: list[Any], tenant: str, backfill_id: str, services: Services) -> RowsOut:
    """Add what can be added, in order.

    Raises:
        BackfillClosedError: the backfill takes none as it stands.
        BackfillFullError: the clinic would keep too many.
        NoBackfillError: it is gone.
    """
    checked = [_row(item, services.settings.max_question_chars) for item in items]
    rows = [each for each in checked if isinstance(each, BackfillRow)]
    refusals = [
        RefusalOut(index=index, problem=each.problem())
        for index, each in enumerate(checked)
        if isinstance(each, ProblemError)
    ]
    added = services.backfills.add_rows(tenant, backfill_id, rows)
    return RowsOut(
        added=added.added,
        repeated=added.repeated,
        refused=len(refusals),
        rows=added.rows,
        refusals=refusals,
    )


def _row(item: object, longest: int) -> BackfillRow | ProblemError:
    if isinstance(item, MalformedError):
        return ProblemError(400, "malformed-json", f"This row cannot be read: {item}.")
    if isinstance(item, dict) and not item.get("key") and item.get("id"):
        item = item | {"key": item["id"]}
    try:
        row = RowIn.model_validate(item)
    except ValidationError as error:
        return invalid(field_errors(error))
    around = row.model_dump_json(exclude={"question"}, exclude_defaults=True)
    if len(around) > _MOST_AROUND:
        return invalid([FieldError(field="/context", detail="Far too much around the question.")])
    return row.model_copy(update={"fault": row.fault or _fault(row.question, longest)})


def _fault(question: str, longest: int) -> str | None:
    """Why a question cannot be asked; None: it can."""
    if not question.strip("\x00 \t\r\n"):
        return "empty"
    if len(question) > longest:
        return "too_long"
    return "unreadable" if "\x00" in question else None

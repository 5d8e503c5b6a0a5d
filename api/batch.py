"""A batch: each question is read, checked and accepted by itself, all in one round trip."""

from collections.abc import Sequence
from typing import Any

from flask import Request
from pydantic import ValidationError

from api import body
from api.admission import acceptance, request_of, status_of
from api.body import MalformedError
from api.problems import ProblemError, field_errors, invalid
from api.schemas import BatchItem, BatchItemOut, BatchOut
from api.services import Services
from api.settings import ApiSettings
from workers.contracts.question import Lane
from workers.contracts.questions import Admission, NewQuestion


def read(request: Request, settings: ApiSettings) -> list[Any]:
    """The batch's questions as they were sent; a line that cannot be read is its error.

    Raises:
        ProblemError: the body as a whole cannot be used; nothing was accepted.
    """
    if body.media_type(request, body.JSON, body.NDJSON) == body.NDJSON:
        items: object = list(body.lines(body.read_bytes(request)))
    else:
        fields = body.read_object(request)
        items = fields["questions"] if set(fields) == {"questions"} else None
    if not isinstance(items, list) or not 0 < len(items) <= settings.batch_limit:
        raise ProblemError(
            422,
            "invalid-batch",
            "Nothing was accepted: a batch is an object with the one field `questions`, or one "
            f"question per line, and holds 1 to {settings.batch_limit} questions.",
        )
    return items


def admit(items: Sequence[Any], batch_key: str | None, tenant: str, services: Services) -> BatchOut:
    """Accept what can be accepted, in order.

    Args:
        items: the questions as they were sent.
        batch_key: the batch's own idempotency key; with the position it makes an item's.
        tenant: who asks.
        services: the stores.
    """
    settings = services.settings
    checked = [
        _new_question(item, f"{batch_key}#{index}" if batch_key else None, tenant, settings)
        for index, item in enumerate(items)
    ]
    valid = [item for item in checked if isinstance(item, NewQuestion)]
    admissions = iter(services.questions.enqueue_many(valid) if valid else ())
    results = [
        _result(index, next(admissions) if isinstance(item, NewQuestion) else item, settings)
        for index, item in enumerate(checked)
    ]
    accepted = sum(result.accepted is not None for result in results)
    return BatchOut(accepted=accepted, refused=len(results) - accepted, items=results)


def _new_question(
    item: object, default_key: str | None, tenant: str, settings: ApiSettings
) -> NewQuestion | ProblemError:
    if isinstance(item, MalformedError):
        return ProblemError(400, "malformed-json", f"This line cannot be read: {item}.")
    try:
        asked = BatchItem.model_validate(item)
        stored = request_of(asked, tenant, Lane.BULK, settings)
    except ValidationError as error:
        return invalid(field_errors(error))
    except ProblemError as error:
        return error
    return NewQuestion(stored, asked.idempotency_key or default_key)


def _result(index: int, item: Admission | ProblemError, settings: ApiSettings) -> BatchItemOut:
    try:
        if isinstance(item, ProblemError):
            raise item
        answer = acceptance(item, settings)
    except ProblemError as error:
        return BatchItemOut(index=index, status=error.status, problem=error.problem())
    return BatchItemOut(index=index, status=status_of(answer), accepted=answer)

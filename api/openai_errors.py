"""Errors in the form that OpenAI's clients read, for the routes that they call.

The same errors as everywhere, from the same place; `code` is the last part of a problem's `type`,
but for the few that these clients know by a name of their own.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from flask import Response, g
from pydantic import BaseModel, Field

from api.body import JSON
from api.problems import Responses, problem_of

#: OpenAI's own names of errors that it has, too.
_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "key-missing": "invalid_api_key",
        "model-unknown": "model_not_found",
        "lane-full": "rate_limit_exceeded",
    }
)
#: What its clients must not repeat of themselves, though they would by its status.
_FINAL: Final = frozenset({"cancelled", "client-gone"})


class OpenAIError(BaseModel):
    """What is wrong with a request, as OpenAI says it."""

    message: str = Field(description="What happened, what is kept and what to do.")
    type: str
    param: str | None = Field(description="The field that is wrong.")
    code: str | None = Field(description="Stable, for programs.")
    request_id: str = Field(description="Names this request in the server's log.")


class OpenAIErrorOut(BaseModel):
    """An error."""

    error: OpenAIError


def documented(*statuses: int) -> Responses:
    """Responses of the OpenAPI document: errors with these statuses."""
    return dict.fromkeys(statuses, OpenAIErrorOut)


def respond(error: Exception) -> Response:
    """The response to any error."""
    problem = problem_of(error)
    # OpenAI knows no 422: what cannot be accepted is a bad request.
    status = 400 if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY else problem.status
    fields = [f"{each.field[1:]}: {each.detail}" for each in problem.errors]
    out = OpenAIError(
        message=" ".join([problem.detail, *fields]),
        type=_kind(status),
        param=problem.errors[0].field[1:] if problem.errors else None,
        code=_CODES.get(problem.slug, problem.slug),
        request_id=g.get("request_id", ""),
    )
    headers = dict(problem.headers)
    if problem.slug in _FINAL:
        headers["x-should-retry"] = "false"
    body = OpenAIErrorOut(error=out).model_dump_json()
    return Response(body, status, headers, content_type=JSON)


def _kind(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"

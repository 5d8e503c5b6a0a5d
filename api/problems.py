"""Errors as `application/problem+json` (RFC 9457): every one that the API answers with.

    ApiError
    ├── ProblemError           a request that cannot be served, and what the asker is told
    ├── MalformedError         a text that is no JSON that everyone reads alike
    ├── CallbackError          a callback URL that must not be called
    ├── BrokenOffError         a stored record cannot be read in the middle of a download
    └── UndeclaredRouteError   a route declares no scope: the app does not start

Foreign exceptions are translated here and nowhere else: Werkzeug's `HTTPException` keeps its
status, a Redis that is away becomes 503, pydantic's `ValidationError` 422, anything else 500.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, g, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from workers.contracts import logs
from workers.contracts.connection import AWAY

MEDIA_TYPE: Final = "application/problem+json"
#: `Retry-After` where Redis cannot be reached.
_REDIS_AWAY_SECONDS = 5
#: Longest name of a field that an error repeats: an unknown field has whatever name was sent.
_LONGEST_NAME = 64
#: What flask-openapi3 takes as the responses of a route: a model or a description by status.
Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]


class FieldError(BaseModel):
    """What is wrong with one field; never its value."""

    field: str = Field(description="JSON pointer into the body, or the parameter's name.")
    detail: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`urn:atende:problem:…`; stable, for programs.")
    title: str
    status: int
    detail: str = Field(description="What happened, what is kept and what to do.")
    instance: str = Field(description="The path that was asked.")
    request_id: str = Field(description="Names this request in the server's log.")
    errors: list[FieldError] | None = Field(None, description="The fields that are wrong.")


class ApiError(Exception):
    """Root of the API's errors."""


class ProblemError(ApiError):
    """A request that cannot be served.

    Args:
        status: the HTTP status.
        slug: the last part of the problem's type.
        detail: what happened, what is kept and what to do.
        errors: the fields that are wrong.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def problem(self, **more: Any) -> Problem:  # noqa: ANN401 - extension members of RFC 9457
        """The error as it is sent."""
        return Problem(
            type=f"urn:atende:problem:{self.slug}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            instance=quote(request.path),
            request_id=g.get("request_id", ""),
            errors=self.errors or None,
            **more,
        )

    def response(self, **more: Any) -> Response:  # noqa: ANN401 - extension members of RFC 9457
        """The response that carries the error."""
        response = Response(
            self.problem(**more).model_dump_json(exclude_none=True), self.status, self.headers
        )
        response.content_type = MEDIA_TYPE
        return response


def invalid(errors: Sequence[FieldError]) -> ProblemError:
    """422 for fields that are wrong."""
    names = ", ".join(error.field for error in errors[:5])
    return ProblemError(
        422,
        "invalid-fields",
        f"Nothing was accepted: {names} must be corrected; `errors` says how.",
        errors=errors,
    )


def documented(*statuses: int) -> Responses:
    """Responses of the OpenAPI document: problems with these statuses."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"content": {MEDIA_TYPE: schema}} for status in statuses}


def field_errors(error: ValidationError) -> list[FieldError]:
    """What pydantic complains of, without the values, which are personal data."""
    findings = error.errors(include_input=False, include_url=False, include_context=False)
    return [
        FieldError(
            field="/" + "/".join(str(part)[:_LONGEST_NAME] for part in finding["loc"][:3]),
            detail=finding["msg"],
        )
        for finding in findings[:20]
    ]


def problem_of(error: Exception) -> ProblemError:
    """What an asker is told of any error: the one place where foreign ones are translated."""
    match error:
        case ProblemError():
            return error
        case ValidationError():
            return invalid(field_errors(error))
        case HTTPException():
            return _of_http(error)
        case _ if isinstance(error, AWAY):
            return _away(error)
        case _:
            return _unexpected(error)


def register(app: Flask) -> None:
    """Make every error of `app` a problem."""
    app.register_error_handler(Exception, lambda error: problem_of(error).response())


def _of_http(error: HTTPException) -> ProblemError:
    status = error.code or 500
    detail = {
        404: "There is nothing here for this key. /docs lists what can be asked.",
        405: "This path does not take this method; the header Allow says which it takes.",
        413: "The body is too large; nothing was accepted. Send less at once.",
    }.get(status, "The request could not be read; nothing was accepted. Correct and repeat it.")
    slug = HTTPStatus(status).phrase.lower().replace(" ", "-")
    # Werkzeug's own page is HTML; its other headers, such as Allow, still count.
    headers = {k: v for k, v in error.get_headers() if k.lower() != "content-type"}
    return ProblemError(status, slug, detail, headers=headers)


def _away(error: Exception) -> ProblemError:
    logs.logger("api").error("redis_away", error=type(error).__name__)
    return ProblemError(
        503,
        "queue-unreachable",
        "The queue does not answer. Whether this request took effect is not known: repeat it "
        "later, with the same Idempotency-Key so that nothing is asked twice.",
        headers={"Retry-After": str(_REDIS_AWAY_SECONDS)},
    )


def _unexpected(error: Exception) -> ProblemError:
    logs.logger("api").error(
        "request_failed", error=type(error).__name__, places=logs.places(error)
    )
    return ProblemError(
        500,
        "internal-error",
        "The API failed while it served this request; questions accepted before are kept. Tell "
        "its operator the request_id.",
    )

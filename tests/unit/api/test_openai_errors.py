import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from api.openai_errors import respond
from api.problems import FieldError, ProblemError, invalid


def shown(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    with Flask("test").test_request_context("/v1/chat/completions"):
        response = respond(error)
    (body,) = json.loads(response.get_data()).values()
    return response.status_code, body, dict(response.headers)


def test_a_wrong_field_is_a_bad_request_that_names_it() -> None:
    status, error, _ = shown(invalid([FieldError(field="/n", detail="there is one answer")]))
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", "n")
    assert "n: there is one answer" in error["message"]


@pytest.mark.parametrize(
    ("slug", "status", "code"),
    [
        ("key-missing", 401, "invalid_api_key"),
        ("model-unknown", 404, "model_not_found"),
        ("lane-full", 429, "rate_limit_exceeded"),
        ("scope-missing", 403, "scope-missing"),
    ],
)
def test_errors_that_openai_has_keep_its_names(slug: str, status: int, code: str) -> None:
    headers = {"Retry-After": "9"}
    sent, error, got = shown(ProblemError(status, slug, "What to do.", headers=headers))
    assert (sent, error["code"], error["message"]) == (status, code, "What to do.")
    assert got["Retry-After"] == "9"
    assert "x-should-retry" not in got


def test_what_a_repetition_cannot_help_is_not_repeated() -> None:
    for slug in ("cancelled", "client-gone"):
        assert shown(ProblemError(409, slug, "What to do."))[2]["x-should-retry"] == "false"


def test_foreign_errors_have_the_same_form() -> None:
    assert shown(NotFound())[1]["type"] == "invalid_request_error"
    status, error, _ = shown(RuntimeError("Maria Silva"))
    assert (status, error["type"]) == (500, "server_error")
    assert "Maria" not in error["message"]

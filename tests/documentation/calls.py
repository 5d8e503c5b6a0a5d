"""Calls of the API that the documents show: it must have each of them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from api.server import create_app
from tests.documentation.pages import inline

_CALL: Final = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S.*)")
#: What stands for a value that the reader puts in.
_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}|\$\w+|…")
_ID: Final = "a" * 32


@cache
def _api() -> OpenAPI:
    return create_app()


def bad_calls(text: str) -> Iterator[str]:
    """`GET /path` in prose and tables: the API must have it."""
    for code in inline(text):
        if call := _CALL.fullmatch(code):
            yield from bad_call(call[1], call[2])


def bad_call(method: str, target: str) -> Iterator[str]:
    """A method and a path that no route takes, or a query that its route does not know."""
    parts = urlsplit(_PLACEHOLDER.sub(_ID, target))
    adapter = _api().url_map.bind("localhost")
    try:
        rule, _ = adapter.match(parts.path, method=method, return_rule=True)
    except (HTTPException, RequestRedirect):
        yield f"the API has no {method} {target}"
        return
    documented = _operation(rule, method)
    if documented is None:
        return  # a page for people, or Prometheus' own
    known = {each["name"] for each in documented.get("parameters", ()) if each["in"] == "query"}
    for name, _value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            yield f"{method} {target} knows no {name}"


def _operation(rule: Rule, method: str) -> dict[str, Any] | None:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    operations: dict[str, Any] = _api().api_doc["paths"].get(path, {})
    return operations.get(method.lower())

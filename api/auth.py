"""Who may ask what: every route declares the scope it needs, or that it is open to all.

`protect` refuses an app in which a route declares neither, so a route that was forgotten fails at
start-up, not in production. The scope `admin` includes every other scope of its own tenant.
Keys are looked up at each request: a revoked one is refused from then on.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request
from flask_openapi3.openapi import OpenAPI

from api.problems import ApiError, ProblemError
from api.services import current_services
from workers.contracts.api_keys import Access, Scope

_View = TypeVar("_View", bound=Callable[..., Any])
_SCOPE_ATTRIBUTE: Final = "required_scope"
#: The name of the security scheme in the OpenAPI document.
SCHEME: Final = "key"


class UndeclaredRouteError(ApiError):
    """A route says neither which scope it needs nor that it is open to all."""


def requires(scope: Scope) -> Callable[[_View], _View]:
    """Declare the scope that a route needs. Goes below the decorator of the route."""

    def mark(view: _View) -> _View:
        view.__dict__[_SCOPE_ATTRIBUTE] = scope
        return view

    return mark


def public(view: _View) -> _View:
    """Declare that a route is open to all. Goes below the decorator of the route."""
    view.__dict__[_SCOPE_ATTRIBUTE] = None
    return view


def scope_of(app: Flask, endpoint: str) -> Scope | None:
    """The scope that an endpoint declared; None where it is open to all.

    Raises:
        UndeclaredRouteError: it declared nothing.
    """
    declared = vars(app.view_functions[endpoint])
    if _SCOPE_ATTRIBUTE not in declared:
        raise UndeclaredRouteError(
            f"The route {endpoint!r} declares no scope: put @requires(Scope.…) or @public below "
            "the decorator of its route."
        )
    scope: Scope | None = declared[_SCOPE_ATTRIBUTE]
    return scope


def protect(app: OpenAPI) -> None:
    """Guard every route of `app`, and say so in its OpenAPI document.

    Raises:
        UndeclaredRouteError: a route declared nothing.
    """
    for rule in app.url_map.iter_rules():
        scope = scope_of(app, rule.endpoint)
        path = app.paths.get(re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule))
        for method in rule.methods or ():
            operation = getattr(path, method.lower(), None)
            if operation is not None and scope is not None:
                operation.security = [{SCHEME: [scope.value]}]
    app.before_request(_authenticate)


def access() -> Access:
    """Whom this request's key lets in; only on routes that need a scope."""
    holder: Access = g.access
    return holder


def _authenticate() -> None:
    if request.endpoint is None:
        return  # no such route: 404 or 405 tells nothing that /docs does not
    scope = scope_of(current_app, request.endpoint)
    if scope is None:
        return
    header = request.authorization
    if header is None or header.type != "bearer" or not header.token:
        raise _unauthorized("Send the API key in the header `Authorization: Bearer atd_…`.", "")
    holder = current_services().keys.find(header.token)
    if holder is None:
        raise _unauthorized(
            "This API key is unknown or was revoked. Ask the operator for another.",
            ', error="invalid_token"',
        )
    if not holder.scopes & {scope, Scope.ADMIN}:
        raise ProblemError(
            403,
            "scope-missing",
            f"This API key lacks the scope `{scope}`. Ask the operator for a key that has it.",
            headers={
                "WWW-Authenticate": f'Bearer realm="atende", error="insufficient_scope", '
                f'scope="{scope}"'
            },
        )
    g.access = holder


def _unauthorized(detail: str, parameters: str) -> ProblemError:
    challenge = f'Bearer realm="atende"{parameters}'
    return ProblemError(401, "key-missing", detail, headers={"WWW-Authenticate": challenge})

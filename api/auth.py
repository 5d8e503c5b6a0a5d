"""Who may ask what: every route declares the scope it needs, or that it is open to all.

`protect` refuses an app in which a route declares neither, so a route that was forgotten fails at
start-up, not in production. The scope `admin` holds every other scope of its own tenant.
Keys are looked up at each request: one that was revoked is refused from then on. A route that is
marked `confirms` is let in on what this process remembers of the key, and its view has the key
looked up by the script that does the work, in the same step. Whatever else it answers, an error
for instance, is told only after a look-up: so no answer rests on the memory alone.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_openapi3.openapi import OpenAPI

from api.problems import AWAY, ProblemError, away
from api.services import services
from workers.contracts.access import Access, Presumed, Scope
from workers.contracts.store import AccessChangedError

_Result = TypeVar("_Result")
_View = TypeVar("_View", bound=Callable[..., Any])
_MARK: Final = "required_scope"
_CONFIRMS: Final = "confirms_access"
#: The name of the security scheme in the OpenAPI document.
SCHEME: Final = "key"


class UndeclaredRouteError(Exception):
    """A route says neither which scope it needs nor that it is open to all."""


def requires(scope: Scope, *, confirms: bool = False) -> Callable[[_View], _View]:
    """Declare the scope that a route needs. Stands below the decorator of the route.

    Args:
        scope: what the key must hold.
        confirms: the view does its work through `confirmed`, which spares it a round trip.
    """

    def mark(view: _View) -> _View:
        view.__dict__[_MARK] = scope
        view.__dict__[_CONFIRMS] = confirms
        return view

    return mark


def public(view: _View) -> _View:
    """Declare that a route is open to all. Stands below the decorator of the route."""
    view.__dict__[_MARK] = None
    return view


def scope_of(app: Flask, endpoint: str) -> Scope | None:
    """The scope that an endpoint declared; None where it is open to all.

    Raises:
        UndeclaredRouteError: it declared nothing.
    """
    declared = vars(app.view_functions[endpoint])
    if _MARK not in declared:
        raise UndeclaredRouteError(
            f"The route {endpoint!r} declares no scope: put @requires(Scope.…) or @public below "
            "the decorator of its route."
        )
    scope: Scope | None = declared[_MARK]
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
    app.after_request(_confirm)


def access() -> Access:
    """Whom this request's key lets in; only on routes that need a scope."""
    found: Access = g.access
    return found


def confirmed(work: Callable[[Access, Presumed | None], _Result]) -> _Result:
    """What `work` gives, which looks up the key that it is handed, in the step that it takes.

    Args:
        work: takes whom the key lets in, and what to compare; None where it was just looked up.
            Raises AccessChangedError, with nothing done, where the comparison failed.

    Raises:
        ProblemError: 401 or 403: the key was revoked, or may less than before.
    """
    presumed: Presumed = g.presumed
    try:
        result = work(presumed.access, presumed)
    except AccessChangedError:
        _look_up(_token())
        return work(access(), None)
    g.presumed = None
    return result


def _authenticate() -> None:
    if request.endpoint is None:
        return  # no such route: 404 or 405 tells nothing that /docs does not
    scope = scope_of(current_app, request.endpoint)
    if scope is None:
        return
    token = _token()
    if vars(current_app.view_functions[request.endpoint])[_CONFIRMS]:
        g.presumed = services().keys.presume(token)
        _admit(g.presumed.access if g.presumed else None, scope)
    else:
        _look_up(token)


def _confirm(response: Response) -> Response:
    """Look up the key of a request whose view did not."""
    if g.get("presumed") is None:
        return response
    try:
        _look_up(_token())
    except ProblemError as error:
        g.pop("access", None)
        return error.response()
    except AWAY as error:
        return away(error)
    return response


def _token() -> str:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise _unknown("Send the API key in the header `Authorization: Bearer atd_…`.", "")
    return given.token


def _look_up(token: str) -> None:
    g.presumed = None
    scope = scope_of(current_app, request.endpoint or "")
    _admit(services().keys.find(token), scope)


def _admit(found: Access | None, scope: Scope | None) -> None:
    if found is None:
        raise _unknown(
            "This API key is unknown or was revoked. Ask the operator for another.",
            ', error="invalid_token"',
        )
    if scope is not None and not found.scopes & {scope, Scope.ADMIN}:
        raise ProblemError(
            403,
            "scope-missing",
            f"This API key lacks the scope `{scope}`. Ask the operator for a key that has it.",
            headers={
                "WWW-Authenticate": f'Bearer realm="atende", error="insufficient_scope", '
                f'scope="{scope}"'
            },
        )
    g.access = found


def _unknown(detail: str, more: str) -> ProblemError:
    header = f'Bearer realm="atende"{more}'
    return ProblemError(401, "key-missing", detail, headers={"WWW-Authenticate": header})

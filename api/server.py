"""The app: its routes, its OpenAPI document, its errors. `create_app` is what a server runs."""

import secrets
import time
from typing import NoReturn

from flask import Response, g, redirect
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_openapi3_swagger.plugins import RegisterPlugin  # type: ignore[import-untyped]
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from api import auth, metrics, problems
from api.backfill_outputs import backfill_outputs
from api.backfill_steps import backfill_steps
from api.backfills import backfills
from api.body import StrictRequest
from api.callbacks import callbacks
from api.channels import channels
from api.chat_completions import chat_completions
from api.conversations import conversations
from api.documents import documents
from api.health import health
from api.mails import mails
from api.problems import Problem
from api.questions import questions
from api.services import EXTENSION, Services
from api.settings import ApiSettings

_ABOUT = """\
Questions of a clinic's patients, answered from the clinic's own documents.

Send a question, keep its id, and read the outcome: by callback, or by asking with `wait`. Upload
the documents that answers come from, and read what became of each. Callbacks that were given up can
be listed and sent again. People read and answer the conversations of the channels. Many old
questions are answered into a file as a backfill.

`POST /v1/chat/completions` takes and answers a chat as OpenAI's API does.

Every error is `application/problem+json`, but for the routes of chat completions, which answer in
OpenAI's form. Press **Authorize** and paste an API key (`atd_…`).
"""


class _App(OpenAPI):
    request_class = StrictRequest


def create_app(settings: ApiSettings | None = None) -> OpenAPI:
    """Build the app. It connects to Redis at the first request that needs it.

    Args:
        settings: read from `ATENDE_*` where not given.

    Raises:
        UndeclaredRouteError: a route declares no scope.
    """
    settings = settings or ApiSettings()
    app = _App(
        "api",
        info=Info(title="Atende", version="1", description=_ABOUT),
        security_schemes={auth.SCHEME: {"type": "http", "scheme": "bearer"}},
        validation_error_model=Problem,
        # Every route documents its own errors. Where this status is missing, the library would add
        # one in its own form; all routes document 500.
        validation_error_status=500,
        validation_error_callback=_invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.url_map.merge_slashes = False  # a document's name is looked up as it was sent
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 1024 * 1024
    app.extensions[EXTENSION] = Services.open(settings)
    app.before_request(_begin)
    app.after_request(_finish)
    metrics.observe(app, access_log=settings.access_log)
    problems.register(app)
    of_channels = (conversations, channels, mails)
    of_backfills = (backfills, backfill_steps, backfill_outputs)
    resources = (
        *(questions, chat_completions, documents, callbacks),
        *(*of_channels, *of_backfills),
        *(health, metrics.metrics),
    )
    for resource in resources:
        app.register_api(resource)
    _serve_docs(app)
    auth.protect(app)
    return app


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _invalid(error: ValidationError) -> NoReturn:
    """The library would answer by itself; raised, the route's own handler gives it its form."""
    raise problems.problem_of(error)


def _serve_docs(app: OpenAPI) -> None:
    """Serve the OpenAPI document and the page that shows it, all from this process."""
    # Swagger UI would send the document's address to an online validator.
    app.config["SWAGGER_CONFIG"] = {"validatorUrl": None, "persistAuthorization": False}
    app.register_blueprint(RegisterPlugin.register("../openapi.json"), url_prefix="/docs")
    for endpoint in ("swagger.swagger", "swagger.static", "swagger.oauth2-redirect"):
        auth.public(app.view_functions[endpoint])

    @app.route("/openapi.json")
    @auth.public
    def openapi() -> dict[str, object]:
        document: dict[str, object] = app.api_doc
        return document

    @app.route("/docs")
    @auth.public
    def docs() -> AnyResponse:
        return redirect("docs/swagger")

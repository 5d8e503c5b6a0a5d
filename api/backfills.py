"""Backfills: many old questions, answered into a file and never to a patient."""

from typing import Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api import backfill_uploads, body
from api.auth import access, requires
from api.backfill_access import PATH, own, shown, translated, unknown
from api.backfill_plans import checked
from api.backfill_schemas import BackfillIn, BackfillOut, BackfillPath, BackfillsOut, UploadIn
from api.problems import ProblemError, documented
from api.schemas import QUESTION_ID, REF, components, response
from api.services import Services, current_services
from api.uploads import FIELD, MULTIPART
from workers.contracts import logs
from workers.contracts.api_keys import Scope
from workers.contracts.backfill import Backfill, BackfillPlan
from workers.contracts.errors import BackfillFullError

backfills = APIBlueprint(
    "backfills",
    __name__,
    abp_tags=[Tag(name="backfills")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_log = logs.logger("api")
backfills.components_schemas |= components(BackfillIn)
#: `Retry-After` of an upload, where others are being read, and where too many bytes wait.
_READING_SECONDS, _FULL_SECONDS = "2", "30"
_FILE: Final = UploadIn.model_json_schema()
_FILE["properties"][FIELD] = {"type": "string", "format": "binary"}
_FILE["required"] = [FIELD]
_CREATE_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        body.JSON: {"schema": {"$ref": REF.format(model="BackfillIn")}},
        MULTIPART: {"schema": _FILE},
    },
}


@backfills.post(
    "/v1/backfills",
    responses={
        200: BackfillOut,
        201: BackfillOut,
        202: BackfillOut,
        **documented(400, 409, 411, 413, 415, 429),
    },
    openapi_extensions={"requestBody": _CREATE_BODY},
)
@requires(Scope.BACKFILL)
def create() -> Response:
    """Make a backfill, or go on with the one of this name.

    With JSON: 201, or 200 where the name is known; send its rows, then seal it. What the request
    says of the plan (window, summaries, `expires_in`) holds from now on. With a file: 202; a worker
    reads it into rows soon, and `state` says how that went. A file of a known name adds the rows
    that are new. Nothing of a backfill is ever sent to a patient.
    """
    if request.mimetype == MULTIPART:
        return _upload(current_services())
    fields = BackfillIn.model_validate(body.read_object(request))
    backfill, created = _made(fields, current_services(), reading=False)
    return shown(backfill, 201 if created else 200)


@backfills.get("/v1/backfills", responses={200: BackfillsOut})
@requires(Scope.BACKFILL)
def show_all() -> Response:
    """List all that are kept, the newest first."""
    listed = current_services().backfills.list(access().tenant)
    return response(BackfillsOut(backfills=[BackfillOut.of(each) for each in listed]))


@backfills.get(PATH, responses={200: BackfillOut, **documented(404)})
@requires(Scope.BACKFILL)
def read(path: BackfillPath) -> Response:
    """Read how far a backfill is."""
    return shown(own(path))


@backfills.delete(PATH, responses={204: None, **documented(404)})
@requires(Scope.BACKFILL)
def erase(path: BackfillPath) -> Response:
    """Erase a backfill: its rows, its results, and its questions, also those in the lane."""
    backfill_id = path.backfill_id
    is_id = QUESTION_ID.fullmatch(backfill_id)  # a damaged one is erased, too: it is not read here
    if not is_id or not current_services().backfills.erase(access().tenant, backfill_id):
        raise unknown()
    _log.info("backfill_erased", backfill=backfill_id, by=access().name)
    return Response(status=204)


def _made(fields: BackfillIn, services: Services, *, reading: bool) -> tuple[Backfill, bool]:
    """The backfill of this name, by the plan that was asked for; whether it is new."""
    store, tenant = services.backfills, access().tenant
    known = store.named(tenant, fields.name)
    before = known.plan if known else BackfillPlan()
    plan = checked(fields, before, tenant, services)
    with translated():
        backfill, created = store.create(tenant, fields.name, fields.source, plan, reading=reading)
        if plan != before and not created:
            backfill = store.replan(tenant, backfill.id, plan)
    return backfill, created


def _upload(services: Services) -> Response:
    if not services.uploads.acquire(blocking=False):
        raise ProblemError(
            503,
            "uploads-busy",
            "Nothing was accepted: other uploads are being read. Send this one again in a moment.",
            headers={"Retry-After": _READING_SECONDS},
        )
    try:
        file = backfill_uploads.read(request, services.settings)
        backfill, _ = _made(file.backfill, services, reading=True)
        with translated():
            _put(backfill, file, services)
    finally:
        services.uploads.release()
    return shown(services.backfills.get(backfill.tenant, backfill.id) or backfill, 202)


def _put(backfill: Backfill, file: backfill_uploads.BackfillUpload, services: Services) -> None:
    try:
        services.backfills.put_file(
            backfill.tenant, backfill.id, file.name, file.data, file.options
        )
    except BackfillFullError as error:  # workers read what waits: later there is room
        raise ProblemError(
            429, "uploads-full", str(error), headers={"Retry-After": _FULL_SECONDS}
        ) from None

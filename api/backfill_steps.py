"""Steps of a backfill: rows come, it is sealed, paused, resumed, cancelled, asked again."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from api import backfill_rows
from api.auth import requires
from api.backfill_access import PATH, closed, own, shown, translated
from api.backfill_schemas import (
    BackfillOut,
    BackfillPath,
    RedoIn,
    RedoOut,
    RowIn,
    RowsOut,
    SealIn,
    StopIn,
)
from api.body import JSON, NDJSON
from api.problems import Responses, documented
from api.schemas import REF, components, response
from api.services import current_services
from workers.contracts.api_keys import Scope
from workers.contracts.backfill import Backfill, BackfillState

backfill_steps = APIBlueprint(
    "backfill_steps",
    __name__,
    abp_tags=[Tag(name="backfills")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_Body = TypeVar("_Body", bound=BaseModel)
backfill_steps.components_schemas |= components(RowIn, SealIn, StopIn, RedoIn)
_CHANGED: Final[Responses] = {200: BackfillOut, **documented(400, 404, 413, 415)}
_ROWS_BODY: Final[dict[str, Any]] = {
    "description": "JSON, or NDJSON with one row per line; up to 1,000.",
    "required": True,
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "required": ["rows"],
                "properties": {
                    "rows": {"type": "array", "items": {"$ref": REF.format(model="RowIn")}}
                },
            }
        },
        NDJSON: {"schema": {"type": "string"}},
    },
}


def _optional(model: type[BaseModel]) -> dict[str, Any]:
    """The document's words for a body that may be left out."""
    schema = {"schema": {"$ref": REF.format(model=model.__name__)}}
    return {"requestBody": {"required": False, "content": {JSON: schema}}}


@backfill_steps.post(
    f"{PATH}/rows",
    responses={200: RowsOut, **documented(400, 404, 409, 413, 415)},
    openapi_extensions={"requestBody": _ROWS_BODY},
)
@requires(Scope.BACKFILL)
def add_rows(path: BackfillPath) -> Response:
    """Add up to 1,000 rows, in their order.

    200 with counts; each row is taken or refused for itself, and `refusals` say why. A row whose
    key is known is passed over, so that whatever fails can be sent again. 409: the backfill was
    cancelled or its file is being read, or the clinic keeps as many rows as it may
    (`ATENDE_BACKFILL_ROWS`); none was added.
    """
    services = current_services()
    items = backfill_rows.read(request)
    backfill = own(path)
    if backfill.state is BackfillState.READING:
        raise closed("Its file is being read: send rows once it runs. None of these were added.")
    with translated():
        return response(backfill_rows.add(items, backfill.tenant, backfill.id, services))


@backfill_steps.post(f"{PATH}/seal", responses=_CHANGED, openapi_extensions=_optional(SealIn))
@requires(Scope.BACKFILL)
def seal(path: BackfillPath) -> Response:
    """Say that all rows are there: from now on they are asked."""
    store, said = current_services().backfills, _body(SealIn)
    if said.model_fields_set:
        store.note_source(own(path).id, said.left_out, said.guesses)
    return _changed(store.seal, path)


@backfill_steps.post(f"{PATH}/pause", responses=_CHANGED, openapi_extensions=_optional(StopIn))
@requires(Scope.BACKFILL)
def pause(path: BackfillPath) -> Response:
    """Ask no more rows for now. One that has ended, or whose file is being read, stays as it is."""
    return _changed(current_services().backfills.pause, path, withdraw=_body(StopIn).withdraw)


@backfill_steps.post(f"{PATH}/resume", responses=_CHANGED)
@requires(Scope.BACKFILL)
def resume(path: BackfillPath) -> Response:
    """Go on with a paused backfill; another stays as it is."""
    return _changed(current_services().backfills.resume, path)


@backfill_steps.post(f"{PATH}/cancel", responses=_CHANGED)
@requires(Scope.BACKFILL)
def cancel(path: BackfillPath) -> Response:
    """Ask no more rows, for good: what no worker has claimed is taken back. Results are kept."""
    return _changed(current_services().backfills.cancel, path, withdraw=True)


@backfill_steps.post(
    f"{PATH}/redo",
    responses={200: RedoOut, **documented(400, 404, 409, 413, 415)},
    openapi_extensions=_optional(RedoIn),
)
@requires(Scope.BACKFILL)
def redo(path: BackfillPath) -> Response:
    """Ask rows again that ended so: after new documents, or where something was broken.

    Their new results take the place of the old ones, with higher numbers. Rows that cannot be asked
    (`empty`, `too_long`, …) stay as they are. 409: it was cancelled, or its file is unreadable.
    """
    store, wanted, backfill = current_services().backfills, _body(RedoIn), own(path)
    if backfill.state in {BackfillState.CANCELLED, BackfillState.UNREADABLE}:
        raise closed(f"Nothing is asked again: the backfill is {backfill.state}.")
    with translated():
        again = store.redo(backfill.tenant, backfill.id, wanted.rows, wanted.status)
    return response(RedoOut(again=again, backfill=BackfillOut.of(own(path))))


def _changed(
    change: Callable[[str, str], Backfill], path: BackfillPath, *, withdraw: bool = False
) -> Response:
    """What a change answers; with `withdraw`, once unclaimed rows are taken off the lane."""
    backfill = own(path)
    with translated():
        backfill = change(backfill.tenant, backfill.id)
    if withdraw and backfill.state in {BackfillState.PAUSED, BackfillState.CANCELLED}:
        current_services().backfills.withdraw(backfill)
        backfill = own(path)
    return shown(backfill)


def _body(model: type[_Body]) -> _Body:
    """The body, which may be left out."""
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return model()
    return model.model_validate(request.get_json())

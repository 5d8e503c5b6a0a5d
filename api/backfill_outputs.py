"""What comes out of a backfill: its results, the report, the pairs."""

from typing import Any, Final

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api import backfill_reports, backfill_results
from api.auth import requires
from api.backfill_access import PATH, own
from api.backfill_schemas import BackfillPath, MakingOut, ResultsQuery
from api.body import NDJSON
from api.problems import documented
from api.services import current_services
from workers.contracts.api_keys import Scope

backfill_outputs = APIBlueprint(
    "backfill_outputs",
    __name__,
    abp_tags=[Tag(name="backfills")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_TEXT: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_LINES: Final[dict[str, Any]] = {"content": {NDJSON: _TEXT, "text/csv": _TEXT}}
_PAGE: Final[dict[str, Any]] = {"content": {"text/html": _TEXT}}
_TABLE: Final[dict[str, Any]] = {"content": {"text/csv": _TEXT}}


@backfill_outputs.get(f"{PATH}/results", responses={200: _LINES, **documented(404)})
@requires(Scope.BACKFILL)
def results(path: BackfillPath, query: ResultsQuery) -> Response:
    """Read results in the order in which they came, each with its row; all, or after a number.

    Of a row that was asked again only the newest result is read. They are sent as they are read, so
    a connection that breaks ends them early: go on after the last `number`.
    """
    services, backfill = current_services(), own(path)
    lines = backfill_results.stream(services.backfills, backfill.id, query)
    return Response(lines, 200, content_type=backfill_results.MEDIA_TYPES[query.format])


@backfill_outputs.get(f"{PATH}/report", responses={200: _PAGE, 202: MakingOut, **documented(404)})
@requires(Scope.BACKFILL)
def report(path: BackfillPath) -> Response:
    """Read the report, a page in Portuguese: what was answered, and what the documents lack.

    202: a worker makes it; ask again. One that is a minute old may lack the newest results.
    """
    services = current_services()
    return backfill_reports.give(own(path), "report", services)


@backfill_outputs.get(f"{PATH}/pairs", responses={200: _TABLE, 202: MakingOut, **documented(404)})
@requires(Scope.BACKFILL)
def pairs(path: BackfillPath) -> Response:
    """Read questions with the clinic's own later answers, as CSV, for a person to approve.

    202: a worker makes it; ask again.
    """
    services = current_services()
    return backfill_reports.give(own(path), "pairs", services)

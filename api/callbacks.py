"""Callbacks that were given up: list them, and send them again.

Both need the scope `ask`: whoever may ask is who waits for the callbacks, and mends their receiver.
A replay sends what was asked for to the address that was given then, no more.
"""

import re
from typing import Final

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from api import body
from api.auth import access, requires
from api.callback_schemas import CallbackOut, CallbacksOut, CallbacksQuery, ReplayedOut
from api.problems import ProblemError, documented
from api.schemas import Links, QuestionPath, link
from api.services import current_services
from workers.contracts import logs
from workers.contracts.api_keys import Scope
from workers.contracts.dead_deliveries import NOT_DEAD, DeadDelivery
from workers.contracts.question import Delivery

callbacks = APIBlueprint(
    "callbacks",
    __name__,
    abp_tags=[Tag(name="callbacks")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_log = logs.logger("api")
_ID: Final = re.compile(r"[0-9a-f]{32}")


@callbacks.get("/v1/callbacks", responses={200: CallbacksOut})
@requires(Scope.ASK)
def show_all(query: CallbacksQuery) -> Response:
    """List the callbacks that were given up, newest first, with the reasons.

    They are kept as long as their questions (`ATENDE_RETENTION_HOURS`).
    """
    page = current_services().dead.page(query.limit, query.after, access().tenant)
    shown = [_shown(delivery) for delivery in page.deliveries]
    return _json(
        CallbacksOut(callbacks=[each for each in shown if each is not None], next=page.after), 200
    )


@callbacks.post(
    "/v1/callbacks/<question_id>/replay", responses={202: ReplayedOut, **documented(404, 409)}
)
@requires(Scope.ASK)
def replay(path: QuestionPath) -> Response:
    """Send a callback again that was given up.

    202: it is sent within seconds, with the same `webhook-id`, and gets all its attempts again.
    Repair its receiver first. 409: it is not dead, and nothing was changed: sending this twice
    does no harm.
    """
    question_id = path.question_id
    known = _ID.fullmatch(question_id)
    state = current_services().dead.replay(question_id, access().tenant) if known else None
    if state is None:
        raise ProblemError(
            404,
            "callback-unknown",
            "This key's tenant has no question of this id: it never was, or it ended so long ago "
            "that it is no longer kept. GET /v1/callbacks lists those that can be sent again.",
        )
    if state is not Delivery.DEAD:
        raise ProblemError(
            409,
            "callback-not-dead",
            f"Nothing was changed. This question cannot be replayed: {NOT_DEAD[state]}. "
            f"{link(question_id)} shows where it stands.",
        )
    answer = ReplayedOut(
        id=question_id, state=Delivery.PENDING, links=Links(self=link(question_id))
    )
    return _json(answer, 202)


def _shown(delivery: DeadDelivery) -> CallbackOut | None:
    if delivery.question is None:  # the others are listed all the same
        _log.error("callback_unreadable", question=delivery.id)
        return None
    return CallbackOut.of(delivery.question, delivery.at)


def _json(answer: BaseModel, status: int) -> Response:
    return Response(answer.model_dump_json(), status, content_type=body.JSON)

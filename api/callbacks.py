"""Callbacks that were given up: list them, and send them again.

Both need the scope `ask`: whoever may ask waits for the callbacks, and repairs their receiver.
A replay sends the outcome to the address that the question came with, no other.
"""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.auth import access, requires
from api.callback_schemas import CallbackOut, CallbacksOut, CallbacksQuery, ReplayedOut
from api.problems import ProblemError, documented
from api.schemas import QUESTION_ID, Links, QuestionPath, link, response
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


@callbacks.get("/v1/callbacks", responses={200: CallbacksOut})
@requires(Scope.ASK)
def show_all(query: CallbacksQuery) -> Response:
    """List the callbacks that were given up, newest first, with the reasons.

    They are kept as long as their questions (`ATENDE_RETENTION_HOURS`).
    """
    page = current_services().dead.page(query.limit, query.after, access().tenant)
    dead = list(filter(None, map(_callback_out, page.deliveries)))
    return response(CallbacksOut(callbacks=dead, next=page.after))


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
    is_id = QUESTION_ID.fullmatch(question_id)
    state = current_services().dead.replay(question_id, access().tenant) if is_id else None
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
    return response(answer, 202)


def _callback_out(delivery: DeadDelivery) -> CallbackOut | None:
    if delivery.question is None:  # the others are listed all the same
        _log.error("callback_unreadable", question=delivery.id)
        return None
    return CallbackOut.of(delivery.question, delivery.dead_at)

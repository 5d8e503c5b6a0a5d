"""Questions: ask one or many, read one, wait for one, cancel one."""

from typing import Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag

from api import batch, body
from api.admission import acceptance, request_of, status_of
from api.auth import access, requires
from api.problems import ProblemError, Responses, documented
from api.schemas import (
    QUESTION_ID,
    AcceptedOut,
    AskHeader,
    BatchItem,
    BatchOut,
    QuestionIn,
    QuestionOut,
    QuestionPath,
    WaitQuery,
    response,
)
from api.services import Services, current_services
from workers.contracts.api_keys import Scope
from workers.contracts.question import Lane, Question, Status

questions = APIBlueprint(
    "questions",
    __name__,
    abp_tags=[Tag(name="questions")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_ASK_RESPONSES: Final[Responses] = {
    200: AcceptedOut,
    202: AcceptedOut,
    **documented(400, 413, 415, 429),
}
_REF: Final = "#/components/schemas/{model}"
_BATCH_BODY: Final[dict[str, Any]] = {
    "description": "JSON, or NDJSON with one question per line.",
    "required": True,
    "content": {
        body.JSON: {
            "schema": {
                "type": "object",
                "required": ["questions"],
                "properties": {
                    "questions": {
                        "type": "array",
                        "items": {"$ref": _REF.format(model="BatchItem")},
                    }
                },
            }
        },
        body.NDJSON: {"schema": {"type": "string"}},
    },
}
questions.components_schemas["BatchItem"] = Schema(**BatchItem.model_json_schema(ref_template=_REF))


@questions.post("/v1/questions", responses=_ASK_RESPONSES)
@requires(Scope.ASK)
def ask(header: AskHeader, body: QuestionIn) -> Response:
    """Ask one question.

    202: accepted; it will not be lost. 200: this Idempotency-Key came with the same question
    before; nothing was added. 429: the lane is full. The default lane is `interactive`.
    """
    services = current_services()
    stored = request_of(body, access().tenant, Lane.INTERACTIVE, services.settings)
    admission = services.questions.enqueue(stored, header.idempotency_key)
    answer = acceptance(admission, services.settings)
    return response(answer, status_of(answer), {"Location": answer.links.self})


@questions.post(
    "/v1/questions/batch",
    responses={202: BatchOut, **documented(400, 413, 415)},
    openapi_extensions={"requestBody": _BATCH_BODY},
)
@requires(Scope.ASK)
def ask_many(header: AskHeader) -> Response:
    """Ask up to 1,000 questions.

    202 with a result per question, in their order: each is accepted or refused for itself. The
    default lane is `bulk`. With an Idempotency-Key the whole batch can be sent again.
    """
    services = current_services()
    items = batch.read(request, services.settings)
    return response(batch.admit(items, header.idempotency_key, access().tenant, services), 202)


@questions.get("/v1/questions/<question_id>", responses={200: QuestionOut, **documented(404)})
@requires(Scope.ASK)
def read(path: QuestionPath, query: WaitQuery) -> Response:
    """Read a question; with `wait`, once it has ended.

    While too many others wait, it answers at once with the header Retry-After.
    """
    services = current_services()
    question = _own(path.question_id, services)
    headers = {}
    if query.wait > 0 and not question.status.ended:
        if services.long_polls.acquire(blocking=False):
            try:
                seconds = min(query.wait, services.settings.max_wait_seconds)
                ended = services.questions.wait(question.id, seconds, services.stopping.is_set)
                question = ended or question
            finally:
                services.long_polls.release()
        else:
            headers["Retry-After"] = "1"
    return response(QuestionOut.of(question), 200, headers)


@questions.delete(
    "/v1/questions/<question_id>", responses={200: QuestionOut, **documented(404, 409)}
)
@requires(Scope.ASK)
def cancel(path: QuestionPath) -> Response:
    """Cancel a question that has not ended. 409 where it has; cancelling twice is no error."""
    services = current_services()
    status = services.questions.cancel(_own(path.question_id, services).id)
    if status is not None and status is not Status.CANCELLED:
        raise ProblemError(
            409,
            "already-ended",
            f"This question ended before as `{status}`; its outcome is kept and can be read.",
        )
    return response(QuestionOut.of(_own(path.question_id, services)))


def _own(question_id: str, services: Services) -> Question:
    """The question, if it is the caller's; another tenant's looks like one that never was."""
    question = services.questions.get(question_id) if QUESTION_ID.fullmatch(question_id) else None
    if question is None or question.request.tenant != access().tenant:
        raise ProblemError(
            404,
            "question-unknown",
            "This key's tenant has no question of this id: it never was, or it ended so long ago "
            "that it is no longer kept.",
        )
    return question

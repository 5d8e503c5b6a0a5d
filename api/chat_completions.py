"""Chat completions as OpenAI's clients ask for them, in front of the queue.

A chat's question goes the way of every other: into the interactive lane, through the gate and the
check. Nothing is generated here, and no instruction of the asker reaches the model.
"""

import time
from typing import Final, cast

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from api import openai_errors, presence
from api.admission import acceptance, request_of
from api.auth import access, requires
from api.body import StrictRequest
from api.chat_schemas import MODEL, ChatCompletionOut, ChatIn, ModelOut, ModelsOut
from api.chat_stream import EVENT_STREAM, events
from api.chat_turns import chat_of
from api.problems import ProblemError
from api.schemas import AskHeader, Parameters, QuestionIn, response
from api.services import Services, current_services
from workers.contracts.api_keys import Scope
from workers.contracts.question import Lane, Question, Status

chat_completions = APIBlueprint(
    "chat_completions",
    __name__,
    abp_tags=[Tag(name="chat completions")],
    abp_responses=openai_errors.documented(401, 403, 500, 503),
)
chat_completions.register_error_handler(Exception, openai_errors.respond)

#: Largest body: chats bring all that was said before.
_CHAT_BYTES: Final = 2 * 1024 * 1024
#: `Retry-After` where too many wait for their answers.
_WAITS_FULL_SECONDS: Final = 1


@chat_completions.before_request
def _take_long_chats() -> None:
    cast("StrictRequest", request).most_json_bytes = _CHAT_BYTES


class ModelPath(Parameters):
    """The path of one model."""

    model: str = Field(description=f"`{MODEL}`.")


@chat_completions.get("/v1/models", responses={200: ModelsOut})
@requires(Scope.ASK)
def models() -> Response:
    """List the one model that chat completions know, whichever the clinic runs behind it."""
    return response(ModelsOut())


@chat_completions.get(
    "/v1/models/<model>", responses={200: ModelOut, **openai_errors.documented(400, 404)}
)
@requires(Scope.ASK)
def model(path: ModelPath) -> Response:
    """Show that model. 404: there is no other."""
    _refuse_other_model(path.model)
    return response(ModelOut())


@chat_completions.post(
    "/v1/chat/completions",
    responses={
        200: ChatCompletionOut,
        **openai_errors.documented(400, 404, 408, 409, 413, 415, 429, 504),
    },
)
@requires(Scope.ASK)
def complete(header: AskHeader, body: ChatIn) -> Response:
    """Answer the last message of a chat, as OpenAI's API does; `atende` says what became of it.

    The answer comes from the clinic's documents, or its text says that a person will answer.
    Messages of `system` and `developer` are not obeyed. A stream is one chunk. Whoever hangs up
    cancels the question, and so does a wait of `ATENDE_CHAT_WAIT_SECONDS` (504); with an
    Idempotency-Key it is kept instead, and the same request waits on for it.
    """
    _refuse_other_model(body.model)
    services = current_services()
    if not services.long_polls.acquire(blocking=False):
        raise ProblemError(
            503,
            "waits-full",
            "Nothing was asked: as many wait for their answers as may. Send it again soon.",
            headers={"Retry-After": str(_WAITS_FULL_SECONDS)},
        )
    try:
        question = _ask_and_wait(header.idempotency_key, body, services)
    finally:
        services.long_polls.release()
    completion = _completion(question)
    if body.stream:
        stream = events(completion, usage=body.wants_usage)
        return Response(stream, content_type=EVENT_STREAM)
    return response(completion)


def _refuse_other_model(name: str) -> None:
    if name != MODEL:
        raise ProblemError(
            404,
            "model-unknown",
            f"There is one model here, `{MODEL}`, whichever the clinic runs behind it. Nothing was "
            "asked; name that one.",
        )


def _ask_and_wait(key: str | None, asked: ChatIn, services: Services) -> Question:
    """The question as it is once it has ended.

    Raises:
        ProblemError: it was not accepted, or did not end in time.
    """
    chat = chat_of(asked.messages, time.time(), services.settings.max_question_chars)
    question = QuestionIn(question=chat.question, metadata={**(asked.metadata or {})})
    stored = request_of(question, access().tenant, Lane.INTERACTIVE, services.settings)
    admission = services.questions.enqueue(stored.model_copy(update={"context": chat.context}), key)
    question_id = acceptance(admission, services.settings).id
    is_gone = presence.watch(request.environ)
    ended = services.questions.wait(
        question_id,
        services.settings.chat_wait_seconds,
        lambda: services.stopping.is_set() or is_gone(),
    )
    if ended is not None and not ended.status.ended and key is None:
        services.questions.cancel(question_id)
        ended = services.questions.get(question_id)
        if ended is not None and ended.status is Status.CANCELLED:
            raise _late(ended, gone=is_gone(), kept=False)
    if ended is None:
        raise _no_longer_kept()
    if not ended.status.ended:
        raise _late(ended, gone=is_gone(), kept=True)
    return ended


def _late(question: Question, *, gone: bool, kept: bool) -> ProblemError:
    if gone:
        return ProblemError(
            408,
            "client-gone",
            "Nobody waits for the answer any more. The question is kept: its Idempotency-Key finds "
            "it again."
            if kept
            else "Nobody waits for the answer any more. The question was cancelled.",
        )
    if kept:
        detail = (
            f"There is no answer yet. The question is kept, as {question.id}: send the same "
            "request with the same Idempotency-Key to wait on for it."
        )
    else:
        detail = (
            "There was no answer in time, and the question was cancelled. Ask it later, or with an "
            "Idempotency-Key, which keeps it."
        )
    # A repetition without a key would begin at the lane's end again.
    return ProblemError(
        504, "answer-late", detail, headers={"x-should-retry": "true" if kept else "false"}
    )


def _no_longer_kept() -> ProblemError:
    return ProblemError(
        404,
        "question-unknown",
        "The question of this Idempotency-Key is no longer kept. Ask it with another key.",
    )


def _completion(question: Question) -> ChatCompletionOut:
    if question.status is Status.CANCELLED or question.outcome is None:
        raise ProblemError(
            409,
            "cancelled",
            "The question was cancelled while it waited: it has no answer. Ask it again, with "
            "another Idempotency-Key.",
        )
    return ChatCompletionOut.of(question, question.outcome)

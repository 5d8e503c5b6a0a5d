"""Conversations as people at the clinic see them: read, claim, answer, close, pause, erase.

All need the scope `attend`: they show what patients wrote. Whoever acts is named by the field
`attendant`, or by the API key.
"""

from typing import Any, Final, TypeVar

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag

from api import replies
from api.auth import access, requires
from api.body import JSON
from api.conversation_schemas import (
    AttendantIn,
    ConversationOut,
    ConversationPath,
    ConversationsOut,
    ConversationsQuery,
    ErasedOut,
    PauseIn,
    ReplyHeader,
    ReplyIn,
    SentOut,
    TranscriptOut,
    link,
)
from api.problems import ProblemError, Responses, documented
from api.schemas import QUESTION_ID, Links, response
from api.services import Services, current_services
from workers.contracts import logs
from workers.contracts.api_keys import Scope
from workers.contracts.conversation import Conversation
from workers.contracts.conversation_lists import ConversationPage
from workers.contracts.conversations import Conflict
from workers.contracts.errors import NoConversationError
from workers.contracts.handoffs import PAUSE_HOURS

conversations = APIBlueprint(
    "conversations",
    __name__,
    abp_tags=[Tag(name="conversations")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

_log = logs.logger("api")
_Body = TypeVar("_Body", bound=AttendantIn)
_REF: Final = "#/components/schemas/{model}"
_BODIES: Final = (AttendantIn, PauseIn)
for _model in _BODIES:
    conversations.components_schemas[_model.__name__] = Schema(
        **_model.model_json_schema(ref_template=_REF)
    )


def _optional(model: type[AttendantIn]) -> dict[str, Any]:
    """The document's words for a body that may be left out."""
    schema = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    return {"requestBody": {"required": False, "content": {JSON: schema}}}


#: What a change answers.
_CHANGED: Final[Responses] = {200: ConversationOut, **documented(400, 404, 413, 415)}
_CLAIMED: Final[Responses] = {**_CHANGED, **documented(409)}
_PATH: Final = "/v1/conversations/<conversation_id>"


@conversations.get("/v1/conversations", responses={200: ConversationsOut})
@requires(Scope.ATTEND)
def show_all(query: ConversationsQuery) -> Response:
    """List conversations, those that wait for a person, or a contact's.

    They are kept for `ATENDE_RETENTION_HOURS` after their last message.
    """
    conversations, tenant = current_services().conversations, access().tenant
    if query.alias:
        page = ConversationPage(conversations.of_contact(tenant, query.alias), None)
    else:
        page = conversations.page(
            tenant, needs_human=query.needs_human, limit=query.limit, after=query.after
        )
    listed = [ConversationOut.of(record) for record in page.conversations]
    return response(ConversationsOut(conversations=listed, next=page.after))


@conversations.get(_PATH, responses={200: TranscriptOut, **documented(404)})
@requires(Scope.ATTEND)
def read(path: ConversationPath) -> Response:
    """Read a conversation with what was said last, and what became of each answer.

    That is its delivery, what the channel said of its message, and the patient's thumb to it.
    """
    services = current_services()
    record = _own(path, services)
    entries = services.conversations.transcript(record.id)
    questions = [each.question for each in entries if each.question and each.by != "patient"]
    arrivals, sends = services.questions.arrivals(questions), services.sends.get_all(questions)
    return response(TranscriptOut.with_entries(record, entries, arrivals, sends))


@conversations.post(f"{_PATH}/claim", responses=_CLAIMED, openapi_extensions=_optional(AttendantIn))
@requires(Scope.ATTEND)
def claim(path: ConversationPath) -> Response:
    """Take a conversation on: the assistant is silent meanwhile, and no other attendant may.

    409: another attendant has it. Claiming twice is no error.
    """
    services, attendant = current_services(), _attendant(_body(AttendantIn))
    record = _own(path, services)
    return _changed(_claim(record, attendant, services))


@conversations.post(
    f"{_PATH}/release", responses=_CLAIMED, openapi_extensions=_optional(AttendantIn)
)
@requires(Scope.ATTEND)
def release(path: ConversationPath) -> Response:
    """Give a claimed conversation back: another may claim it, and the assistant answers again."""
    services, attendant = current_services(), _attendant(_body(AttendantIn))
    record = _own(path, services)
    return _changed(services.conversations.release(record.id, attendant))


@conversations.post(
    f"{_PATH}/reply",
    responses={200: SentOut, 202: SentOut, **documented(400, 404, 409, 413, 415)},
)
@requires(Scope.ATTEND)
def reply(path: ConversationPath, header: ReplyHeader, body: ReplyIn) -> Response:
    """Answer the patient through the channel that he wrote on; this claims the conversation.

    202: accepted; it will not be lost. 200: this Idempotency-Key came with the same text before;
    nothing was sent. 409: another attendant has it, or WhatsApp lets nobody write freely any more
    (24 hours after the patient's last message).
    """
    services, attendant = current_services(), _attendant(body)
    record = _own(path, services)
    replies.refuse_long(record, body.text)
    question_id = replies.question_id(record, header.idempotency_key)
    repeated = replies.is_repeated(question_id, body.text, services)
    if not repeated:
        replies.refuse_late(record)
        _held(_claim(record, attendant, services))
        try:
            replies.say(record, body.text, attendant, question_id, services)
        except NoConversationError:
            raise _unknown() from None
    links = Links(self=link(record.id))
    sent = SentOut(id=question_id, repeated=repeated, attendant=attendant, links=links)
    return response(sent, 200 if repeated else 202)


@conversations.post(f"{_PATH}/close", responses=_CLAIMED, openapi_extensions=_optional(AttendantIn))
@requires(Scope.ATTEND)
def close(path: ConversationPath) -> Response:
    """Say that no person has to see to it any more: the assistant answers again."""
    services, attendant = current_services(), _attendant(_body(AttendantIn))
    record = _own(path, services)
    return _changed(services.conversations.close(record.id, attendant))


@conversations.post(f"{_PATH}/pause", responses=_CHANGED, openapi_extensions=_optional(PauseIn))
@requires(Scope.ATTEND)
def pause(path: ConversationPath) -> Response:
    """Let the assistant be silent for some hours; an answer that is on its way is dropped."""
    services, body = current_services(), _body(PauseIn)
    record = _own(path, services)
    hours = body.hours or _pause_hours(record, services)
    services.conversations.pause(record.id, hours, _attendant(body))
    return _changed(services.conversations.get(record.id))


@conversations.post(
    f"{_PATH}/resume", responses=_CHANGED, openapi_extensions=_optional(AttendantIn)
)
@requires(Scope.ATTEND)
def resume(path: ConversationPath) -> Response:
    """Let the assistant answer again. What was written meanwhile stays as it is."""
    services, attendant = current_services(), _attendant(_body(AttendantIn))
    record = _own(path, services)
    services.conversations.resume(record.id, attendant)
    return _changed(services.conversations.get(record.id))


@conversations.delete(_PATH, responses={200: ErasedOut, **documented(404)})
@requires(Scope.ATTEND)
def erase(path: ConversationPath) -> Response:
    """Erase a conversation: the contact, all that was said, its questions and their answers.

    What the channel itself and the contact's telephone hold stays there. That messages were seen
    is remembered by their hashes for 8 days, so that one that comes again is answered by nobody.
    """
    services = current_services()
    record = _own(path, services)
    questions = services.conversations.erase(record.id)
    if questions is None:
        raise _unknown()
    _log.info("conversation_erased", conversation=record.id, by=access().name)
    return response(ErasedOut(id=record.id, questions=len(questions)))


def _body(model: type[_Body]) -> _Body:
    """The body, which may be left out."""
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return model()
    return model.model_validate(request.get_json())


def _attendant(body: AttendantIn) -> str:
    return body.attendant or access().name or "?"


def _own(path: ConversationPath, services: Services) -> Conversation:
    """The conversation, if it is the caller's; another tenant's looks like one that never was."""
    is_id = QUESTION_ID.fullmatch(path.conversation_id)
    record = services.conversations.get(path.conversation_id) if is_id else None
    if record is None or record.tenant != access().tenant:
        raise _unknown()
    return record


def _unknown() -> ProblemError:
    return ProblemError(
        404,
        "conversation-unknown",
        "This key's tenant has no conversation of this id: it never was, it was erased, or its "
        "last message is so long ago that it is no longer kept.",
    )


def _changed(record: Conversation | Conflict | None) -> Response:
    return response(ConversationOut.of(_held(record)))


def _held(record: Conversation | Conflict | None) -> Conversation:
    """What a change answers, where it was made."""
    if record is None:
        raise _unknown()
    if isinstance(record, Conflict):
        raise ProblemError(
            409,
            "conversation-claimed",
            f"{record.attendant} has this conversation. Nothing was changed or sent. Once it is "
            "released or closed, it can be claimed.",
        )
    return record


def _claim(
    record: Conversation, attendant: str, services: Services
) -> Conversation | Conflict | None:
    return services.conversations.claim(record.id, attendant, _pause_hours(record, services))


def _pause_hours(record: Conversation, services: Services) -> float:
    channel = services.channels.named(record.channel)
    return channel.pause_hours if channel else PAUSE_HOURS

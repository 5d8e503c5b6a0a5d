"""From a body to an accepted question: the checks that need settings, and what is answered."""

import time
from http import HTTPStatus
from typing import Final

from pydantic import HttpUrl, TypeAdapter, ValidationError
from pydantic_core import to_json

from api.problems import ApiError, FieldError, ProblemError, invalid
from api.schemas import AcceptedOut, Links, QuestionIn, link
from api.settings import ApiSettings
from workers.contracts.addresses import is_host_name, may_be_called
from workers.contracts.question import Lane, Request
from workers.contracts.questions import Admission, Verdict
from workers.contracts.reply import WebhookAddress

_URL: Final = TypeAdapter(HttpUrl)


class CallbackError(ApiError):
    """A callback URL that must not be called; the message never quotes it."""


def request_of(asked: QuestionIn, tenant: str, lane: Lane, settings: ApiSettings) -> Request:
    """The request that is stored, asked now; `lane` is taken where the asker names none.

    Raises:
        ProblemError: 422, with every field that is wrong.
    """
    errors = []
    if len(asked.question) > settings.max_question_chars:
        most = settings.max_question_chars
        errors.append(
            FieldError(field="/question", detail=f"Must be at most {most} characters long.")
        )
    if len(to_json(asked.metadata)) > settings.max_metadata_bytes:
        most = settings.max_metadata_bytes
        errors.append(
            FieldError(field="/metadata", detail=f"Must be at most {most} bytes of JSON.")
        )
    reply_to = None
    if asked.callback_url is not None:
        try:
            allow_private = settings.callback_allow_private
            url = callback_url(asked.callback_url, allow_private=allow_private)
            reply_to = WebhookAddress(url=url)
        except CallbackError as error:
            errors.append(FieldError(field="/callback_url", detail=str(error)))
    if errors:
        raise invalid(errors)
    now = time.time()
    lifetime = asked.expires_in or settings.expires_in_seconds
    return Request(
        tenant=tenant,
        question=asked.question,
        lane=asked.lane or lane,
        asked_at=now,
        reply_to=reply_to,
        conversation_id=asked.conversation_id,
        metadata=asked.metadata,
        expires_at=None if lifetime is None else now + lifetime,
    )


def callback_url(text: str, *, allow_private: bool) -> str:
    """The URL in the form that the WHATWG standard gives it, so that every reader agrees.

    An address in the URL is judged as delivery judges it. Where a name leads is judged when it is
    called, since that may change.

    Raises:
        CallbackError: not http(s), no host, credentials inside, port 0, no host name, or no
            public address.
    """
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        raise CallbackError("Must be a complete http or https URL.") from None
    if url.username is not None or url.password is not None:
        raise CallbackError("Must not carry credentials: callbacks are signed instead.")
    if url.port == 0:
        raise CallbackError("Must name a port that can be called: there is no port 0.")
    if not is_host_name(url.host or ""):
        raise CallbackError("Must name a host: parts of 1 to 63 characters between its points.")
    if not allow_private and not may_be_called(url.host or ""):
        raise CallbackError(
            "Must lead to a public address: not to a loopback, private or reserved one, nor to a "
            "tunnel (6to4, Teredo). Give the receiver a public address, or ask the operator to "
            "set ATENDE_CALLBACK_ALLOW_PRIVATE."
        )
    return str(url)


def acceptance(admission: Admission, settings: ApiSettings) -> AcceptedOut:
    """The answer to an admission that went well.

    Raises:
        ProblemError: 422, the key came with another question before; 429, the lane is full.
    """
    if admission.verdict is Verdict.FULL:
        raise ProblemError(
            429,
            "lane-full",
            f"The lane is full: {admission.waiting} questions wait. This one was not accepted; "
            "send it again later.",
            headers={"Retry-After": str(settings.lane_full_retry_seconds)},
        )
    if admission.verdict is Verdict.CONFLICT:
        raise ProblemError(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came with another question, which is kept. Nothing was "
            "accepted; use a new key for each question.",
        )
    return AcceptedOut(
        id=admission.id,
        status=admission.status,
        repeated=admission.verdict is Verdict.REPEATED,
        links=Links(self=link(admission.id)),
    )


def status_of(answer: AcceptedOut) -> HTTPStatus:
    """202 for a new question, 200 for one that was asked before."""
    return HTTPStatus.OK if answer.repeated else HTTPStatus.ACCEPTED

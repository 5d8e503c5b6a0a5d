"""Mails that a mail server hands over by HTTP: stored as they come, read by a worker.

For clinics whose server pipes mails on, so that no mailbox is looked through. Nothing of a mail is
parsed here.
"""

from typing import Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from api import body
from api.auth import access, requires
from api.problems import ProblemError, Responses, documented
from api.schemas import Parameters
from api.services import current_services
from workers.contracts.api_keys import Scope
from workers.contracts.email_channel import EmailChannel
from workers.contracts.inbound import MAIL_BYTES

mails = APIBlueprint(
    "mails",
    __name__,
    abp_tags=[Tag(name="channels")],
    abp_responses=documented(401, 403, 404, 422, 500, 503),
)

MAIL: Final = "message/rfc822"
#: Largest mail, as large providers have it. Of what is stored see `MAIL_BYTES`.
_MOST_BYTES: Final = 25 * 1024 * 1024
#: `Retry-After` where too many wait to be read.
_FULL_SECONDS: Final = 30
_STORED: Final[Responses] = {202: {"description": "It is stored."}, **documented(400, 413, 415)}
_MAIL_BODY: Final[dict[str, Any]] = {
    "description": "The mail as it came, with all of its headers, 25 MiB at most. The first 256 "
    "KiB are read: the text stands there, and attachments are not read.",
    "required": True,
    "content": {MAIL: {"schema": {"type": "string", "format": "binary"}}},
}


class MailPath(Parameters):
    """The path of one channel."""

    name: str = Field(description="The channel's name, as `atende channels list` shows it.")


@mails.post(
    "/v1/channels/email/<name>", responses=_STORED, openapi_extensions={"requestBody": _MAIL_BODY}
)
@requires(Scope.ASK)
def receive(path: MailPath) -> Response:
    """Take a mail that came to a channel of e-mail, in its raw form (RFC 5322).

    202 once it is stored: it is read within a second and answered in its thread, or left to a
    person. A mail that is sent again is known by its Message-ID and answered once, so whatever
    fails may be repeated. 503: nothing was stored, since too many wait; send it again.
    """
    services = current_services()
    channel = services.channels.named(path.name)
    if not isinstance(channel, EmailChannel) or channel.tenant != access().tenant:
        raise ProblemError(
            404,
            "channel-unknown",
            "This key's clinic has no e-mail channel of this name. Nothing was stored; `atende "
            "channels list` shows the names.",
        )
    body.media_type(request, MAIL)
    request.max_content_length = _MOST_BYTES
    if not services.inbound.add(channel.kind, channel.name, body.read_start(request, MAIL_BYTES)):
        raise ProblemError(
            503,
            "inbound-full",
            "Nothing was stored: too many mails wait to be read. Send it again later.",
            headers={"Retry-After": str(_FULL_SECONDS)},
        )
    return Response(status=202, content_type="text/plain; charset=utf-8")

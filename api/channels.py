"""Webhooks of channels: stored as they come, read by a worker. Nothing of a body is parsed here.

These routes need no API key: Meta's signature over the raw bytes is the key.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api import body
from api.auth import public
from api.problems import ProblemError, Responses, documented
from api.services import current_services
from workers.contracts import logs

channels = APIBlueprint(
    "channels", __name__, abp_tags=[Tag(name="channels")], abp_responses=documented(403, 500, 503)
)

_log = logs.logger("api")
#: Largest post: Meta sends 3 MB at most.
_MOST_BYTES: Final = 4 * 1024 * 1024
#: Longest challenge that is sent back; Meta's have ten digits.
_LONGEST_CHALLENGE: Final = 200
#: `Retry-After` where the stream is full. Meta has its own times.
_FULL_SECONDS: Final = 30
_SIGNATURE: Final = re.compile(r"sha256=[0-9a-f]{64}", re.IGNORECASE)
_TEXT: Final[dict[str, Any]] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
_STORED: Final[Responses] = {200: {"description": "It is stored."}, **documented(400, 413)}
_POST_BODY: Final[dict[str, Any]] = {
    "description": "What Meta sends, 4 MiB at most; read later, so whatever it is is taken.",
    "content": {body.JSON: {"schema": {}}},
}


class HandshakeQuery(BaseModel):
    """What Meta asks when the webhook is set up."""

    model_config = ConfigDict(extra="ignore")

    mode: str = Field("", alias="hub.mode", description="`subscribe`.")
    verify_token: str = Field("", alias="hub.verify_token", description="The channel's own.")
    challenge: str = Field("", alias="hub.challenge", description="Sent back as plain text.")


class PostHeader(BaseModel):
    """How a post is signed."""

    signature: str = Field(
        "",
        alias="X-Hub-Signature-256",
        description="`sha256=` and the HMAC-SHA256 of the raw body with the app secret, in hex.",
    )


@channels.get("/v1/channels/whatsapp", responses={200: _TEXT})
@public
def handshake(query: HandshakeQuery) -> Response:
    """Prove to Meta that this is the clinic's webhook.

    403 where no channel has this verify token.
    """
    tokens = [channel.verify_token for channel in current_services().channels.numbers()]
    good = [_equal(token, query.verify_token) for token in tokens]  # all: the time tells nothing
    challenge = query.challenge[:_LONGEST_CHALLENGE]
    if query.mode != "subscribe" or not any(good):
        raise ProblemError(
            403,
            "handshake-refused",
            "No channel has this verify token. Enter the one that `atende channels` was given.",
        )
    return Response(challenge, content_type="text/plain; charset=utf-8")


@channels.post(
    "/v1/channels/whatsapp", responses=_STORED, openapi_extensions={"requestBody": _POST_BODY}
)
@public
def receive(header: PostHeader) -> Response:
    """Take what Meta tells of WhatsApp: messages, and where sent ones stand.

    Exactly 200 once it is stored; a worker reads it within a second. 403: the signature is none of
    a channel's app, and nothing was stored. 503: nothing was stored either; Meta sends it again,
    for up to seven days.
    """
    services = current_services()
    secrets = services.channels.app_secrets()
    if not secrets or not _SIGNATURE.fullmatch(header.signature):
        raise _unsigned()
    request.max_content_length = _MOST_BYTES
    raw = body.read_bytes(request)
    app = signer(raw, header.signature, secrets)
    if app is None:
        raise _unsigned()
    if not services.inbound.add("whatsapp", app, raw):
        raise ProblemError(
            503,
            "inbound-full",
            "Nothing was stored: too many posts wait to be read. Send it again later.",
            headers={"Retry-After": str(_FULL_SECONDS)},
        )
    return Response(status=200, content_type="text/plain; charset=utf-8")


def signer(raw: bytes, signature: str, secrets: Mapping[str, SecretStr]) -> str | None:
    """The app whose secret signed a body; None where none did.

    Every secret is tried, and compared in constant time.

    Args:
        raw: the body as it was received: another spelling of the same JSON has another signature.
        signature: `sha256=` and 64 hexadecimal digits.
        secrets: by app.
    """
    claimed = signature.lower().removeprefix("sha256=")
    apps = [
        app
        for app, secret in secrets.items()
        if hmac.compare_digest(
            hmac.new(secret.get_secret_value().encode(), raw, hashlib.sha256).hexdigest(), claimed
        )
    ]
    return apps[0] if apps else None


def _unsigned() -> ProblemError:
    _log.warning("signature_refused")
    return ProblemError(
        403, "signature-refused", "The signature is none of a channel's app. Nothing was stored."
    )


def _equal(secret: SecretStr, text: str) -> bool:
    return hmac.compare_digest(secret.get_secret_value().encode(), text.encode())

"""The Graph API: one POST for a message, and what is known of its fate afterwards.

The one thing that matters about a failure is whether the request may have been acted upon. Where
no connection was made it was not; after that anything may have happened, unless a reply that can
be read says what.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from pydantic import BaseModel, JsonValue, ValidationError

from workers.contracts.whatsapp_channel import WhatsAppChannel

#: Most bytes of a reply that are read; Graph's have a few hundred.
_BODY_BYTES: Final = 64 * 1024
#: Seconds that a kept connection waits for its next use: shorter than any server closes it after,
#: since a request on a closing connection has an unknown fate.
_KEPT_SECONDS: Final = 3.0
#: Connections at the same time, and kept ones.
_CONNECTIONS: Final = httpx.Limits(
    max_connections=None, max_keepalive_connections=16, keepalive_expiry=_KEPT_SECONDS
)
#: Errors of httpx before which nothing of the request was written.
_NOT_WRITTEN: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Meta took it; `message_id` is personal data."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Meta answered that it did not take it. `details` may name the contact."""

    code: int
    details: str
    is_transient: bool | None
    subcode: int | None
    status: int


@dataclass(frozen=True, slots=True)
class NotWritten:
    """Nothing reached Meta."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It was written, and whether Meta took it is not known."""

    reason: str


GraphReply = Sent | Rejected | NotWritten | NoAnswer


@dataclass(frozen=True, slots=True)
class GraphTimes:
    """Seconds: for a connection, for silence of the other side, and for the whole call."""

    connect: float = 5.0
    silence: float = 12.0
    whole: float = 20.0


class _Error(BaseModel):
    code: int
    error_subcode: int | None = None
    is_transient: bool | None = None
    message: str = ""
    error_data: JsonValue = None

    @property
    def details(self) -> str:
        data = self.error_data
        return str(data.get("details", "")) if isinstance(data, dict) else self.message


class GraphClient:
    """Calls the Graph API of a channel's own `graph_url`, and nothing else. Safe for threads.

    No redirect is followed, no proxy is taken from the environment, and the token stands in a
    header alone, so no error or log can show it.

    Args:
        times: the time limits.
        transport: the way out; the network by default.
    """

    def __init__(
        self, times: GraphTimes | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._times = times or GraphTimes()
        self._client = httpx.Client(
            transport=transport,
            limits=_CONNECTIONS,
            timeout=httpx.Timeout(self._times.silence, connect=self._times.connect),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Atende/1"},
        )

    def send(self, channel: WhatsAppChannel, message: Mapping[str, JsonValue]) -> GraphReply:
        """Send one message, once; raises nothing of the network."""
        try:
            status, body = self._post(channel, message)
        except _NOT_WRITTEN as error:
            return NotWritten(f"no connection to the Graph API ({type(error).__name__})")
        except httpx.HTTPError as error:
            return NoAnswer(f"the Graph API did not answer ({type(error).__name__})")
        except _TooLongError:
            return NoAnswer("the Graph API's reply did not end")
        return read_reply(status, body)

    def mark(self, channel: WhatsAppChannel, message: Mapping[str, JsonValue]) -> bool:
        """Send what no patient misses if it does not arrive: whether Meta took it."""
        try:
            status, _ = self._post(channel, message)
        except (httpx.HTTPError, httpx.InvalidURL, _TooLongError):
            return False
        return status == httpx.codes.OK

    def _post(
        self, channel: WhatsAppChannel, message: Mapping[str, JsonValue]
    ) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._times.whole
        url = f"{channel.graph_url}/{channel.graph_version}/{channel.phone_number_id}/messages"
        headers = {"Authorization": f"Bearer {channel.token.get_secret_value()}"}
        with self._client.stream("POST", url, json=message, headers=headers) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > _BODY_BYTES or time.monotonic() > deadline:
                    raise _TooLongError
            return response.status_code, bytes(body)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()


class _TooLongError(Exception):
    """A reply that is too long, or comes too slowly."""


def read_reply(status: int, body: bytes) -> GraphReply:
    """What a reply says of the message's fate.

    A reply that is neither the message's id nor an error of Graph's comes from something between:
    a gateway that lost its patience, for instance. The message may have got through.
    """
    try:
        reply: Any = json.loads(body)
    except (ValueError, RecursionError):
        reply = None
    if isinstance(reply, dict) and "error" in reply:
        return _rejected(status, reply["error"])
    message_id = _message_id(reply)
    if 200 <= status < 300 and message_id:  # noqa: PLR2004 - the class of success
        return Sent(message_id)
    return NoAnswer(f"HTTP {status} without a message id or an error of the Graph API")


def _rejected(status: int, raw: object) -> GraphReply:
    try:
        error = _Error.model_validate(raw)
    except ValidationError:
        return NoAnswer(f"HTTP {status} with an error that cannot be read")
    return Rejected(error.code, error.details, error.is_transient, error.error_subcode, status)


def _message_id(reply: object) -> str | None:
    messages = reply.get("messages") if isinstance(reply, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    message_id = first.get("id") if isinstance(first, dict) else None
    return message_id if isinstance(message_id, str) and message_id else None

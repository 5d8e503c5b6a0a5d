"""Signed callbacks, as Standard Webhooks describes them: https://www.standardwebhooks.com."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
from standardwebhooks import Webhook

from workers.contracts.question import Outcome, Question
from workers.contracts.reply import WebhookAddress
from workers.contracts.signing import callback_secret
from workers.delivery.backoff import Refused, Result
from workers.delivery.egress import CallbackClient
from workers.delivery.hosts import Busy

#: Fields of an outcome that an asker does not get, or gets elsewhere.
_KEPT_BACK: Final = {"status", "prompt_version", "refused", "searched"}


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the bytes, and the headers that sign exactly these bytes."""

    headers: Mapping[str, str]
    body: bytes


class WebhookSender:
    """Posts signed callbacks. Safe for threads.

    Args:
        client: the way out.
        master: the secret that each clinic's signing secret is derived from.
    """

    def __init__(self, client: CallbackClient, master: str) -> None:
        self._client = client
        self._master = master

    def send(self, question: Question, outcome: Outcome, address: WebhookAddress) -> Result | Busy:
        """Make one attempt; see `Sender`."""
        tenant = question.request.tenant
        return self._post(tenant, address.url, lambda key, now: sign(question, outcome, key, now))

    def post(self, tenant: str, url: str, message_id: str, body: str) -> Result | Busy:
        """Make one attempt to post what is no question's outcome.

        Args:
            tenant: the clinic, whose secret signs it.
            url: where to.
            message_id: the same at every attempt, so that a receiver can drop repeats.
            body: JSON.

        Raises:
            SecretMissingError: as of `Sender`.
        """
        return self._post(tenant, url, lambda key, now: sign_body(message_id, body, key, now))

    def _post(
        self, tenant: str, address: str, signed: Callable[[str, datetime], Message]
    ) -> Result | Busy:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return Refused("the callback URL cannot be read")
        if url.scheme not in {"http", "https"} or not url.raw_host:
            return Refused("the callback URL is not http or https, or names no host")
        message = signed(callback_secret(self._master, tenant), datetime.now(UTC))
        return self._client.post(url, message.headers, message.body)


def sign(question: Question, outcome: Outcome, secret: str, now: datetime) -> Message:
    """Build the callback of an ended question.

    The body and `webhook-id` are the same at every attempt, so a receiver can drop repeats; the
    signature's time is that of the attempt.

    Args:
        question: the record as it is now.
        outcome: what came of it.
        secret: the tenant's, `whsec_…`.
        now: the current time with a time zone.
    """
    return sign_body(f"msg_{question.id}", _body(question, outcome), secret, now)


def sign_body(message_id: str, body: str, secret: str, now: datetime) -> Message:
    """Sign a body by Standard Webhooks.

    Args:
        message_id: the same at every attempt, so that a receiver can drop repeats.
        body: JSON.
        secret: the tenant's, `whsec_…`.
        now: the current time with a time zone.
    """
    # standardwebhooks reads the digits of any datetime as UTC: hand it UTC only.
    now = now.astimezone(UTC)
    return Message(
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Atende/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, now, body),
        },
        body=body.encode(),
    )


def _body(question: Question, outcome: Outcome) -> str:
    """The payload as JSON with sorted keys: equal records give equal bytes."""
    request = question.request
    fields = outcome.model_dump(mode="json", exclude=_KEPT_BACK)
    data = {
        "id": question.id,
        "status": outcome.status.value,
        "conversation_id": request.conversation_id,
        "metadata": request.metadata,
        "asked_at": _iso(request.asked_at),
        "ended_at": _iso(question.ended_at),
    }
    payload = {
        "type": f"question.{outcome.status.value}",
        "timestamp": _iso(question.ended_at),
        "data": fields | data,
    }
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

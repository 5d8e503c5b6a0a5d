"""Whether Meta's posts would arrive: the handshake, a signature, and a post taken by a worker.

The post is signed with the channel's own app secret and holds an event that no version of Meta's
has: the intake counts it, and nothing else.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx

from workers.commands.support.finding import Finding
from workers.contracts.whatsapp_channel import WhatsAppChannel

PATH: Final = "/v1/channels/whatsapp"
#: What Meta would never send.
TEST_FIELD: Final = "atende_test"
#: Seconds that a worker gets to take a post.
_TAKEN_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.1
_TIMEOUT: Final = 15.0
#: What Meta calls slow, in seconds: one post in a hundred may take longer.
_SLOW_SECONDS: Final = 1.0

#: Whether all posts that were stored until now have been taken.
Taken = Callable[[], bool]


def webhook_findings(
    channel: WhatsAppChannel,
    url: str,
    taken: Taken | None,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[Finding]:
    """Call the own webhook as Meta does.

    Args:
        channel: whose secrets are used.
        url: the webhook's.
        taken: asked after the post; None where the queue does not answer.
        transport: how requests are sent; the system's network by default.
    """
    with httpx.Client(timeout=_TIMEOUT, transport=transport) as client:
        try:
            yield _handshake(channel, url, client)
            yield from _post(channel, url, client, taken)
        except httpx.HTTPError as error:
            yield Finding(
                "webhook",
                good=False,
                state=f"{url} does not answer ({type(error).__name__})",
                repair="Start the API, and check the TLS proxy before it and its certificate.",
            )


def address_finding(url: str) -> Finding:
    """Whether Meta could call this address at all."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return Finding("address", good=True, state=url)
    return Finding(
        "address",
        good=True,
        state=f"{url}, asked from here",
        repair="Meta calls https alone: put a TLS proxy before the API, and its address into "
        "ATENDE_PUBLIC_URL.",
    )


def probe(channel: WhatsAppChannel) -> bytes:
    """The body of a post that no one answers."""
    metadata = {
        "display_phone_number": channel.number,
        "phone_number_id": channel.phone_number_id,
    }
    value = {"messaging_product": "whatsapp", "metadata": metadata}
    entry = {
        "id": channel.business_account_id,
        "changes": [{"field": TEST_FIELD, "value": value}],
    }
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def _handshake(channel: WhatsAppChannel, url: str, client: httpx.Client) -> Finding:
    challenge = secrets.token_hex(8)
    parameters = {
        "hub.mode": "subscribe",
        "hub.verify_token": channel.verify_token.get_secret_value(),
        "hub.challenge": challenge,
    }
    response = client.get(url, params=parameters)
    if response.status_code == httpx.codes.OK and response.text == challenge:
        return Finding("handshake", good=True, state="the verify token is taken")
    return Finding(
        "handshake",
        good=False,
        state=f"HTTP {response.status_code} for the verify token",
        repair=_SAME_FILES,
    )


def _post(
    channel: WhatsAppChannel, url: str, client: httpx.Client, taken: Taken | None
) -> Iterator[Finding]:
    body = probe(channel)
    forged = client.post(url, content=body, headers=_signed(body, secrets.token_hex(16)))
    if forged.is_success:
        state = f"HTTP {forged.status_code} for a forged signature: anybody may write"
        repair = "Something before the API answers for it, or the address is another's."
        yield Finding("signature", good=False, state=state, repair=repair)
        return
    started = time.monotonic()
    headers = _signed(body, channel.app_secret.get_secret_value())
    response = client.post(url, content=body, headers=headers)
    seconds = time.monotonic() - started
    if response.status_code != httpx.codes.OK:
        state = f"HTTP {response.status_code} for a post that is signed with this app secret"
        yield Finding("signature", good=False, state=state, repair=_SAME_FILES)
        return
    state = f"a signed post is stored in {seconds * 1000:.0f} ms, a forged one refused"
    repair = "" if seconds < _SLOW_SECONDS else "Meta wants answers within a second."
    yield Finding("signature", good=True, state=state, repair=repair)
    yield _intake(taken)


def _signed(body: bytes, secret: str) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}


def _intake(taken: Taken | None) -> Finding:
    part = "intake"
    if taken is None:
        state = "not seen: no queue answers here"
        repair = "Type this where ATENDE_REDIS_URL leads to the queue."
        return Finding(part, good=True, state=state, repair=repair)
    deadline = time.monotonic() + _TAKEN_SECONDS
    while time.monotonic() < deadline:
        if taken():
            return Finding(part, good=True, state="a worker took the post")
        time.sleep(_LOOK_SECONDS)
    return Finding(
        part,
        good=False,
        state=f"no worker took the post within {_TAKEN_SECONDS:.0f} s; it waits",
        repair="Start the callbacks worker with ATENDE_INTAKE=1, and see its log.",
    )


#: Why the API may know other secrets than the command.
_SAME_FILES: Final = (
    "The API must read the same files: give both the same ATENDE_CHANNELS_DIR and ATENDE_CHANNEL_… "
    "variables. It reads changed files within a second; variables only when it starts."
)

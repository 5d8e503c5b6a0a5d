"""What is known of a message's fate after each thing that can happen to a request."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sample_channel import SECRETS, channel
from workers.channels.whatsapp.graph import (
    GraphClient,
    NoAnswer,
    NotWritten,
    Rejected,
    Sent,
    read_reply,
)

CHANNEL = channel(graph_url="http://127.0.0.1:9", graph_version="v26.0")
#: Before these nothing was written: no connection was made, or the request could not be begun.
NOT_WRITTEN = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
}
ERRORS = sorted(
    (
        error
        for _, error in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(error, httpx.RequestError) and not error.__subclasses__()
    ),
    key=lambda error: error.__name__,
)


def client(handler: Callable[[httpx.Request], httpx.Response]) -> GraphClient:
    return GraphClient(transport=httpx.MockTransport(handler))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_of_the_network_is_told_by_whether_anything_was_written(
    error: type[httpx.RequestError],
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error("for a test")

    reply = client(fail).send(CHANNEL, {})
    assert isinstance(reply, NotWritten if error in NOT_WRITTEN else NoAnswer)
    assert client(fail).mark(CHANNEL, {}) is False


def test_there_are_errors_to_test() -> None:
    assert {httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError} <= set(ERRORS)


def test_a_message_is_posted_to_the_channel_s_own_number_with_its_token() -> None:
    requests: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"messages": [{"id": "wamid.1"}]})

    assert client(take).send(CHANNEL, {"type": "text"}) == Sent("wamid.1")
    (request,) = requests
    assert str(request.url) == f"http://127.0.0.1:9/v26.0/{CHANNEL.phone_number_id}/messages"
    assert request.headers["Authorization"] == f"Bearer {SECRETS[0]}"
    assert json.loads(request.content) == {"type": "text"}


def test_a_redirect_is_not_followed() -> None:
    calls: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://evil.example/"})

    assert isinstance(client(elsewhere).send(CHANNEL, {}), NoAnswer)
    assert calls == ["127.0.0.1"]


def test_a_reply_without_end_is_not_read() -> None:
    reply = client(lambda _: httpx.Response(200, content=b" " * 100_000)).send(CHANNEL, {})
    assert reply == NoAnswer("the Graph API's reply did not end")


def test_no_error_shows_the_token() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(str(request.headers["Authorization"]), request=request)

    assert SECRETS[0] not in repr(client(fail).send(CHANNEL, {}))


ERROR = {
    "error": {
        "message": "(#131026) Message undeliverable",
        "type": "OAuthException",
        "code": 131026,
        "error_data": {"messaging_product": "whatsapp", "details": "Unable to deliver"},
        "fbtrace_id": "A1",
    }
}


@pytest.mark.parametrize(
    ("status", "body", "reply"),
    [
        (400, ERROR, Rejected(131026, "Unable to deliver", None, None, 400)),
        (200, ERROR, Rejected(131026, "Unable to deliver", None, None, 200)),
        (
            500,
            {"error": {"message": "x", "code": 2, "is_transient": True, "error_subcode": 33}},
            Rejected(2, "x", is_transient=True, subcode=33, status=500),
        ),
        (200, {"messages": [{"id": "wamid.1"}]}, Sent("wamid.1")),
    ],
)
def test_a_reply_of_graph_s_says_what_came_of_it(status: int, body: object, reply: object) -> None:
    assert read_reply(status, json.dumps(body).encode()) == reply


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"{}"),
        (200, b'{"messages": []}'),
        (200, b'{"messages": [{"id": 7}]}'),
        (200, b'{"messages": "x"}'),
        (200, b"[" * 100_000),
        (200, b"\xff"),
        (502, b"<html>"),
        (504, b""),
        (404, b"not found"),
        (500, b'{"error": "down"}'),
        (500, b'{"error": {"code": "x"}}'),
        (301, b'{"messages": [{"id": "wamid.1"}]}'),
    ],
)
def test_what_stands_between_says_nothing_of_the_message(status: int, body: bytes) -> None:
    assert isinstance(read_reply(status, body), NoAnswer)


def test_details_of_another_form_are_read_as_none() -> None:
    fields: dict[str, Any] = {"code": 1, "message": "m", "error_data": "details"}
    reply = read_reply(400, json.dumps({"error": fields}).encode())
    assert isinstance(reply, Rejected)
    assert (reply.code, reply.details) == (1, "m")

"""Mails by HTTP: stored as they came for the clinic's own channel, all else is refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis
from redis import exceptions as redis_errors
from werkzeug.test import TestResponse

from tests.integration.api.conftest import Keys
from tests.sample_channel import channel, email_channel
from workers.contracts import channel_files
from workers.contracts import keys as names
from workers.contracts.inbound import MAIL_BYTES, Inbound, Post
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
PATH = "/v1/channels/email/correio"
MAIL = "message/rfc822"
RAW = b"From: Ana <ana@example.com>\r\nMessage-ID: <1@example.com>\r\n\r\nOl\xe1, qual o pre\xe7o?"
MIB = 1024 * 1024


@pytest.fixture
def client(make_app: Callable[..., OpenAPI], tmp_path: Path) -> FlaskClient:
    channel_files.save(email_channel(), tmp_path)
    channel_files.save(channel(), tmp_path)
    return make_app(channels_dir=tmp_path, max_body_mb=1).test_client()


@pytest.fixture
def inbound(redis: Redis, queue_settings: QueueSettings) -> Inbound:
    inbound = Inbound(redis, queue_settings)
    inbound.open()
    return inbound


def stored(inbound: Inbound) -> list[Post]:
    return inbound.take("test", 100, 0)


def post(client: FlaskClient, keys: Keys, stream: Any, announced: int) -> TestResponse:  # noqa: ANN401 - whatever has `read`
    """Send a body as a server hands it over, whatever its length is."""
    own = {"wsgi.input": stream, "CONTENT_LENGTH": str(announced)}
    return client.post(PATH, headers=keys.ask, content_type=MAIL, environ_overrides=own)


def test_a_mail_is_stored_as_it_came(client: FlaskClient, keys: Keys, inbound: Inbound) -> None:
    reply = client.post(PATH, data=RAW, headers=keys.ask, content_type=MAIL)
    assert (reply.status_code, reply.data) == (202, b"")
    (post,) = stored(inbound)
    assert (post.kind, post.app, post.mail_bytes) == ("email", "correio", RAW)
    assert (post.uid, post.received_at) == (0, post.at)


def test_of_a_large_mail_the_beginning_is_stored_and_a_larger_one_is_refused(
    client: FlaskClient, keys: Keys, inbound: Inbound
) -> None:
    raw = RAW + b"a" * (25 * MIB - len(RAW))
    reply = client.post(PATH, data=raw, headers=keys.ask, content_type=MAIL)
    assert reply.status_code == 202
    (post,) = stored(inbound)
    assert post.mail_bytes == raw[:MAIL_BYTES]
    reply = client.post(PATH, data=raw + b"a", headers=keys.ask, content_type=MAIL)
    assert reply.status_code == 413
    assert stored(inbound) == []


def test_of_a_large_mail_little_is_held_at_a_time(client: FlaskClient, keys: Keys) -> None:
    class Pieces(io.RawIOBase):
        """A body of 20 MiB that was never whole; says how much of it was asked for at once."""

        left, most = 20 * MIB, 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer has no common type
            self.most = max(self.most, len(buffer))
            size = min(len(buffer), self.left)
            buffer[:size] = b"a" * size
            self.left -= size
            return size

    pieces = Pieces()
    reply = post(client, keys, pieces, pieces.left)
    assert reply.status_code == 202
    assert (pieces.left, pieces.most <= 128 * 1024) == (0, True)


def test_a_mail_that_broke_off_is_not_stored(
    client: FlaskClient, keys: Keys, inbound: Inbound
) -> None:
    reply = post(client, keys, io.BytesIO(RAW), len(RAW) + 1)
    assert reply.status_code == 400
    assert stored(inbound) == []


@pytest.mark.parametrize("name", ["recepcao", "ninguem", "..", "a" * 200, "Correio"])
def test_a_name_of_no_mailbox_is_unknown(
    client: FlaskClient, keys: Keys, inbound: Inbound, name: str
) -> None:
    reply = client.post(f"/v1/channels/email/{name}", data=RAW, headers=keys.ask, content_type=MAIL)
    assert reply.status_code == 404
    assert stored(inbound) == []


def test_another_clinic_s_channel_looks_like_one_that_never_was(
    client: FlaskClient, keys: Keys, inbound: Inbound
) -> None:
    replies = [
        client.post(path, data=RAW, headers=keys.other, content_type=MAIL).get_json()
        for path in (PATH, "/v1/channels/email/ninguem")
    ]
    for reply in replies:
        del reply["request_id"], reply["instance"]
    assert replies[0] == replies[1]
    assert replies[0]["status"] == 404
    assert stored(inbound) == []


def test_a_key_that_may_not_ask_hands_over_no_mail(client: FlaskClient, keys: Keys) -> None:
    assert client.post(PATH, data=RAW, headers=keys.ingest, content_type=MAIL).status_code == 403
    assert client.post(PATH, data=RAW, content_type=MAIL).status_code == 401


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_what_is_no_mail_is_refused_unread(client: FlaskClient, keys: Keys, kind: str) -> None:
    reply = client.post(PATH, data=RAW, headers=keys.ask, content_type=kind)
    assert reply.status_code == 415
    assert reply.headers["Accept-Post"] == MAIL


def test_where_too_many_mails_wait_nothing_is_stored(
    client: FlaskClient, keys: Keys, inbound: Inbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.contracts.inbound.MOST_MAILS", 1)
    replies = [client.post(PATH, data=RAW, headers=keys.ask, content_type=MAIL) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 503]
    assert replies[1].headers["Retry-After"] == "30"
    assert len(stored(inbound)) == 1


def test_where_redis_is_away_the_sender_is_told_to_come_again(
    client: FlaskClient, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> bool:
        raise redis_errors.ConnectionError

    monkeypatch.setattr(Inbound, "add", away)
    reply = client.post(PATH, data=RAW, headers=keys.ask, content_type=MAIL)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")


def test_a_mail_counts_as_a_post_of_its_kind(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    client.post(PATH, data=RAW, headers=keys.ask, content_type=MAIL)
    assert redis.hget(names.COUNTERS, "posts:email") == "1"

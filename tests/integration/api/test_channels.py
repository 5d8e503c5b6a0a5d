"""The webhook of WhatsApp: signed posts are stored as they came, all else is refused."""

import hashlib
import hmac
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis
from redis import exceptions as redis_errors
from werkzeug.test import TestResponse

from api.channels import signer
from tests.sample_channel import FIELDS, channel
from workers.contracts import channel_files, keys
from workers.contracts.inbound import Inbound
from workers.contracts.settings import QueueSettings
from workers.contracts.whatsapp_channel import WhatsAppChannel

pytestmark = pytest.mark.integration

PATH = "/v1/channels/whatsapp"
#: Posts that were signed by others, beside the project.
VECTORS = (
    Path(__file__).parents[4]
    / "shared"
    / "data"
    / "webhooks_whatsapp"
    / "x_hub_signature_256_vectors.json"
)
RAW = '{"object": "whatsapp_business_account", "entry": [], "olá": "👋"}'.encode()


def signed(raw: bytes, secret: str = FIELDS["app_secret"]) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


def stored(redis: Redis) -> list[dict[str, str]]:
    rows: Any = redis.xrange(keys.INBOUND)
    return [fields for _, fields in rows]


@pytest.fixture
def make_client(make_app: Callable[..., OpenAPI], tmp_path: Path) -> Callable[..., FlaskClient]:
    def make(*channels: WhatsAppChannel, **settings: object) -> FlaskClient:
        for each in channels:
            channel_files.save(each, tmp_path)
        return make_app(channels_dir=tmp_path, **settings).test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client(channel())


# -- the handshake --------------------------------------------------------------------------------


def ask(client: FlaskClient, **query: str) -> TestResponse:
    return client.get(PATH, query_string={f"hub.{name}": value for name, value in query.items()})


def test_the_handshake_gives_the_challenge_back_as_plain_text(client: FlaskClient) -> None:
    token = FIELDS["verify_token"]
    reply = ask(client, mode="subscribe", verify_token=token, challenge="1158201444")
    assert (reply.status_code, reply.text) == (200, "1158201444")
    assert reply.mimetype == "text/plain"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "verify_token": "another", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": FIELDS["verify_token"], "challenge": "1"},
        {"verify_token": FIELDS["verify_token"]},
        {},
    ],
)
def test_a_handshake_without_the_token_is_refused(
    client: FlaskClient, query: dict[str, str]
) -> None:
    reply = ask(client, **query)
    assert reply.status_code == 403
    assert reply.mimetype == "application/problem+json"


def test_without_a_channel_nobody_is_let_in(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client()
    assert ask(client, mode="subscribe", verify_token="", challenge="1").status_code == 403
    assert client.post(PATH, data=RAW, headers=signed(RAW, "")).status_code == 403


# -- signatures -----------------------------------------------------------------------------------


def test_a_signed_post_is_stored_as_it_came_and_answered_with_exactly_200(
    client: FlaskClient, redis: Redis
) -> None:
    reply = client.post(PATH, data=RAW, headers=signed(RAW))
    assert (reply.status_code, reply.data) == (200, b"")
    (fields,) = stored(redis)
    assert (fields["kind"], fields["app"], fields["raw"]) == (
        "whatsapp",
        channel().app,
        RAW.decode(),
    )
    assert redis.hget(keys.COUNTERS, "posts:whatsapp") == "1"


def test_each_post_is_known_by_the_app_that_signed_it(
    make_client: Callable[..., FlaskClient], redis: Redis
) -> None:
    other = channel(name="exames", phone_number_id="2", app_secret="another-secret")
    client = make_client(channel(), other)
    for each in (other, channel()):
        headers = signed(RAW, each.app_secret.get_secret_value())
        assert client.post(PATH, data=RAW, headers=headers).status_code == 200
    assert [fields["app"] for fields in stored(redis)] == [other.app, channel().app]


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", f"sha256={'0' * 64}", f"sha1={'0' * 40}", f"sha256={'é' * 64}", "0" * 64],
)
def test_a_bad_signature_stores_nothing_and_tells_nothing(
    client: FlaskClient, redis: Redis, signature: str
) -> None:
    headers = {"X-Hub-Signature-256": signature} if signature else {}
    reply = client.post(PATH, data=RAW, headers=headers)
    assert reply.status_code == 403
    assert reply.get_json()["detail"] == (
        "The signature is none of a channel's app. Nothing was stored."
    )
    assert stored(redis) == []


def test_the_same_json_spelt_otherwise_has_another_signature(
    client: FlaskClient, redis: Redis
) -> None:
    spelt = json.dumps(json.loads(RAW)).encode()
    assert spelt != RAW
    assert client.post(PATH, data=spelt, headers=signed(RAW)).status_code == 403
    assert client.post(PATH, data=spelt, headers=signed(spelt)).status_code == 200
    assert [fields["raw"] for fields in stored(redis)] == [spelt.decode()]


def test_no_body_is_read_where_the_header_can_be_no_signature(client: FlaskClient) -> None:
    class Unread(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise AssertionError("it was read")

    reply = client.post(PATH, input_stream=Unread(RAW), headers={"X-Hub-Signature-256": "sha256=0"})
    assert reply.status_code == 403


def test_signatures_that_others_captured_are_known() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the signatures of other projects are not at {VECTORS}")
    vectors = json.loads(VECTORS.read_text("utf-8"))
    assert len(vectors) == 3
    for vector in vectors:
        book = {"app": channel(app_secret="x").app_secret.__class__(vector["secret"])}
        utf8 = vector["body"].encode()
        escaped = json.dumps(vector["body"])[1:-1].encode()  # as Meta spells what is no ASCII
        spellings = {"utf8": utf8, "escaped": escaped}
        good = vector["verified"]
        expected = good if isinstance(good, dict) else {"utf8": good}
        for spelling, verified in expected.items():
            app = signer(spellings[spelling], vector["header"], book)
            assert (app == "app") is verified, vector["src"]
        assert signer(utf8 + b" ", vector["header"], book) is None


# -- limits ---------------------------------------------------------------------------------------


def test_four_mebibytes_are_taken_whatever_the_others_limit_is_and_no_byte_more(
    make_client: Callable[..., FlaskClient], redis: Redis
) -> None:
    client = make_client(channel(), max_body_mb=1)
    raw = b'"' + b"a" * (4 * 1024 * 1024 - 2) + b'"'
    assert client.post(PATH, data=raw, headers=signed(raw)).status_code == 200
    more = raw + b" "
    assert client.post(PATH, data=more, headers=signed(more)).status_code == 413
    assert len(stored(redis)) == 1


def test_a_byte_that_is_no_character_loses_no_post(client: FlaskClient, redis: Redis) -> None:
    raw = b'{"a": "\xff"}'
    assert client.post(PATH, data=raw, headers=signed(raw)).status_code == 200
    assert [fields["raw"] for fields in stored(redis)] == ['{"a": "\ufffd"}']


def test_a_body_that_broke_off_is_not_stored(client: FlaskClient, redis: Redis) -> None:
    length = {"CONTENT_LENGTH": str(len(RAW) + 5)}
    reply = client.post(PATH, data=RAW, headers=signed(RAW), environ_overrides=length)
    assert reply.status_code == 400
    assert stored(redis) == []


def test_a_full_stream_is_said_with_503_so_that_meta_sends_it_again(
    make_client: Callable[..., FlaskClient], redis: Redis
) -> None:
    client = make_client(channel(), inbound_limit=1)
    assert client.post(PATH, data=RAW, headers=signed(RAW)).status_code == 200
    reply = client.post(PATH, data=RAW, headers=signed(RAW))
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert len(stored(redis)) == 1


def test_a_queue_that_is_away_is_said_with_503(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> bool:
        raise redis_errors.ConnectionError

    monkeypatch.setattr(Inbound, "add", away)
    assert client.post(PATH, data=RAW, headers=signed(RAW)).status_code == 503


def test_the_bot_s_secrets_are_in_no_log_and_no_answer(
    client: FlaskClient, capfd: pytest.CaptureFixture[str], queue_settings: QueueSettings
) -> None:
    assert queue_settings.inbound_limit == 100_000
    bad = client.post(PATH, data=RAW, headers=signed(RAW, "no such secret"))
    ask(client, mode="subscribe", verify_token="wrong", challenge="1")
    client.post(PATH, data=RAW, headers=signed(RAW))
    shown = capfd.readouterr()
    for secret in (FIELDS["app_secret"], FIELDS["verify_token"], FIELDS["token"]):
        assert secret not in shown.out + shown.err + bad.text

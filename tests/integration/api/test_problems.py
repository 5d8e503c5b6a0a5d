"""Whatever goes wrong, the answer is a problem without personal data."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from werkzeug.test import TestResponse

from api.problems import MEDIA_TYPE
from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.api_keys import ApiKeys
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration


def is_problem(response: TestResponse, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.content_type == MEDIA_TYPE
    problem = json.loads(response.text)
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["X-Request-Id"]


def post(client: FlaskClient, headers: dict[str, str], data: bytes, **more: str) -> TestResponse:
    kind = more.pop("content_type", "application/json")
    return client.post("/v1/questions", data=data, headers=headers | more, content_type=kind)


def test_bodies_that_cannot_be_read(client: FlaskClient, keys: Keys) -> None:
    ok = b'{"question": "Abre hoje?"}'
    is_problem(post(client, keys.ask, b""), 400)
    is_problem(post(client, keys.ask, b'{"question": "a", "question": "b"}'), 400)
    is_problem(post(client, keys.ask, b"[" * 100_000), 400)
    is_problem(post(client, keys.ask, b'{"question": "\\ud800"}'), 400)
    is_problem(post(client, keys.ask, b'{"question": "a", "expires_in": NaN}'), 400)
    is_problem(post(client, keys.ask, b'{"question": "\\u0000"}'), 422)
    is_problem(post(client, keys.ask, b'"{\\"question\\": \\"a\\"}"'), 422)
    is_problem(post(client, keys.ask, ok, content_type="text/plain"), 415)
    is_problem(post(client, keys.ask, ok, content_type=""), 415)
    is_problem(post(client, keys.ask, ok, **{"Content-Encoding": "gzip"}), 415)
    is_problem(post(client, keys.ask, b"x" * 200_000), 413)
    is_problem(post(client, keys.ask, ok, **{"Idempotency-Key": "a b"}), 422)
    is_problem(post(client, keys.ask, ok, **{"Idempotency-Key": ""}), 422)
    is_problem(post(client, keys.ask, nested(250)), 400)


def nested(levels: int) -> bytes:
    return b'{"question": "a", "metadata": {"a": ' + b"[" * levels + b"]" * levels + b"}}"


def test_what_is_accepted_can_be_read_back_however_deep(client: FlaskClient, keys: Keys) -> None:
    answers = [post(client, keys.ask, nested(levels)) for levels in range(180, 210)]
    assert {answer.status_code for answer in answers} == {202, 400}
    for answer in answers:
        if answer.status_code == 202:
            assert client.get(answer.headers["Location"], headers=keys.ask).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "192.0.0.8",
        "192.88.99.1",
        "[fec0::1]",
        "[3fff::1]",
        "127.0.0.1",
    ],
)
def test_a_callback_that_delivery_would_refuse_is_refused_at_once(
    client: FlaskClient, keys: Keys, host: str
) -> None:
    question = {"question": "Abre hoje?", "callback_url": f"http://{host}/cb"}
    response = client.post("/v1/questions", json=question, headers=keys.ask)
    is_problem(response, 422)
    assert response.json is not None
    (error,) = response.json["errors"]
    assert error["field"] == "/callback_url"
    assert "Give the receiver a public address" in error["detail"]
    assert (
        client.get("/metrics", headers=keys.admin).text.count(
            'atende_lane_questions{lane="interactive"} 0.0'
        )
        == 1
    )


def test_a_private_callback_is_accepted_where_that_is_set(
    make_app: Callable[..., OpenAPI], keys: Keys
) -> None:
    client = make_app(callback_allow_private=True).test_client()
    question = {"question": "Abre hoje?", "callback_url": "http://[fec0::1]/cb"}
    assert client.post("/v1/questions", json=question, headers=keys.ask).status_code == 202


def test_a_batch_may_be_larger_but_not_without_end(
    make_app: Callable[..., OpenAPI], keys: Keys
) -> None:
    client = make_app(max_body_mb=1).test_client()
    for kind in ("application/json", "application/x-ndjson"):
        response = client.post(
            "/v1/questions/batch", data=b" " * 1_100_000, headers=keys.ask, content_type=kind
        )
        is_problem(response, 413)


def test_an_error_names_the_field_and_never_the_value(client: FlaskClient, keys: Keys) -> None:
    response = client.post(
        "/v1/questions",
        json={"question": ["Maria Silva"], "lane": "Maria Silva", "metadata": "Maria Silva"},
        headers=keys.ask,
    )
    is_problem(response, 422)
    assert "Maria" not in response.text
    assert response.json is not None
    fields = [error["field"] for error in response.json["errors"]]
    assert fields == ["/question", "/lane", "/metadata"]


def test_a_wait_that_is_no_number(client: FlaskClient, keys: Keys) -> None:
    response = client.get("/v1/questions/x?wait=soon", headers=keys.ask)
    is_problem(response, 422)


def test_keys(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    is_problem(client.get("/v1/questions/x"), 401)
    unknown = client.get("/v1/questions/x", headers={"Authorization": "Bearer atd_é"})
    is_problem(unknown, 401)
    assert 'error="invalid_token"' in unknown.headers["WWW-Authenticate"]
    lacking = client.get("/v1/questions/x", headers=keys.ingest)
    is_problem(lacking, 403)
    assert 'scope="ask"' in lacking.headers["WWW-Authenticate"]
    is_problem(client.get("/metrics", headers=keys.ask), 403)
    is_problem(client.get("/v1/questions/x", headers=keys.admin), 404)  # admin may all
    store = ApiKeys(redis)
    for key_id in store.all():
        store.revoke(key_id)
    is_problem(client.get("/v1/questions/x", headers=keys.admin), 401)  # from now on


def test_a_failure_inside_is_told_and_logged_without_values(
    client: FlaskClient, keys: Keys, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    redis.hset(names.question("a" * 32), "request", '{"question": "Maria Silva"}')
    response = client.get("/v1/questions/" + "a" * 32, headers=keys.ask)
    is_problem(response, 500)
    logged = capsys.readouterr().out
    assert "request_failed" in logged
    assert "RecordError" in logged
    assert "Maria" not in logged + response.text


def test_nothing_of_a_patient_is_logged(
    client: FlaskClient, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    question = {"question": "Maria Silva pergunta", "callback_url": "https://bot.example/segredo"}
    path = client.post("/v1/questions", json=question, headers=keys.ask).headers["Location"]
    client.get(path + "?wait=0&cpf=12345678900", headers=keys.ask)
    logged = capsys.readouterr().out
    assert "/v1/questions/<question_id>" in logged
    key = keys.ask["Authorization"].removeprefix("Bearer ")
    for secret in ("Maria", "segredo", "12345678900", key):
        assert secret not in logged


def test_redis_is_down(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    client = make_app(redis_url=f"redis://127.0.0.1:{free_port()}/0").test_client()
    for response in (
        client.post("/v1/questions", json={"question": "a"}, headers=keys.ask),
        client.get("/v1/questions/x", headers=keys.ask),
        client.get("/metrics", headers=keys.admin),
        client.get("/readyz"),
    ):
        is_problem(response, 503)
        assert response.headers["Retry-After"] == "5"
    assert client.get("/healthz").status_code == 200


_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_fields = st.fixed_dictionaries(
    {},
    optional={
        name: _any_json | st.text(min_size=1)
        for name in ("question", "lane", "metadata", "expires_in", "conversation_id", "odd")
    }
    | {
        "callback_url": st.text() | st.from_regex(r"https?://[^ ]{0,20}"),
        "idempotency_key": _any_json,
    },
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=_fields | _any_json, as_batch=st.booleans())
def test_no_body_breaks_it(
    client: FlaskClient, keys: Keys, body: object, *, as_batch: bool
) -> None:
    if as_batch:
        fields: object = {"questions": [body, {"question": "Abre hoje?"}]}
        path = "/v1/questions/batch"
    else:
        fields, path = body, "/v1/questions"
    raw = json.dumps(fields).encode()
    response = client.post(path, data=raw, headers=keys.ask, content_type="application/json")
    assert response.status_code in {202, 400, 422}, response.text
    if response.status_code != 202:
        is_problem(response, response.status_code)
        return
    assert response.json is not None
    answers = [i["accepted"] for i in response.json["items"]] if as_batch else [response.json]
    for answer in filter(None, answers):  # what was accepted can be read back
        assert client.get(answer["links"]["self"], headers=keys.ask).status_code == 200


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=st.binary(max_size=100))
def test_no_bytes_break_it(client: FlaskClient, keys: Keys, raw: bytes) -> None:
    for path, kind in (
        ("/v1/questions", "application/json"),
        ("/v1/questions/batch", "application/json"),
        ("/v1/questions/batch", "application/x-ndjson"),
    ):
        response = client.post(path, data=raw, headers=keys.ask, content_type=kind)
        assert response.status_code in {202, 400, 422}

"""A key that was revoked is refused from then on, though this process has seen it before."""

import threading
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis

from tests.integration.api.conftest import CLINIC, Keys
from workers.contracts import keys as names
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.question import Lane

pytestmark = pytest.mark.integration
PATH = "/v1/questions"


def ask(client: FlaskClient, headers: dict[str, str], **fields: object) -> Any:  # noqa: ANN401
    return client.post(PATH, json={"question": "Um?"} | fields, headers=headers)


def test_nothing_is_accepted_any_more(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    assert ask(client, keys.ask).status_code == 202
    redis.delete(names.ACCESS)
    refused = ask(client, keys.ask)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 1


def test_no_error_is_told_either(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    assert ask(client, keys.ask).status_code == 202
    assert ask(client, keys.ask, lane="no lane").status_code == 422
    redis.delete(names.ACCESS)
    assert ask(client, keys.ask, lane="no lane").status_code == 401
    assert client.post(PATH, data=b"{", headers=keys.ask).status_code == 401
    assert ask(client, keys.ask).status_code == 401


def test_a_key_that_may_less_than_before(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    assert ask(client, keys.ask).status_code == 202
    store = ApiKeys(redis)
    store.create(CLINIC, frozenset({Scope.INGEST}), "narrow")
    narrow = next(k for k, a in store.all().items() if a.name == "narrow")
    fields = cast("dict[str, str]", redis.hgetall(names.ACCESS))
    weak = next(raw for field, raw in fields.items() if field.startswith(narrow))
    for field in fields:
        redis.hset(names.ACCESS, field, weak)
    assert ask(client, keys.ask).status_code == 403
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 1


def test_a_key_that_moved_to_another_clinic_asks_for_that_one(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    assert ask(client, keys.ask).status_code == 202
    store = ApiKeys(redis)
    other = next(field for field, raw in redis.hgetall(names.ACCESS).items() if "outra" in raw)
    raw = redis.hget(names.ACCESS, other)
    assert raw is not None
    for field in redis.hkeys(names.ACCESS):
        redis.hset(names.ACCESS, field, raw)
    question = ask(client, keys.ask).json["id"]
    request = redis.hget(names.question(question), "request")
    assert request is not None
    assert '"tenant":"outra"' in request
    assert {access.tenant for access in store.all().values()} == {"outra"}


def test_many_threads_ask_as_themselves(app: OpenAPI, keys: Keys, redis: Redis) -> None:
    seen: list[int] = []

    def run(headers: dict[str, str]) -> None:
        client = app.test_client()
        seen.extend(ask(client, headers).status_code for _ in range(20))

    threads = [
        threading.Thread(target=run, args=(headers,))
        for headers in [keys.ask, keys.other, keys.ingest] * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen.count(202), seen.count(403)) == (160, 80)
    tenants = [redis.hget(key, "request") for key in redis.scan_iter(names.question("*"))]
    assert sum('"tenant":"outra"' in (raw or "") for raw in tenants) == 80

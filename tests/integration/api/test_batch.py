"""Batches, against a real Valkey."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis

from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.question import Lane

pytestmark = pytest.mark.integration
PATH = "/v1/questions/batch"


def send(client: FlaskClient, headers: dict[str, str], items: object) -> Any:  # noqa: ANN401
    response = client.post(PATH, json={"questions": items}, headers=headers)
    assert response.status_code == 202, response.text
    return response.json


def test_one_bad_question_fails_no_other(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    answer = send(
        client,
        keys.ask,
        [
            {"question": "Um?"},
            {"question": ""},
            "not an object",
            None,
            {"question": "Dois?", "lane": "interactive", "idempotency_key": "k"},
            {"question": "Dois?", "lane": "interactive", "idempotency_key": "k"},
            {"question": "Outra?", "idempotency_key": "k"},
            {"question": "Três?", "callback_url": "http://127.0.0.1/"},
            {"question": "Maria Silva", "lane": "Maria Silva"},
        ],
    )
    assert [i["index"] for i in answer["items"]] == list(range(9))
    assert [i["status"] for i in answer["items"]] == [202, 422, 422, 422, 202, 200, 422, 422, 422]
    assert (answer["accepted"], answer["refused"]) == (3, 6)
    assert answer["items"][4]["accepted"]["id"] == answer["items"][5]["accepted"]["id"]
    assert "Maria" not in json.dumps(answer)
    assert redis.xlen(names.lane(Lane.BULK)) == 1
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 1


def test_ndjson(client: FlaskClient, keys: Keys) -> None:
    raw = b'{"question": "Um?"}\n{oops\n{"question": "a", "question": "b"}\n\n{"question": "2?"}'
    response = client.post(
        PATH, data=raw, headers=keys.ask, content_type="application/x-ndjson; charset=utf-8"
    )
    assert response.json is not None
    assert [i["status"] for i in response.json["items"]] == [202, 400, 400, 202]


def test_a_batch_sent_again_asks_nothing_twice(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    items = [{"question": f"Pergunta {n}?"} for n in range(1000)]
    headers = keys.ask | {"Idempotency-Key": "inbox-2026-11-22"}
    first, second = send(client, headers, items), send(client, headers, items)
    assert {i["status"] for i in first["items"]} == {202}
    assert {i["status"] for i in second["items"]} == {200}
    assert [i["accepted"]["id"] for i in first["items"]] == [
        i["accepted"]["id"] for i in second["items"]
    ]
    assert redis.xlen(names.lane(Lane.BULK)) == 1000


def test_a_lane_that_fills_up_within_a_batch(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    client = make_app(queue_limit=2).test_client()
    answer = send(client, keys.ask, [{"question": f"{n}?"} for n in range(4)])
    assert [i["status"] for i in answer["items"]] == [202, 202, 429, 429]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"questions": []},
        {"questions": {}},
        {"questions": None},
        {"questions": [{"question": "a"}] * 1001},
        {"questions": [{"question": "a"}], "lane": "bulk"},
        {"question": "a"},
    ],
)
def test_what_is_no_batch(client: FlaskClient, keys: Keys, sent: object, redis: Redis) -> None:
    response = client.post(PATH, json=sent, headers=keys.ask)
    assert response.status_code == 422
    assert not redis.exists(names.lane(Lane.BULK))


def test_an_empty_ndjson_is_no_batch(client: FlaskClient, keys: Keys) -> None:
    response = client.post(
        PATH, data=b"\n\n", headers=keys.ask, content_type="application/x-ndjson"
    )
    assert response.status_code == 422

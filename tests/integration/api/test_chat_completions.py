"""What chat completions answer where something is in the way: in OpenAI's form, with nothing lost.

OpenAI's own clients ask in `tests/integration/bots`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis
from werkzeug.test import TestResponse

from tests.integration.api.conftest import Keys
from tests.integration.api.test_questions import settle_one
from workers.contracts import keys as names
from workers.contracts.question import Lane, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration
URL = "/v1/chat/completions"
ASKED = {"model": "atende", "messages": [{"role": "user", "content": "Preciso de jejum?"}]}
FOLLOW = {
    "model": "atende",
    "messages": [
        {"role": "user", "content": "Preciso de jejum?"},
        {"role": "assistant", "content": "Sim, 8 horas."},
        {"role": "user", "content": "e água?"},
    ],
}


@pytest.fixture
def client(make_app: Callable[..., OpenAPI]) -> FlaskClient:
    """A client of an API that waits for nothing."""
    return make_app(chat_wait_seconds=0).test_client()


def error_of(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    assert response.json is not None
    (error,) = response.json.values()
    assert error["code"] == code
    assert error["request_id"] == response.headers["X-Request-Id"]
    return dict(error)


def test_a_late_question_is_cancelled_without_a_key(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    late = client.post(URL, json=ASKED, headers=keys.ask)
    error_of(late, 504, "answer-late")
    assert late.headers["x-should-retry"] == "false"
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 0


def test_a_late_question_is_kept_with_a_key_and_answers_the_same_chat(
    client: FlaskClient, keys: Keys, queue_settings: QueueSettings, redis: Redis
) -> None:
    headers = keys.ask | {"Idempotency-Key": "wamid.1"}
    for _ in range(2):
        late = client.post(URL, json=FOLLOW, headers=headers)
        error_of(late, 504, "answer-late")
        assert late.headers["x-should-retry"] == "true"
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 1
    question_id = settle_one(queue_settings)
    answer = client.post(URL, json=FOLLOW, headers=headers).json
    assert answer is not None
    assert answer["choices"][0]["message"]["content"] == "Sim, 8 horas."
    assert answer["atende"]["id"] == question_id
    assert answer["atende"]["citations"][0]["page"] == 2
    other = client.post(URL, json=ASKED, headers=headers)
    error_of(other, 400, "idempotency-key-reused")
    record = QuestionStore(redis, queue_settings).get(question_id)
    assert record is not None
    assert record.status is Status.ANSWERED
    assert [turn.question for turn in record.request.context] == ["Preciso de jejum?"]


def test_a_question_that_is_no_longer_kept_is_not_asked_again_unseen(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    headers = keys.ask | {"Idempotency-Key": "wamid.1"}
    client.post(URL, json=ASKED, headers=headers)
    (name,) = redis.keys(names.question("*"))
    redis.delete(name)
    error_of(client.post(URL, json=ASKED, headers=headers), 404, "question-unknown")


def test_where_nobody_may_wait_nothing_is_asked(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis
) -> None:
    app = make_app(threads=4)
    long_polls = app.extensions["atende"].long_polls
    for _ in range(3):
        assert long_polls.acquire(blocking=False)
    full = app.test_client().post(URL, json=ASKED, headers=keys.ask)
    assert error_of(full, 503, "waits-full")["type"] == "server_error"
    assert full.headers["Retry-After"] == "1"
    assert redis.keys(names.question("*")) == []


def test_each_wait_gives_its_place_back(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    client = make_app(threads=4, chat_wait_seconds=0).test_client()
    for _ in range(8):
        error_of(client.post(URL, json=ASKED, headers=keys.ask), 504, "answer-late")
        refused = client.post(URL, json=ASKED | {"messages": []}, headers=keys.ask)
        error_of(refused, 400, "invalid-fields")


def test_a_full_lane_is_a_rate_limit(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    app = make_app(queue_limit=1, chat_wait_seconds=0, lane_full_retry_seconds=9)
    headers = keys.ask | {"Idempotency-Key": "first"}
    error_of(app.test_client().post(URL, json=ASKED, headers=headers), 504, "answer-late")
    full = app.test_client().post(URL, json=ASKED, headers=keys.ask)
    assert error_of(full, 429, "rate_limit_exceeded")["type"] == "rate_limit_error"
    assert full.headers["Retry-After"] == "9"


def test_a_long_chat_is_taken_and_one_without_end_is_not(client: FlaskClient, keys: Keys) -> None:
    def chat(length: int) -> dict[str, Any]:
        before = [
            {"role": "user", "content": "a" * length},
            {"role": "assistant", "content": "Sim."},
        ]
        return {"model": "atende", "messages": [*before, *ASKED["messages"]]}

    error_of(client.post(URL, json=chat(1_000_000), headers=keys.ask), 504, "answer-late")
    too_large = client.post(URL, json=chat(3_000_000), headers=keys.ask)
    error_of(too_large, 413, "request-entity-too-large")


def test_bodies_and_keys_that_are_wrong(client: FlaskClient, keys: Keys) -> None:
    def post(data: bytes, headers: dict[str, str], kind: str = "application/json") -> TestResponse:
        return client.post(URL, data=data, headers=headers, content_type=kind)

    error_of(post(b"{", keys.ask), 400, "malformed-json")
    error_of(post(b"[]", keys.ask), 400, "invalid-fields")
    error_of(post(b"{}", keys.ask, "text/plain"), 415, "unsupported-media-type")
    error_of(client.post(URL, json=ASKED), 401, "invalid_api_key")
    error_of(client.post(URL, json=ASKED, headers=keys.ingest), 403, "scope-missing")
    long = {"role": "user", "content": "Maria " * 1000}
    wrong = error_of(
        client.post(URL, json=ASKED | {"messages": [long]}, headers=keys.ask),
        400,
        "invalid-fields",
    )
    assert wrong["param"] == "messages"
    assert "Maria" not in str(wrong)


def test_redis_is_down(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    client = make_app(redis_url=f"redis://127.0.0.1:{free_port()}/0").test_client()
    away = client.post(URL, json=ASKED, headers=keys.ask)
    error_of(away, 503, "queue-unreachable")
    assert away.headers["Retry-After"] == "5"

"""Asking, reading, waiting and cancelling, against a real Valkey."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis

from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.claims import ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.question import Citation, Lane, Outcome, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
ASKED = {"question": "Preciso de jejum?"}


def settle_one(settings: QueueSettings) -> str:
    """Claim one question as a drain does, and answer it."""

    async def run() -> str:
        redis = connect_async(settings)
        try:
            claims = ClaimStore(redis, settings, "worker-1")
            await claims.open()
            (claim,) = await claims.claim(1, 1, LaneCursor())
            citation = Citation(document="preparo.pdf", title="Preparo", page=2, quote="8 horas")
            outcome = Outcome(
                status=Status.ANSWERED, text="Sim, 8 horas.", citations=(citation,), model="m"
            )
            assert await claims.settle([Settlement(claim, outcome)]) == [True]
            return claim.id
        finally:
            await redis.aclose()

    return asyncio.run(run())


def ask(client: FlaskClient, headers: dict[str, str], **fields: object) -> Any:  # noqa: ANN401
    response = client.post("/v1/questions", json=ASKED | fields, headers=headers)
    assert response.status_code == 202, response.text
    return response.json


def test_a_question_is_accepted_and_read_back(client: FlaskClient, keys: Keys) -> None:
    metadata = {"a": [1, 2.5, None, {"é": "\x00"}], "big": 2**70}
    response = client.post(
        "/v1/questions",
        json=ASKED | {"metadata": metadata, "conversation_id": "c1", "expires_in": 60},
        headers=keys.ask,
    )
    assert response.status_code == 202
    answer = response.json
    assert answer is not None
    assert response.headers["Location"] == answer["links"]["self"]
    assert (answer["status"], answer["repeated"]) == ("queued", False)
    read = client.get(answer["links"]["self"], headers=keys.ask).json
    assert read is not None
    assert read["metadata"] == metadata
    assert (read["status"], read["lane"], read["outcome"]) == ("queued", "interactive", None)
    assert read["delivery"] == {"state": "none", "attempts": 0, "recent": []}


def test_an_answered_question_carries_outcome_and_citations(
    client: FlaskClient, keys: Keys, queue_settings: QueueSettings
) -> None:
    answer = ask(client, keys.ask, callback_url="https://bot.example.com/x")
    settle_one(queue_settings)
    read = client.get(answer["links"]["self"], headers=keys.ask).json
    assert read is not None
    assert read["outcome"]["text"] == "Sim, 8 horas."
    assert read["outcome"]["citations"][0]["page"] == 2
    assert read["delivery"]["state"] == "pending"


def test_a_known_key_asks_nothing_twice(
    client: FlaskClient, keys: Keys, queue_settings: QueueSettings, redis: Redis
) -> None:
    headers = keys.ask | {"Idempotency-Key": "mail-7"}
    first = ask(client, headers)
    settle_one(queue_settings)
    again = client.post("/v1/questions", json=ASKED, headers=headers)
    assert again.status_code == 200
    assert again.json == first | {"status": "answered", "repeated": True}
    other = client.post("/v1/questions", json={"question": "Outra?"}, headers=headers)
    assert other.status_code == 422
    assert other.json is not None
    assert other.json["type"].endswith("idempotency-key-reused")
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 0


def test_a_key_belongs_to_its_tenant(client: FlaskClient, keys: Keys) -> None:
    mine = ask(client, keys.ask | {"Idempotency-Key": "k"})
    theirs = ask(client, keys.other | {"Idempotency-Key": "k"})
    assert mine["id"] != theirs["id"]


def test_concurrent_posts_with_one_key_are_one_question(
    app: OpenAPI, keys: Keys, redis: Redis
) -> None:
    headers = keys.ask | {"Idempotency-Key": "same"}
    gate = threading.Barrier(16)

    def post(_: int) -> tuple[int, str]:
        gate.wait()
        response = app.test_client().post("/v1/questions", json=ASKED, headers=headers)
        assert response.json is not None
        return response.status_code, response.json["id"]

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(post, range(16)))
    assert sorted(status for status, _ in results) == [200] * 15 + [202]
    assert len({question_id for _, question_id in results}) == 1
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 1


def test_another_tenants_question_looks_like_none(client: FlaskClient, keys: Keys) -> None:
    path = ask(client, keys.ask)["links"]["self"]
    for method in ("GET", "DELETE"):
        theirs = client.open(path + "?wait=20", method=method, headers=keys.other)
        never = client.open("/v1/questions/" + "0" * 32, method=method, headers=keys.other)
        response = client.open("/v1/questions/%F0%9F%98%80", method=method, headers=keys.other)
        assert [r.status_code for r in (theirs, never, response)] == [404] * 3
        assert theirs.json is not None
        assert never.json is not None
        assert theirs.json["detail"] == never.json["detail"]
    assert client.get(path, headers=keys.ask).status_code == 200


def test_a_full_lane_says_when_to_come_back(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    client = make_app(queue_limit=1, lane_full_retry_seconds=9).test_client()
    headers = keys.ask | {"Idempotency-Key": "first"}
    ask(client, headers)
    full = client.post("/v1/questions", json=ASKED, headers=keys.ask)
    assert (full.status_code, full.headers["Retry-After"]) == (429, "9")
    ask(client, keys.ask, lane="bulk")  # the other lane has room
    again = client.post("/v1/questions", json=ASKED, headers=headers)
    assert again.status_code == 200  # accepted before: still so


def test_a_long_poll_is_woken_by_the_settle(
    app: OpenAPI, keys: Keys, queue_settings: QueueSettings
) -> None:
    path = ask(app.test_client(), keys.ask)["links"]["self"]

    def poll() -> tuple[float, str]:
        response = app.test_client().get(path + "?wait=20", headers=keys.ask)
        assert response.json is not None
        return time.monotonic(), response.json["status"]

    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll)
        time.sleep(0.5)
        assert not polling.done()
        settle_one(queue_settings)
        settled = time.monotonic()
        returned, status = polling.result(10)
    assert status == "answered"
    assert returned - settled < 1.0


def test_a_wait_ends_with_the_question_as_it_stands(
    make_app: Callable[..., OpenAPI], keys: Keys
) -> None:
    client = make_app(max_wait_seconds=0.2).test_client()
    path = ask(client, keys.ask)["links"]["self"]
    begun = time.monotonic()
    response = client.get(path + "?wait=20", headers=keys.ask)
    assert time.monotonic() - begun < 2
    assert response.json is not None
    assert response.json["status"] == "queued"


def test_too_many_long_polls_answer_at_once(make_app: Callable[..., OpenAPI], keys: Keys) -> None:
    app = make_app(threads=4)
    path = ask(app.test_client(), keys.ask)["links"]["self"]
    long_polls = app.extensions["atende"].long_polls
    for _ in range(3):
        assert long_polls.acquire(blocking=False)
    begun = time.monotonic()
    response = app.test_client().get(path + "?wait=20", headers=keys.ask)
    assert time.monotonic() - begun < 2
    assert (response.status_code, response.headers["Retry-After"]) == (200, "1")


def test_cancelling(client: FlaskClient, keys: Keys, queue_settings: QueueSettings) -> None:
    path = ask(client, keys.ask)["links"]["self"]
    for _ in range(2):  # the second time changes nothing
        response = client.delete(path, headers=keys.ask)
        assert response.status_code == 200
        assert response.json is not None
        assert response.json["status"] == "cancelled"
    ended = ask(client, keys.ask)["links"]["self"]
    settle_one(queue_settings)
    response = client.delete(ended, headers=keys.ask)
    assert response.status_code == 409
    assert response.json is not None
    assert "answered" in response.json["detail"]


def test_a_claimed_question_can_be_cancelled(
    client: FlaskClient, keys: Keys, queue_settings: QueueSettings, redis: Redis
) -> None:
    path = ask(client, keys.ask)["links"]["self"]

    async def claim() -> None:
        link = connect_async(queue_settings)
        claims = ClaimStore(link, queue_settings, "worker-1")
        await claims.open()
        assert len(await claims.claim(1, 1, LaneCursor())) == 1
        await link.aclose()

    asyncio.run(claim())
    assert client.delete(path, headers=keys.ask).status_code == 200
    assert QuestionStore(redis, queue_settings).waiting()[Lane.INTERACTIVE] == 0

"""Callbacks that were given up, over HTTP, against a real Valkey."""

import asyncio
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.claims import ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Outcome, Status
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
URL = "https://bot.example:8443/hooks/segredo?token=abc"


async def answer_all(settings: QueueSettings) -> None:
    redis = connect_async(settings)
    claims = ClaimStore(redis, settings, "worker-1")
    await claims.open()
    for claim in await claims.claim(100, 100, LaneCursor()):
        outcome = Outcome(status=Status.ANSWERED, text="Sim, 8 horas.")
        assert await claims.settle([Settlement(claim, outcome)]) == [True]
    await redis.aclose()


@pytest.fixture
def outbox(redis: Redis, queue_settings: QueueSettings) -> Outbox:
    return Outbox(redis, queue_settings)


def ask(client: FlaskClient, headers: dict[str, str], **fields: object) -> str:
    question = {"question": "Maria Silva pode comer?"} | fields
    response = client.post("/v1/questions", json=question, headers=headers)
    assert response.status_code == 202
    return str(body(response, 202)["id"])


def given_up(
    client: FlaskClient, headers: dict[str, str], outbox: Outbox, settings: QueueSettings
) -> str:
    """Ask with a callback that nobody takes."""
    question_id = ask(client, headers, callback_url=URL)
    asyncio.run(answer_all(settings))
    outbox.record(question_id, Delivery.PENDING, "HTTP 500")
    outbox.record(question_id, Delivery.DEAD, "HTTP 410: the receiver wants no more callbacks")
    return question_id


def body(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    value: dict[str, Any] = json.loads(response.text)
    return value


def listed(client: FlaskClient, headers: dict[str, str], **query: object) -> dict[str, Any]:
    query = {"state": "dead"} | query
    return body(client.get("/v1/callbacks", query_string=query, headers=headers), 200)


def test_a_callback_that_was_given_up_is_listed_with_its_reasons_and_replayed(
    client: FlaskClient, keys: Keys, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    question_id = given_up(client, keys.ask, outbox, queue_settings)
    page = listed(client, keys.ask)
    (callback,) = page["callbacks"]
    assert page["next"] is None
    assert (callback["id"], callback["receiver"]) == (question_id, "https://bot.example:8443")
    assert callback["dead_at"].endswith("Z")
    assert (callback["delivery"]["state"], callback["delivery"]["attempts"]) == ("dead", 2)
    assert [attempt["detail"] for attempt in callback["delivery"]["recent"]] == [
        "HTTP 500",
        "HTTP 410: the receiver wants no more callbacks",
    ]
    assert body(client.get(callback["links"]["self"], headers=keys.ask), 200)["id"] == question_id

    replayed = body(client.post(callback["links"]["replay"], headers=keys.ask), 202)
    assert (replayed["id"], replayed["state"]) == (question_id, "pending")
    assert listed(client, keys.ask)["callbacks"] == []
    read = body(client.get(replayed["links"]["self"], headers=keys.ask), 200)
    assert (read["delivery"]["state"], read["delivery"]["attempts"]) == ("pending", 0)
    assert outbox.lease(60, 10) == [question_id]


def test_nothing_of_a_patient_and_no_secret_of_the_receiver_is_listed(
    client: FlaskClient, keys: Keys, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    given_up(client, keys.ask, outbox, queue_settings)
    page = json.dumps(listed(client, keys.ask))
    for secret in ("Maria", "8 horas", "segredo", "token", "clinica"):
        assert secret not in page


def test_a_clinic_sees_and_replays_its_own_alone(
    client: FlaskClient, keys: Keys, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    question_id = given_up(client, keys.ask, outbox, queue_settings)
    assert listed(client, keys.other)["callbacks"] == []
    path = f"/v1/callbacks/{question_id}/replay"
    unknown = client.post(f"/v1/callbacks/{'f' * 32}/replay", headers=keys.other)
    theirs = client.post(path, headers=keys.other)
    assert body(theirs, 404)["detail"] == body(unknown, 404)["detail"]
    assert outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 1}
    assert [callback["id"] for callback in listed(client, keys.admin)["callbacks"]] == [question_id]
    body(client.post(path, headers=keys.ingest), 403)
    body(client.get("/v1/callbacks", headers=keys.ingest), 403)
    body(client.post(path, headers=keys.admin), 202)


def test_what_is_not_dead_is_not_replayed_and_says_why(
    client: FlaskClient, keys: Keys, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    def refused(question_id: str) -> str:
        response = client.post(f"/v1/callbacks/{question_id}/replay", headers=keys.ask)
        problem = body(response, 409)
        assert problem["type"] == "urn:atende:problem:callback-not-dead"
        assert "Nothing was changed" in problem["detail"]
        return str(problem["detail"])

    replayed = given_up(client, keys.ask, outbox, queue_settings)
    path = f"/v1/callbacks/{replayed}/replay"
    body(client.post(path, headers=keys.ask), 202)
    assert "in line already" in refused(replayed)  # the same call, sent twice
    outbox.record(replayed, Delivery.DELIVERED, "HTTP 200")
    assert "was delivered" in refused(replayed)
    assert "has not ended" in refused(ask(client, keys.ask, callback_url=URL))
    assert outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 0}


@pytest.mark.parametrize("question_id", ["x", "F" * 32, "%2e%2e", "a" * 33])
def test_an_id_that_is_none_is_unknown(client: FlaskClient, keys: Keys, question_id: str) -> None:
    body(client.post(f"/v1/callbacks/{question_id}/replay", headers=keys.ask), 404)


def test_the_list_has_pages(
    client: FlaskClient, keys: Keys, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    gone = [given_up(client, keys.ask, outbox, queue_settings) for _ in range(5)]
    ids: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listed(client, keys.ask, limit=2, after=after)
        ids += [callback["id"] for callback in page["callbacks"]]
        after = page["next"]
    assert sorted(ids) == sorted(gone)
    assert len(ids) == 5


@pytest.mark.parametrize(
    "query", [{"state": "pending"}, {"limit": 0}, {"limit": 501}, {"after": "1-x"}]
)
def test_a_query_that_cannot_be_answered_names_its_field(
    client: FlaskClient, keys: Keys, query: dict[str, object]
) -> None:
    problem = body(client.get("/v1/callbacks", query_string=query, headers=keys.ask), 422)
    assert [error["field"] for error in problem["errors"]] == [f"/{next(iter(query))}"]


def test_records_that_are_gone_or_broken_hide_no_others_and_leave_the_count(
    client: FlaskClient, keys: Keys, redis: Redis, outbox: Outbox, queue_settings: QueueSettings
) -> None:
    readable, broken, expired = (
        given_up(client, keys.ask, outbox, queue_settings) for _ in range(3)
    )
    redis.hset(names.question(broken), "outcome", b"\xff")
    redis.delete(names.question(expired))
    assert [callback["id"] for callback in listed(client, keys.ask)["callbacks"]] == [readable]
    figures = client.get("/metrics", headers=keys.admin).text
    assert 'atende_deliveries{state="dead"} 2.0' in figures
    assert 'atende_deliveries{state="pending"} 0.0' in figures

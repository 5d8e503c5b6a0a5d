"""Readiness and metrics, against a real Valkey."""

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.drains import DrainReport

pytestmark = pytest.mark.integration


def report(redis: Redis, *, stopping: bool = False, age: float = 0.0) -> None:
    drain = DrainReport(
        worker="w1", at=time.time() - age, model="m", slots=16, in_flight=3, stopping=stopping
    )
    redis.hset(names.DRAINS, drain.worker, drain.model_dump_json())


def failing(client: FlaskClient) -> set[str]:
    response = client.get("/readyz")
    assert response.json is not None
    checks = response.json["checks"]
    bad = {name for name, check in checks.items() if not check["ok"]}
    assert response.status_code == (503 if bad else 200)
    return bad


def test_ready_with_a_drain(client: FlaskClient, redis: Redis) -> None:
    assert failing(client) == {"drain"}
    report(redis)
    assert failing(client) == set()
    report(redis, stopping=True)
    assert failing(client) == {"drain"}
    report(redis, age=60)
    assert failing(client) == {"drain"}


def test_not_ready_where_somebody_waits_too_long(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis
) -> None:
    client = make_app(ready_queue_age_seconds=1).test_client()
    report(redis)
    client.post("/v1/questions", json={"question": "Abre?"}, headers=keys.ask)
    assert failing(client) == set()
    time.sleep(1.1)
    assert failing(client) == {"queue_age"}


def test_metrics(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    report(redis)
    redis.hincrby(names.COUNTERS, "something:new", 4)
    path = client.post("/v1/questions", json={"question": "Abre?"}, headers=keys.ask).headers
    client.delete(path["Location"], headers=keys.ask)
    client.post("/v1/questions", json={"question": "Fecha?", "lane": "bulk"}, headers=keys.ask)
    response = client.get("/metrics", headers=keys.admin)
    assert response.content_type.startswith("text/plain")
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    assert values["atende_accepted_total", "interactive"] == 1
    assert values["atende_ended_total", "interactive", "cancelled"] == 1
    assert values["atende_events_total", "something:new"] == 4
    assert values["atende_lane_questions", "bulk"] == 1
    assert values["atende_lane_questions", "interactive"] == 0
    assert values["atende_lane_oldest_seconds", "bulk"] >= 0
    assert values["atende_deliveries", "pending"] == 0
    assert values["atende_drains",] == 1
    assert values["atende_slots",] == 16
    assert values["atende_in_flight",] == 3
    assert values["atende_http_request_seconds_count", "POST", "/v1/questions", "202"] == 2
    assert "Abre" not in response.text

"""Readiness and metrics, against a real Valkey."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from tests.integration.api.conftest import Keys
from tests.sample_channel import email_channel
from workers.contracts import keys as names
from workers.contracts.channel_files import save
from workers.contracts.drains import DrainReport
from workers.contracts.errands import Errand, ErrandStore
from workers.contracts.inbound import Inbound
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.metrics import pack
from workers.contracts.pauses import Pauses
from workers.contracts.question import Lane
from workers.contracts.send import month
from workers.contracts.settings import QueueSettings
from workers.monitor.meters import Meters

pytestmark = pytest.mark.integration


def report(
    redis: Redis, *, worker: str = "w1", age: float = 0.0, **state: bool | float | str
) -> None:
    drain = DrainReport.model_validate(
        {"worker": worker, "at": time.time() - age, "model": "m", "slots": 16, "in_flight": 3}
        | state
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


def test_a_pause_is_said_and_is_no_reason_to_send_askers_away(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis
) -> None:
    client = make_app(ready_queue_age_seconds=1).test_client()
    report(redis, paused=True, paused_since=time.time())
    client.post("/v1/questions", json={"question": "Abre?"}, headers=keys.ask)
    time.sleep(1.1)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    assert "1 alive, 1 paused" in response.json["checks"]["drain"]["detail"]
    report(redis, worker="w2")  # one that drains: the others' pause explains no old queue
    assert failing(client) == {"queue_age"}


def scrape(client: FlaskClient, keys: Keys) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics", headers=keys.admin)
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_every_live_drain_shows_its_own_figures(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    for worker, questions, age in (("w1", 3, 0.0), ("w2", 5, 0.0), ("gone", 7, 60.0)):
        meters = Meters()
        meters.claimed({Lane.BULK: questions})
        report(redis, worker=worker, age=age)
        redis.hset(names.METERS, worker, pack(meters.snapshot()))
    values = scrape(client, keys)
    assert values["atende_drain_claimed_total", "bulk", "w1"] == 3
    assert values["atende_drain_claimed_total", "bulk", "w2"] == 5
    assert ("atende_drain_claimed_total", "bulk", "gone") not in values
    assert values["atende_paused",] == 0
    Pauses(redis).pause()
    assert scrape(client, keys)["atende_paused",] == 1


def test_reports_that_cannot_be_read_leave_the_page_whole(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    report(redis, worker="later", colour="blue")
    redis.hset(names.DRAINS, "strange", '{"worker": 7}')
    redis.hset(names.METERS, "later", '[{"name": "atende_accepted", "kind": "gauge"}, 7')
    values = scrape(client, keys)
    assert values["atende_drains",] == 1
    assert not any(name.startswith("atende_drain_") for name, *_ in values)
    assert failing(client) == set()


def test_metrics(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    report(redis)
    redis.hincrby(names.COUNTERS, "something:new", 4)
    redis.hincrby(names.COUNTERS, "shared:cached:bulk", 2)
    path = client.post("/v1/questions", json={"question": "Abre?"}, headers=keys.ask).headers
    client.delete(path["Location"], headers=keys.ask)
    inbound = Inbound(redis, QueueSettings())
    inbound.open()
    inbound.add("whatsapp", "app", b"{}")
    inbound.done(inbound.take("w1", 1, 0)[0], {"channel_events:message": 3})
    inbound.add("whatsapp", "app", b"{}")
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
    assert values["atende_shared_total", "cached", "bulk"] == 2
    assert values["atende_lane_questions", "bulk"] == 1
    assert values["atende_lane_questions", "interactive"] == 0
    assert values["atende_lane_oldest_seconds", "bulk"] >= 0
    assert values["atende_posts_total", "whatsapp"] == 2
    assert values["atende_channel_events_total", "message"] == 3
    assert values["atende_channel_events_total", "bad"] == 0
    assert values["atende_inbound_posts",] == 1
    assert values["atende_inbound_oldest_seconds",] >= 0
    assert values["atende_deliveries", "pending"] == 0
    assert values["atende_drains",] == 1
    assert values["atende_slots",] == 16
    assert values["atende_in_flight",] == 3
    assert values["atende_http_request_seconds_count", "POST", "/v1/questions", "202"] == 2
    assert "Abre" not in response.text


def test_metrics_tell_which_channel_is_paused_and_what_was_billed(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    pause = '{"code": 190, "reason": "revoked", "since": 1.0, "token": "x", "probe_at": 1}'
    redis.hset(names.PAUSED_CHANNELS, mapping={"recepcao": pause, "torn": "{"})
    redis.hset(names.BILLED, f"recepcao:{month(time.time())}:service", 7)
    redis.hset(names.BILLED, "recepcao:2020-01:service", 9)
    lines = client.get("/metrics", headers=keys.admin).text.splitlines()
    told = [line for line in lines if line.startswith(("atende_channel_p", "atende_billed"))]
    assert told == [
        'atende_channel_paused{channel="recepcao",code="190"} 1.0',
        'atende_billed_messages{category="service",channel="recepcao"} 7.0',
    ]


def test_metrics_tell_how_each_mailbox_fares(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis, tmp_path: Path
) -> None:
    mailboxes, errands = MailboxStore(redis), ErrandStore(redis)
    for name in ("correio", "novo"):
        save(email_channel(name=name, user=f"{name}@clinica.example"), tmp_path)
    save(email_channel(name="http", imap_host=None, password=None), tmp_path)
    token = mailboxes.lease("correio", "w1", 60)
    assert token
    mailboxes.open("correio", "INBOX", token, 7, 0)
    mailboxes.looked("correio", "INBOX", token, time.time() - 30)
    mailboxes.note_fault("correio", "The server refuses the password.")
    errands.add("correio", Errand(id="1", kind="flag", message="<secret@example.com>"))
    redis.hset(names.mailbox("novo"), "fault_since", "yesterday")  # of another version
    text = make_app(channels_dir=tmp_path).test_client().get("/metrics", headers=keys.admin).text
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["atende_mailbox_fault", "correio"] == 1
    assert values["atende_mailbox_looked_seconds", "correio"] == pytest.approx(30, abs=5)
    assert values["atende_mailbox_errands", "correio", "waiting"] == 1
    assert ("atende_mailbox_fault", "novo") not in values
    assert values["atende_mailbox_errands", "novo", "waiting"] == 0
    assert ("atende_mailbox_errands", "http", "waiting") not in values
    assert values["atende_errands_total", "given_up"] == 0
    assert "secret" not in text
    redis.delete(names.mailbox("novo"))
    text = make_app(channels_dir=tmp_path).test_client().get("/metrics", headers=keys.admin).text
    assert 'atende_mailbox_looked_seconds{channel="novo"} +Inf' in text

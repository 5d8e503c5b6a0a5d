"""A delivery's life: attempts, retries, the end, and what survives a crash."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from workers.contracts import keys
from workers.contracts.errors import SecretMissingError
from workers.contracts.question import Delivery
from workers.contracts.signing import callback_secret
from workers.delivery.egress import CallbackClient
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from tests.integration.workers.delivery.conftest import Office, Receiver, Start

pytestmark = pytest.mark.integration


def test_delivered_and_signed(office: "Office", receiver: "Receiver") -> None:
    question_id = office.settle(receiver.url)
    assert office.read(question_id).delivery is Delivery.PENDING
    assert office.run() == 1
    (post,) = receiver.posts
    secret = callback_secret("a master secret for tests", "clinica-a")
    payload = Webhook(secret).verify(post.body, post.headers)
    assert payload["type"] == "question.answered"
    assert payload["data"]["id"] == question_id
    assert post.headers["webhook-id"] == f"msg_{question_id}"
    question = office.read(question_id)
    assert question.delivery is Delivery.DELIVERED
    assert [(a.ok, a.detail) for a in question.deliveries] == [(True, "HTTP 200")]
    assert office.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 0}
    assert office.redis.ttl(keys.question(question_id)) > 0
    assert office.run() == 0


def test_500_then_200(office: "Office", receiver: "Receiver") -> None:
    receiver.replies = [500]
    question_id = office.settle(receiver.url)
    office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.PENDING
    assert question.delivery_attempts == 1
    due = office.redis.zscore(keys.OUTBOX, question_id)
    assert isinstance(due, float)
    assert 4 < due / 1000 - time.time() < 7
    assert office.run() == 0
    office.hurry(question_id)
    assert office.run() == 1
    assert office.read(question_id).delivery is Delivery.DELIVERED
    first, second = receiver.posts
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_410_is_dead_at_once_and_a_replay_gives_all_attempts_again(
    office: "Office", receiver: "Receiver"
) -> None:
    receiver.replies = [410]
    question_id = office.settle(receiver.url)
    office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert "wants no more callbacks" in question.deliveries[-1].detail
    assert [delivery.id for delivery in office.dead.page(10).deliveries] == [question_id]
    assert office.dead.replay(question_id) is Delivery.DEAD
    assert office.redis.ttl(keys.question(question_id)) == -1
    office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.DELIVERED
    assert question.delivery_attempts == 1
    assert [post.headers["webhook-id"] for post in receiver.posts] == [f"msg_{question_id}"] * 2
    assert receiver.posts[0].body == receiver.posts[1].body
    assert office.dead.page(10).deliveries == []


def test_ten_failures_and_it_is_dead(office: "Office", receiver: "Receiver") -> None:
    receiver.replies = [302, 404, 429] + [500] * 20
    question_id = office.settle(receiver.url)
    for _ in range(12):
        office.hurry(question_id)
        office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert len(receiver.posts) == question.delivery_attempts == 10
    assert question.deliveries[-1].detail == "HTTP 500; given up after 10 attempts"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://", "names no host"),
        ("ftp://bot.example/", "not http or https"),
        ("http://a\x01b/", "cannot be read"),
        ("http://127.0.0.1:99999/", "no port 99999"),
    ],
)
def test_a_url_that_nobody_can_call_is_dead_with_its_reason(
    office: "Office", url: str, reason: str
) -> None:
    question_id = office.settle(url)
    office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert reason in question.deliveries[-1].detail


def test_a_name_that_stricter_rules_forbid_is_tried_like_any_other(office: "Office") -> None:
    question_id = office.settle(
        "http://xn--n3h.invalid/"
    )  # a snowman: browsers call it, IDNA 2008 not
    assert office.run() == 1
    question = office.read(question_id)
    assert question.delivery is Delivery.PENDING
    assert "does not resolve" in question.deliveries[-1].detail


def test_a_private_address_is_dead_with_its_reason(
    office: "Office", receiver: "Receiver", strict_client: CallbackClient
) -> None:
    question_id = office.settle(f"http://localhost:{receiver.port}/")
    office.dispatch(lambda name: office.deliver(name, strict_client))
    question = office.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert "not public" in question.deliveries[-1].detail
    assert receiver.posts == []


@pytest.mark.parametrize("raw", ["{", '{"tenant": 1}', b"\xff\xfe"])
@pytest.mark.parametrize("field", ["request", "outcome", "deliveries"])
def test_a_record_that_cannot_be_read_is_dead_not_endless(
    office: "Office", receiver: "Receiver", field: str, raw: str | bytes
) -> None:
    question_id = office.settle(receiver.url)
    office.redis.hset(keys.question(question_id), field, raw)
    office.run()
    assert office.redis.hget(keys.question(question_id), "delivery") == "dead"
    assert office.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 1}
    assert receiver.posts == []


def test_a_record_that_is_gone_leaves_the_outbox(office: "Office", receiver: "Receiver") -> None:
    office.redis.delete(keys.question(office.settle(receiver.url)))
    assert office.run() == 0
    assert office.redis.zcard(keys.OUTBOX) == 0
    assert office.redis.keys("*question*") == []


def test_without_a_secret_nothing_is_sent_and_nothing_is_lost(
    office: "Office", receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settle(receiver.url)
    monkeypatch.setenv("ATENDE_SECRET", "")
    bare = WorkerSettings()
    with pytest.raises(SecretMissingError, match="ATENDE_SECRET is empty"):
        replace(office, settings=bare).run()
    assert office.outbox.sizes()[Delivery.PENDING] == 1
    assert receiver.posts == []


def test_a_lost_task_is_sent_again_after_the_lease(office: "Office", receiver: "Receiver") -> None:
    office.settle(receiver.url)
    assert office.dispatch(lambda _: None) == 1  # the message is lost
    assert office.run() == 0
    time.sleep(office.settings.delivery_lease_seconds + 0.1)
    assert office.run() == 1
    assert len(receiver.posts) == 1


def test_a_broker_that_fails_loses_nothing(office: "Office", receiver: "Receiver") -> None:
    def broken(_: str) -> None:
        raise ConnectionError

    office.settle(receiver.url)
    with pytest.raises(ConnectionError):
        office.dispatch(broken)
    time.sleep(office.settings.delivery_lease_seconds + 0.1)
    assert office.run() == 1
    assert len(receiver.posts) == 1


def test_a_task_that_was_sent_twice_delivers_once(office: "Office", receiver: "Receiver") -> None:
    receiver.replies = [500, 500]
    question_ids: list[str] = []
    office.settle(receiver.url)
    office.dispatch(question_ids.append)
    time.sleep(office.settings.delivery_lease_seconds + 0.1)
    office.dispatch(question_ids.append)  # the first task still stands in a long queue
    assert len(question_ids) == 2
    for question_id in question_ids:
        office.deliver(question_id)
    assert len(receiver.posts) == 1


def test_a_task_of_two_at_the_same_time_delivers(office: "Office", receiver: "Receiver") -> None:
    question_id = office.settle(receiver.url)
    office.dispatch(lambda _: None)
    threads = [threading.Thread(target=office.deliver, args=(question_id,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.posts) == 1


def test_replays_that_race_with_deliveries_send_once(
    office: "Office", receiver: "Receiver"
) -> None:
    receiver.replies = [410]
    question_id = office.settle(receiver.url)
    office.run()
    states: list[Delivery | None] = []

    def replay() -> None:
        states.extend(office.dead.replay(question_id, "clinica-a") for _ in range(20))

    def work() -> None:
        for _ in range(20):
            office.run()

    threads = [threading.Thread(target=target) for target in (replay, work) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.run()
    assert states.count(Delivery.DEAD) == 1
    assert len(receiver.posts) == 2
    assert office.read(question_id).delivery is Delivery.DELIVERED
    assert office.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 0}


_DELIVER = """
import sys
from workers.contracts.connection import connect
from workers.contracts.outbox import Outbox
from workers.contracts.questions import QuestionStore
from workers.delivery.deliver import deliver
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from tests.stand_ins import NoEmail, NoWhatsApp
from workers.settings import WorkerSettings

settings = WorkerSettings()
redis = connect(settings)
client = CallbackClient(allow_private=True, timeout=5.0, per_host=8)
secret = settings.secret.get_secret_value()
senders = Senders(webhook=WebhookSender(client, secret), whatsapp=NoWhatsApp(), email=NoEmail())
deliver(sys.argv[1], QuestionStore(redis, settings), Outbox(redis, settings), senders, settings)
"""


def test_a_kill_between_post_and_record_sends_again_with_the_same_id(
    office: "Office", receiver: "Receiver"
) -> None:
    question_id = office.settle(receiver.url)
    office.dispatch(lambda _: None)
    arrived = threading.Event()
    dead = threading.Event()

    def hold() -> None:
        arrived.set()
        dead.wait(20)

    receiver.on_post = hold
    command = [sys.executable, "-c", _DELIVER, question_id]
    with subprocess.Popen(command) as process:
        assert arrived.wait(20)
        os.kill(process.pid, signal.SIGKILL)
    dead.set()
    assert office.read(question_id).delivery is Delivery.PENDING
    assert office.run() == 0  # it might still be on its way
    time.sleep(
        office.settings.delivery_lease_seconds + office.settings.callback_timeout_seconds + 0.2
    )
    assert office.run() == 1
    assert [post.headers["webhook-id"] for post in receiver.posts] == [f"msg_{question_id}"] * 2
    assert office.read(question_id).delivery is Delivery.DELIVERED


def test_a_dead_host_holds_its_places_only_and_its_backlog_counts_no_attempts(
    office: "Office", receiver: "Receiver", raw_server: "Start"
) -> None:
    client = CallbackClient(allow_private=True, timeout=3.0, per_host=2)
    port = raw_server(lambda _: time.sleep(10))
    stuck = [office.settle(f"http://localhost:{port}/") for _ in range(6)]
    good = office.settle(receiver.url)
    started = time.monotonic()
    due: list[str] = []
    office.dispatch(due.append)
    threads = [threading.Thread(target=office.deliver, args=(name, client)) for name in stuck[:2]]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    for name in [*stuck[2:], good]:  # one thread takes all of these: none of them waits
        office.deliver(name, client)
    assert time.monotonic() - started < 2
    assert office.read(good).delivery is Delivery.DELIVERED
    for name in stuck[2:]:
        assert office.read(name).delivery_attempts == 0
        assert office.read(name).delivery is Delivery.PENDING
    for thread in threads:
        thread.join()
    assert [office.read(name).delivery_attempts for name in stuck[:2]] == [1, 1]
    client.close()


def test_logs_name_the_host_and_the_attempt_and_nothing_of_a_patient(
    office: "Office", receiver: "Receiver"
) -> None:
    receiver.replies = [500]
    question_id = office.settle(f"http://user:word@127.0.0.1:{receiver.port}/maria?cpf=123")
    with capture_logs() as logs:
        office.run()
    (event,) = logs
    assert event["event"] == "delivery_retried"
    assert event["question"] == question_id
    assert event["receiver"] == f"http://127.0.0.1:{receiver.port}"
    assert event["attempt"] == 1
    assert event["detail"] == "HTTP 500"
    logged = str(logs)
    for secret in ("maria", "123/", "cpf", "word", "jejum"):
        assert secret not in logged


def test_a_record_without_an_outcome_is_dead(office: "Office", receiver: "Receiver") -> None:
    question_id = office.settle(receiver.url)
    office.redis.hdel(keys.question(question_id), "outcome")
    office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert "holds no outcome" in question.deliveries[-1].detail


def test_a_fault_of_ours_counts_as_an_attempt(
    office: "Office", receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("never seen")

    monkeypatch.setattr(office.client, "_send", broken)
    question_id = office.settle(receiver.url)
    with capture_logs():
        office.run()
    question = office.read(question_id)
    assert question.delivery is Delivery.PENDING
    assert question.delivery_attempts == 1
    assert question.deliveries[-1].detail == "a fault of Atende: RuntimeError"

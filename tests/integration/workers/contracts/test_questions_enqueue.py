"""Accepting questions: all or none, once per idempotency key, within the lane's limit."""

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from redis.exceptions import ResponseError

from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.question import Delivery, Lane, Status
from workers.contracts.questions import NewQuestion, QuestionStore, Verdict
from workers.contracts.settings import QueueSettings

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_an_accepted_question_has_its_record_and_its_place(bench: "Bench") -> None:
    request = bench.request(Lane.BULK)
    admission = bench.admit(request)
    assert admission.verdict is Verdict.CREATED
    assert admission.status is Status.QUEUED
    question = bench.read(admission.id)
    assert question.request == request
    assert question.status is Status.QUEUED
    assert question.delivery is Delivery.NONE
    assert bench.store.waiting() == {Lane.INTERACTIVE: 0, Lane.BULK: 1}
    assert bench.redis.ttl(keys.question(admission.id)) == -1
    assert bench.counter("accepted:bulk") == 1


def test_a_script_that_fails_leaves_nothing_behind(bench: "Bench") -> None:
    bench.redis.set(keys.lane(Lane.INTERACTIVE), "no stream")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        bench.admit(bench.request(expires_in=60), "key")
    assert bench.redis.keys("*") == [keys.lane(Lane.INTERACTIVE)]


def test_the_same_key_gives_the_same_question(bench: "Bench") -> None:
    request = bench.request()
    first = bench.admit(request, "key")
    again = bench.admit(request.model_copy(update={"asked_at": time.time() + 5}), "key")
    assert (again.verdict, again.id) == (Verdict.REPEATED, first.id)
    assert again.status is Status.QUEUED
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_a_call_that_is_sent_again_since_its_reply_was_lost_is_told_what_the_first_was(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.contracts.questions.new_id", lambda: "a" * 32)
    request = bench.request()
    for _ in range(2):
        assert bench.admit(request, "key").verdict is Verdict.CREATED
    monkeypatch.undo()
    assert bench.admit(request, "key").verdict is Verdict.REPEATED
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_a_repeat_tells_the_question_s_status_now(bench: "Bench") -> None:
    request = bench.request()
    first = bench.admit(request, "key")
    bench.store.cancel(first.id)
    assert bench.admit(request, "key").status is Status.CANCELLED
    bench.redis.delete(keys.question(first.id))
    assert bench.admit(request, "key").status is None


def test_the_same_key_with_another_request_is_a_conflict(bench: "Bench") -> None:
    first = bench.admit(bench.request(), "key")
    second = bench.admit(bench.request(), "key")
    assert (second.verdict, second.id) == (Verdict.CONFLICT, first.id)
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_keys_of_two_tenants_do_not_meet(bench: "Bench") -> None:
    request = bench.request()
    other = request.model_copy(update={"tenant": "clinica-b"})
    assert bench.admit(request, "key").verdict is Verdict.CREATED
    assert bench.admit(other, "key").verdict is Verdict.CREATED


def test_a_key_is_forgotten_in_time(bench: "Bench") -> None:
    bench.admit(bench.request(), "key")
    left = bench.redis.ttl(keys.idempotency("clinica-a", "key"))
    assert 24 * 3600 - 5 < left <= 24 * 3600


def test_each_lane_has_its_own_limit_and_a_full_one_keeps_nothing(
    bench: "Bench", queue_settings: QueueSettings
) -> None:
    store = QuestionStore(bench.redis, queue_settings.model_copy(update={"queue_limit": 2}))
    lane = Lane.INTERACTIVE
    questions = [NewQuestion(bench.request(lane), f"key {n}") for n in range(4)]
    admissions = store.enqueue_many(questions)
    assert [admission.verdict for admission in admissions] == [
        Verdict.CREATED,
        Verdict.CREATED,
        Verdict.FULL,
        Verdict.FULL,
    ]
    assert admissions[-1].waiting == 2
    assert len(bench.redis.keys("*question*")) == 2
    assert len(bench.redis.keys("*idempotency*")) == 2
    assert store.enqueue(bench.request(Lane.BULK)).verdict is Verdict.CREATED


def test_a_repeat_is_told_though_the_lane_is_full(
    bench: "Bench", queue_settings: QueueSettings
) -> None:
    store = QuestionStore(bench.redis, queue_settings.model_copy(update={"queue_limit": 1}))
    request = bench.request()
    first = store.enqueue(request, "key")
    assert store.enqueue(request, "key").id == first.id


def test_a_place_is_free_again_once_a_question_ended(
    bench: "Bench", queue_settings: QueueSettings
) -> None:
    store = QuestionStore(bench.redis, queue_settings.model_copy(update={"queue_limit": 1}))
    question_id = store.enqueue(bench.request()).id
    drain = bench.drain()
    claim = drain.claim_one()
    assert store.enqueue(bench.request()).verdict is Verdict.FULL
    drain.settle(claim)
    assert store.enqueue(bench.request()).verdict is Verdict.CREATED
    assert bench.read(question_id).status is Status.ANSWERED


def test_one_bad_question_of_many_does_not_stop_the_others(bench: "Bench") -> None:
    same = bench.request()
    admissions = bench.store.enqueue_many(
        [
            NewQuestion(same, "a"),
            NewQuestion(bench.request(), "a"),
            NewQuestion(same, "a"),
            NewQuestion(bench.request()),
        ]
    )
    assert [admission.verdict for admission in admissions] == [
        Verdict.CREATED,
        Verdict.CONFLICT,
        Verdict.REPEATED,
        Verdict.CREATED,
    ]


def test_the_oldest_question_s_age(bench: "Bench") -> None:
    assert bench.store.oldest(Lane.INTERACTIVE) is None
    bench.ask()
    time.sleep(0.05)
    age = bench.store.oldest(Lane.INTERACTIVE)
    assert age is not None
    assert 0.04 < age < 5


def test_a_waiting_question_of_200_characters_takes_at_most_one_and_a_half_kilobytes(
    bench: "Bench",
) -> None:
    count = 10_000
    bench.drain()
    request = bench.request(callback=True, expires_in=3600).model_copy(
        update={"question": "á" * 100 + "a" * 100, "conversation_id": "5511999990000"}
    )
    before = int(bench.redis.info("memory")["used_memory"])
    for _ in range(count // 500):
        bench.store.enqueue_many([NewQuestion(request)] * 500)
    size = (int(bench.redis.info("memory")["used_memory"]) - before) / count
    assert bench.store.waiting()[Lane.INTERACTIVE] == count
    assert size <= 1536, f"{size:.0f} bytes for each waiting question"


def test_more_than_one_script_call_carries(bench: "Bench") -> None:
    admissions = bench.store.enqueue_many(
        [NewQuestion(bench.request(Lane.BULK)) for _ in range(600)]
    )
    assert {admission.verdict for admission in admissions} == {Verdict.CREATED}
    assert len({admission.id for admission in admissions}) == 600
    assert bench.store.waiting()[Lane.BULK] == bench.counter("accepted:bulk") == 600


def test_what_was_accepted_before_one_that_fails_is_counted(bench: "Bench") -> None:
    bench.redis.hset(keys.idempotency("clinica-a", "bad"), "no", "string")
    questions = [
        NewQuestion(bench.request()),
        NewQuestion(bench.request(), "bad"),
        NewQuestion(bench.request()),
    ]
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        bench.store.enqueue_many(questions)
    assert bench.store.waiting()[Lane.INTERACTIVE] == bench.counter("accepted:interactive") == 1


def test_a_server_that_lost_its_scripts_and_connections_is_no_error(
    bench: "Bench", queue_settings: QueueSettings
) -> None:
    bench.ask()
    bench.redis.script_flush()
    bench.ask()
    with closing(connect(queue_settings, connections=1)) as other:
        other.client_kill_filter(skipme=True, _type="normal")
    bench.ask()
    assert bench.store.waiting()[Lane.INTERACTIVE] == 3

"""Cancelling, expiring, and waiting for the end."""

import threading
import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.question import Delivery, Lane, Question, Status

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_a_cancelled_question_ends_without_a_callback(bench: "Bench") -> None:
    question_id = bench.ask(callback=True, expires_in=60)
    assert bench.store.cancel(question_id) is Status.CANCELLED
    question = bench.read(question_id)
    assert question.status is Status.CANCELLED
    assert question.delivery is Delivery.NONE
    assert bench.expires(question_id)
    assert bench.store.waiting()[Lane.INTERACTIVE] == 0
    assert bench.redis.zcard(keys.OUTBOX) == bench.redis.zcard(keys.DEADLINES) == 0


def test_a_claimed_question_can_be_cancelled_and_its_answer_comes_too_late(bench: "Bench") -> None:
    question_id = bench.ask(callback=True)
    drain = bench.drain()
    claim = drain.claim_one()
    assert bench.store.cancel(question_id) is Status.CANCELLED
    assert drain.settle(claim) == [False]
    assert bench.read(question_id).status is Status.CANCELLED
    assert bench.redis.zcard(keys.OUTBOX) == 0


def test_what_has_ended_stays_as_it_ended(bench: "Bench") -> None:
    question_id = bench.ask()
    drain = bench.drain()
    drain.settle(drain.claim_one())
    assert bench.store.cancel(question_id) is Status.ANSWERED
    assert bench.store.expire(question_id, "tarde") is Status.ANSWERED
    assert bench.store.cancel("unknown") is None
    assert bench.counter("ended:interactive:cancelled") == 0


def test_an_overdue_question_expires_and_its_asker_is_told(bench: "Bench") -> None:
    overdue = bench.ask(callback=True, expires_in=-1)
    bench.ask(expires_in=60)
    bench.ask()
    assert bench.store.past_deadline(10) == [overdue]
    assert bench.store.expire(overdue, "Passou do prazo.") is Status.EXPIRED
    question = bench.read(overdue)
    assert question.outcome is not None
    assert question.outcome.text == "Passou do prazo."
    assert question.delivery is Delivery.PENDING
    assert bench.store.past_deadline(10) == []
    assert bench.store.waiting()[Lane.INTERACTIVE] == 2


def test_a_released_question_expires_too(bench: "Bench") -> None:
    question_id = bench.ask(expires_in=-1)
    drain = bench.drain()
    drain.release(drain.claim_one())
    assert bench.store.expire(question_id, "tarde") is Status.EXPIRED
    assert drain.take_over(0) == []
    assert bench.redis.xlen(keys.lane(Lane.INTERACTIVE)) == 0


def test_claimed_questions_past_their_deadline_do_not_hide_waiting_ones(bench: "Bench") -> None:
    for _ in range(3):
        bench.ask(expires_in=-10)
    bench.drain().claim()
    waiting = bench.ask(expires_in=-1)
    for question_id in bench.store.past_deadline(3):
        assert bench.store.expire(question_id, "tarde") is Status.CLAIMED
    assert bench.store.past_deadline(3) == [waiting]


def test_a_question_expires_whose_worker_died_and_that_nobody_takes_over(bench: "Bench") -> None:
    question_id = bench.ask(callback=True, expires_in=-1)
    drain = bench.drain()
    (claim,) = drain.claim()
    assert bench.store.expire(question_id, "tarde") is Status.CLAIMED
    (pending,) = bench.redis.xpending_range(keys.lane(Lane.INTERACTIVE), keys.GROUP, "-", "+", 1)
    stream, worker, entry = keys.lane(Lane.INTERACTIVE), "elsewhere", pending["message_id"]
    bench.redis.xclaim(stream, keys.GROUP, worker, 0, [entry], idle=120_000, justid=True)
    assert bench.store.expire(question_id, "tarde") is Status.EXPIRED
    assert bench.read(question_id).delivery is Delivery.PENDING
    assert drain.settle(claim) == [False]


def test_the_deadline_of_a_record_that_is_gone_is_forgotten(bench: "Bench") -> None:
    question_id = bench.ask(expires_in=-1)
    bench.redis.delete(keys.question(question_id))
    assert bench.store.expire(question_id, "tarde") is None
    assert bench.store.past_deadline(10) == []


def test_an_unknown_question(bench: "Bench") -> None:
    assert bench.store.get("unknown") is None
    assert bench.store.wait("unknown", 5) is None


def test_a_waiter_is_woken_at_once(bench: "Bench") -> None:
    question_id = bench.ask()
    drain = bench.drain()
    claim = drain.claim_one()
    results: list[tuple[Question | None, float]] = []

    def wait() -> None:
        results.append((bench.store.wait(question_id, 10), time.monotonic()))

    waiter = threading.Thread(target=wait)
    waiter.start()
    while not bench.redis.pubsub_numsub(keys.ended(question_id))[0][1]:
        time.sleep(0.01)
    settled = time.monotonic()
    drain.settle(claim)
    waiter.join()
    ((question, woken),) = results
    assert question is not None
    assert question.status is Status.ANSWERED
    assert woken - settled < 0.5


def test_a_waiter_s_time_ends(bench: "Bench") -> None:
    question_id = bench.ask()
    started = time.monotonic()
    question = bench.store.wait(question_id, 0.3)
    assert question is not None
    assert question.status is Status.QUEUED
    assert 0.28 < time.monotonic() - started < 2


def test_a_waiter_stops_when_the_process_does(bench: "Bench") -> None:
    started = time.monotonic()
    bench.store.wait(bench.ask(), 30, stopping=lambda: True)
    assert time.monotonic() - started < 2


def test_an_end_whose_announcement_was_lost_is_seen_all_the_same(bench: "Bench") -> None:
    question_id = bench.ask()
    end = threading.Timer(
        0.2, lambda: bench.redis.hset(keys.question(question_id), "status", "failed")
    )
    end.start()
    question = bench.store.wait(question_id, 10)
    end.join()
    assert question is not None
    assert question.status is Status.FAILED

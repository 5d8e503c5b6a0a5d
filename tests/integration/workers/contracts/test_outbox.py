"""The outbox: leases, tickets, records of attempts."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.question import Delivery

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def settled(bench: "Bench") -> str:
    question_id = bench.ask(callback=True)
    drain = bench.drain()
    drain.settle(drain.claim_one())
    return question_id


def due_in(bench: "Bench", question_id: str) -> float:
    score = bench.redis.zscore(keys.OUTBOX, question_id)
    assert isinstance(score, float)
    return score / 1000 - time.time()


def test_a_lease_is_nobody_else_s_until_it_ends(bench: "Bench") -> None:
    question_id = settled(bench)
    assert bench.outbox.lease(0.2, 10) == [question_id]
    assert bench.outbox.lease(0.2, 10) == []
    time.sleep(0.25)
    assert bench.outbox.lease(60, 10) == [question_id]


def test_the_longest_due_are_leased_first(bench: "Bench") -> None:
    first, second, third = (settled(bench) for _ in range(3))
    assert bench.outbox.lease(60, 2) == [first, second]
    assert bench.outbox.lease(60, 2) == [third]


def test_a_leased_delivery_is_begun_once(bench: "Bench") -> None:
    question_id = settled(bench)
    assert not bench.outbox.begin(question_id, 20)
    bench.outbox.lease(60, 10)
    assert bench.outbox.begin(question_id, 20)
    assert 18 < due_in(bench, question_id) < 21
    assert not bench.outbox.begin(question_id, 20)


def test_two_leases_leave_one_ticket(bench: "Bench") -> None:
    question_id = settled(bench)
    bench.outbox.lease(0, 10)
    bench.outbox.lease(0, 10)
    assert [bench.outbox.begin(question_id, 0) for _ in range(2)] == [True, False]


def test_a_postponed_delivery_counts_no_attempt(bench: "Bench") -> None:
    question_id = settled(bench)
    bench.outbox.lease(60, 10)
    bench.outbox.begin(question_id, 60)
    assert bench.outbox.postpone(question_id, timedelta(seconds=5))
    assert 4 < due_in(bench, question_id) < 6
    assert bench.read(question_id).delivery_attempts == 0
    assert not bench.outbox.postpone("unknown", timedelta())


def test_a_retry_is_due_later_and_is_remembered(bench: "Bench") -> None:
    question_id = settled(bench)
    bench.outbox.lease(60, 10)
    assert bench.outbox.record(question_id, Delivery.PENDING, "HTTP 500", timedelta(minutes=5))
    assert 298 < due_in(bench, question_id) < 301
    question = bench.read(question_id)
    assert question.delivery is Delivery.PENDING
    assert question.delivery_attempts == 1
    (attempt,) = question.deliveries
    assert (attempt.ok, attempt.detail) == (False, "HTTP 500")
    assert abs(attempt.at - time.time()) < 5
    assert not bench.outbox.begin(question_id, 20)  # its task may still stand in a queue
    assert bench.counter("delivery:retried") == 1


def test_only_the_last_attempts_are_kept_and_all_are_counted(bench: "Bench") -> None:
    question_id = settled(bench)
    for number in range(8):
        bench.outbox.record(question_id, Delivery.PENDING, f"é {number}")
    question = bench.read(question_id)
    assert question.delivery_attempts == 8
    assert [attempt.detail for attempt in question.deliveries] == [f"é {n}" for n in range(3, 8)]


@pytest.mark.parametrize("state", [Delivery.DELIVERED, Delivery.DEAD])
def test_the_end_of_a_delivery(bench: "Bench", state: Delivery) -> None:
    question_id = settled(bench)
    assert bench.outbox.record(question_id, state, "told")
    assert bench.read(question_id).delivery is state
    assert bench.expires(question_id)
    dead = int(state is Delivery.DEAD)
    assert bench.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: dead}
    assert not bench.outbox.record(question_id, Delivery.PENDING, "late")
    assert bench.read(question_id).deliveries[-1].detail == "told"
    assert bench.counter(f"delivery:{state}") == 1


def test_a_broken_log_does_not_stop_the_end(bench: "Bench") -> None:
    question_id = settled(bench)
    bench.redis.hset(keys.question(question_id), "deliveries", "[{")
    assert bench.outbox.record(question_id, Delivery.DEAD, "told")
    assert bench.read(question_id).deliveries[-1].detail == "told"


def test_a_delivery_whose_record_is_gone_leaves_the_outbox(bench: "Bench") -> None:
    first, second = settled(bench), settled(bench)
    bench.redis.delete(keys.question(first), keys.question(second))
    assert not bench.outbox.record(first, Delivery.DELIVERED, "HTTP 200")
    assert bench.outbox.sizes()[Delivery.PENDING] == 1
    assert bench.outbox.lease(60, 10) == []
    assert bench.redis.zcard(keys.OUTBOX) == 0
    assert not bench.redis.exists(keys.question(second))

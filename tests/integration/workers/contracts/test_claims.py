"""Claims: order, fences, renewal, take-over, release."""

import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.claims import Claim, Settlement
from workers.contracts.question import Delivery, Lane, Outcome, Status, Usage

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def ids(claims: list[Claim]) -> list[str]:
    return [claim.id for claim in claims]


def test_interactive_questions_come_first_and_in_their_order(bench: "Bench") -> None:
    bulk = [bench.ask(Lane.BULK) for _ in range(2)]
    interactive = [bench.ask() for _ in range(3)]
    drain = bench.drain()
    assert ids(drain.claim()) == interactive + bulk


def test_no_more_than_asked_for_and_no_more_bulk_than_allowed(bench: "Bench") -> None:
    for _ in range(5):
        bench.ask(Lane.BULK)
    interactive = [bench.ask() for _ in range(2)]
    drain = bench.drain()
    first = drain.claim(4, most_bulk=1)
    assert ids(first)[:2] == interactive
    assert [claim.lane for claim in first] == [Lane.INTERACTIVE, Lane.INTERACTIVE, Lane.BULK]
    assert drain.claim(4, most_bulk=0) == []
    assert drain.claim(4, most_bulk=-3) == []
    assert drain.claim(0) == []
    assert len(drain.claim(2)) == 2


def test_a_claim_tells_what_was_asked_and_marks_the_record(bench: "Bench") -> None:
    request = bench.request(Lane.BULK, callback=True)
    question_id = bench.admit(request).id
    claim = bench.drain("w7").claim_one()
    assert (claim.id, claim.lane, claim.request) == (question_id, Lane.BULK, request)
    assert (claim.attempt, claim.claims) == (1, 1)
    question = bench.read(question_id)
    assert (question.status, question.worker) == (Status.CLAIMED, "w7")
    assert question.claimed_at is not None
    assert abs(question.claimed_at - time.time()) < 5


def test_two_drains_never_get_the_same(bench: "Bench") -> None:
    for _ in range(10):
        bench.ask()
    first, second = bench.drain("w1"), bench.drain("w2")
    claimed = ids(first.claim(4)) + ids(second.claim(4)) + ids(first.claim(4))
    assert len(claimed) == len(set(claimed)) == 10


def test_cancelled_and_vanished_questions_are_passed_over(bench: "Bench") -> None:
    cancelled, vanished, good = bench.ask(), bench.ask(), bench.ask()
    bench.store.cancel(cancelled)
    bench.redis.delete(keys.question(vanished))
    assert ids(bench.drain().claim()) == [good]
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_settling_ends_the_question_and_frees_its_place(bench: "Bench") -> None:
    question_id = bench.ask(callback=True)
    drain = bench.drain()
    claim = drain.claim_one()
    assert drain.settle(claim) == [True]
    question = bench.read(question_id)
    assert question.status is Status.ANSWERED
    assert question.outcome is not None
    assert question.outcome.text == "Sim."
    assert question.delivery is Delivery.PENDING
    assert bench.store.waiting()[Lane.INTERACTIVE] == 0
    assert bench.redis.xpending(keys.lane(Lane.INTERACTIVE), keys.GROUP)["pending"] == 0
    assert not bench.expires(question_id)
    assert bench.counter("ended:interactive:answered") == 1


def test_a_question_without_a_callback_is_kept_for_the_retention_only(bench: "Bench") -> None:
    question_id = bench.ask()
    drain = bench.drain()
    drain.settle(drain.claim_one())
    assert bench.read(question_id).delivery is Delivery.NONE
    assert bench.expires(question_id)
    assert bench.redis.zcard(keys.OUTBOX) == 0


def test_settling_twice_changes_nothing(bench: "Bench") -> None:
    question_id = bench.ask(callback=True)
    drain = bench.drain()
    claim = drain.claim_one()
    assert drain.settle(claim, claim) == [True, False]
    bench.redis.zrem(keys.OUTBOX, question_id)
    before = bench.redis.hgetall(keys.question(question_id))
    assert drain.settle(claim, status=Status.FAILED) == [False]
    assert bench.redis.hgetall(keys.question(question_id)) == before
    assert bench.redis.zcard(keys.OUTBOX) == 0
    assert bench.counter("ended:interactive:failed") == 0


def test_a_stale_settle_changes_nothing(bench: "Bench") -> None:
    question_id = bench.ask(callback=True)
    dead, heir = bench.drain("dead"), bench.drain("heir")
    stale = dead.claim_one()
    (claim,) = heir.take_over(0)
    assert (claim.id, claim.attempt, claim.claims) == (question_id, 2, 2)
    assert dead.settle(stale) == [False]
    assert bench.read(question_id).status is Status.CLAIMED
    assert bench.redis.zcard(keys.OUTBOX) == 0
    assert heir.settle(claim) == [True]
    assert dead.settle(stale) == [False]


def test_only_idle_claims_are_taken_over(bench: "Bench") -> None:
    bench.ask()
    owner, other = bench.drain("w1"), bench.drain("w2")
    claim = owner.claim_one()
    assert other.take_over(0.5) == []
    time.sleep(0.3)
    assert owner.renew(claim) == set()
    time.sleep(0.3)
    assert other.take_over(0.5) == []
    time.sleep(0.3)
    assert ids(other.take_over(0.5)) == [claim.id]
    assert bench.counter("taken_over") == 1


def test_a_renewal_never_takes_back_what_another_has(bench: "Bench") -> None:
    bench.ask()
    bench.ask()
    slow, heir = bench.drain("slow"), bench.drain("heir")
    lost, own = slow.claim()
    (claim,) = heir.take_over(0, most=1)
    assert claim.id == lost.id
    assert slow.renew(lost, own) == {lost.id}
    pending = bench.redis.xpending_range(keys.lane(Lane.INTERACTIVE), keys.GROUP, "-", "+", 10)
    assert {row["message_id"]: row["consumer"] for row in pending} == {
        lost.entry: "heir",
        own.entry: "slow",
    }
    assert slow.renew() == set()


def test_a_renewal_tells_of_questions_that_ended(bench: "Bench") -> None:
    question_id = bench.ask()
    drain = bench.drain()
    claim = drain.claim_one()
    bench.store.cancel(question_id)
    assert drain.renew(claim) == {question_id}
    assert drain.settle(claim) == [False]


def test_idle_claims_behind_many_live_ones_are_found(bench: "Bench") -> None:
    for _ in range(300):
        bench.ask()
    live, dead, heir = bench.drain("live"), bench.drain("dead"), bench.drain("heir")
    alive = live.claim(290)
    lost = dead.claim(10)
    time.sleep(0.3)
    assert live.renew(*alive) == set()
    assert ids(heir.take_over(0.25, most=2)) == ids(lost)[:2]
    assert ids(heir.take_over(0.25)) == ids(lost)[2:]


def test_take_over_keeps_to_the_bounds_of_a_claim(bench: "Bench") -> None:
    for _ in range(4):
        bench.ask(Lane.BULK)
    bench.ask()
    bench.drain("dead").claim()
    heir = bench.drain("heir")
    claims = heir.take_over(0, most=3, most_bulk=1)
    assert [claim.lane for claim in claims] == [Lane.INTERACTIVE, Lane.BULK]
    assert heir.take_over(0, most=0) == []


def test_take_over_passes_over_what_ended_meanwhile(bench: "Bench") -> None:
    cancelled, vanished = bench.ask(), bench.ask()
    bench.drain("dead").claim()
    bench.store.cancel(cancelled)
    bench.redis.delete(keys.question(vanished))
    assert bench.drain("heir").take_over(0) == []
    assert bench.store.waiting()[Lane.INTERACTIVE] == 0


def test_a_released_claim_is_at_once_another_s(bench: "Bench") -> None:
    question_id = bench.ask()
    stopping, other = bench.drain("w1"), bench.drain("w2")
    claim = stopping.claim_one()
    stopping.release(claim)
    question = bench.read(question_id)
    assert (question.status, question.worker) == (Status.QUEUED, None)
    assert stopping.settle(claim) == [False]
    assert ids(other.take_over(3600)) == [question_id]
    assert bench.counter("taken_over") == 0
    stopping.release(claim)  # no longer its own: nothing happens
    assert bench.read(question_id).worker == "w2"


def test_a_released_claim_counts_for_no_poison_and_a_lost_one_does(bench: "Bench") -> None:
    bench.ask()
    drain = bench.drain()
    claim = drain.claim_one()
    for _ in range(5):
        drain.release(claim)
        (claim,) = drain.take_over(3600)
        assert claim.claims == 1
    for expected in (2, 3, 4):
        (claim,) = drain.take_over(0)
        assert claim.claims == expected
    assert claim.attempt == 9


def test_a_drain_waits_for_what_nobody_was_given(bench: "Bench") -> None:
    bench.ask()
    first, second = bench.drain("w1"), bench.drain("w2")
    assert first.wait(2000)
    first.claim()
    assert second.claim() == []
    started = time.monotonic()
    assert not second.wait(200)
    assert time.monotonic() - started >= 0.19
    bench.ask(Lane.BULK)
    assert not first.wait(100, [Lane.INTERACTIVE])
    assert first.wait(100)


def test_the_lanes_are_opened_once_and_keep_what_came_before(bench: "Bench") -> None:
    question_id = bench.ask()
    bench.drain("w1")
    assert ids(bench.drain("w2").claim()) == [question_id]


def test_tokens_are_counted_where_there_are_any(bench: "Bench") -> None:
    bench.ask()
    bench.ask()
    drain = bench.drain()
    first, second = drain.claim()
    drain.settle(first)
    assert bench.counter("tokens:prompt") == 0
    usage = Usage(prompt_tokens=100, completion_tokens=20, cached_tokens=64)
    outcome = Outcome(status=Status.ANSWERED, text="Sim.", usage=usage)
    assert bench.runner.run(drain.claims.settle([Settlement(second, outcome)])) == [True]
    assert bench.counter("tokens:prompt") == 100
    assert bench.counter("tokens:completion") == 20
    assert bench.counter("tokens:cached") == 64


def test_a_record_that_cannot_be_read_is_as_old_as_its_place_in_the_lane(bench: "Bench") -> None:
    question = bench.ask()
    bench.redis.hset(keys.question(question), "request", '{"of": "another version"}')
    claim = bench.drain().claim_one()
    assert not claim.readable
    assert abs(claim.request.asked_at - time.time()) < 60

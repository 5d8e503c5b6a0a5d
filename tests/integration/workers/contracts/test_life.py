"""The whole life of questions, played at random against the real scripts and a small model.

Drains claim, die, come back, settle late; askers cancel; deadlines pass; deliveries are leased,
lost, postponed, retried, given up and replayed. After every step the server must hold exactly what
the model says: each question that has not ended stands in exactly one lane, none ends twice, and
the outbox holds exactly the pending deliveries.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from workers.contracts import keys
from workers.contracts.claims import Claim, ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.outbox import Outbox
from workers.contracts.question import TRANSITIONS, Delivery, Lane, Outcome, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
TENANT = "t"

SETTLED = st.sampled_from([Status.ANSWERED, Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED])


@dataclass
class Expected:
    """What the model knows of one question."""

    lane: Lane
    callback: bool
    status: Status = Status.QUEUED
    attempt: int = 0
    released: int = 0
    holder: str | None = None
    delivery: Delivery = Delivery.NONE
    ticket: bool = False
    attempts: int = 0

    def end(self, status: Status) -> None:
        assert status in TRANSITIONS[self.status]
        self.status = status
        if self.callback and status is not Status.CANCELLED:
            self.delivery = Delivery.PENDING


class Life(RuleBasedStateMachine):
    """`redis` and `queue` are set by the test before the machine is made."""

    redis: Redis
    queue: QueueSettings

    questions = Bundle("questions")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.runner = asyncio.Runner()
        self.connection = connect_async(self.queue)
        self.store = QuestionStore(self.redis, self.queue)
        self.outbox = Outbox(self.redis, self.queue)
        self.dead = DeadDeliveries(self.redis, self.queue)
        self.drains = {
            name: ClaimStore(self.connection, self.queue, name) for name in ("w1", "w2", "w3")
        }
        self.runner.run(self.drains["w1"].open())
        self.model: dict[str, Expected] = {}

    def teardown(self) -> None:
        self.runner.run(self.connection.aclose())
        self.runner.close()

    @initialize(target=claims)
    def begin_in_the_middle(self) -> object:
        """Some questions are claimed already: what is rare in life starts there."""
        for lane in (Lane.INTERACTIVE, Lane.INTERACTIVE, Lane.BULK):
            self._ask(lane, callback=True)
        claims = self.runner.run(self.drains["w1"].claim(3, 3, LaneCursor()))
        self._check_claims(claims, "w1", 3, 3, Status.QUEUED)
        return multiple(*claims)

    @initialize(target=questions)
    def answered_already(self) -> str:
        """One delivery is leased already."""
        question_id = self._ask(Lane.BULK, callback=True)
        claims = self.runner.run(self.drains["w3"].claim(1, 1, LaneCursor()))
        self._check_claims(claims, "w3", 1, 1, Status.QUEUED)
        self.settle(claims[0], Status.ANSWERED)
        self.lease(1)
        return question_id

    # questions

    @rule(target=questions, lane=st.sampled_from(Lane), callback=st.booleans())
    def ask(self, lane: Lane, *, callback: bool) -> str:
        return self._ask(lane, callback=callback)

    @rule(target=questions, claim=claims)
    def remember(self, claim: Claim) -> str:
        """Let the other rules meet the claimed questions."""
        return claim.id

    def _ask(self, lane: Lane, *, callback: bool) -> str:
        request = Request(
            tenant=TENANT,
            question="?",
            lane=lane,
            asked_at=time.time(),
            reply_to=WebhookAddress(url="https://bot.example") if callback else None,
            expires_at=time.time() + 3600,
        )
        question_id = self.store.enqueue(request).id
        self.model[question_id] = Expected(lane, callback)
        return question_id

    @rule(question_id=questions)
    def cancel(self, question_id: str) -> None:
        expected = self.model[question_id]
        if Status.CANCELLED in TRANSITIONS[expected.status]:
            expected.end(Status.CANCELLED)
        assert self.store.cancel(question_id) is expected.status

    @rule(question_id=questions)
    def expire(self, question_id: str) -> None:
        expected = self.model[question_id]
        if expected.status is Status.QUEUED:
            expected.end(Status.EXPIRED)
        assert self.store.expire(question_id, "tarde") is expected.status

    # drains

    @rule(
        target=claims,
        name=st.sampled_from(["w1", "w2", "w3"]),
        most=st.integers(0, 3),
        most_bulk=st.integers(0, 3),
    )
    def claim(self, name: str, most: int, most_bulk: int) -> object:
        claims = self.runner.run(self.drains[name].claim(most, most_bulk, LaneCursor()))
        self._check_claims(claims, name, most, most_bulk, Status.QUEUED)
        return multiple(*claims)

    @rule(target=claims, name=st.sampled_from(["w1", "w2", "w3"]), most=st.integers(0, 3))
    def take_over(self, name: str, most: int) -> object:
        """Everything counts as idle: the cruellest clock there is."""
        held = sum(q.attempt > 0 and not q.status.ended for q in self.model.values())
        claims = self.runner.run(self.drains[name].take_over(most, most, 0, suspects=most))
        assert len(claims) == min(most, held)
        self._check_claims(claims, name, most, most)
        return multiple(*claims)

    def _check_claims(
        self,
        claims: list[Claim],
        name: str,
        most: int,
        most_bulk: int,
        before: Status | None = None,
    ) -> None:
        assert len(claims) <= most
        assert sum(claim.lane is Lane.BULK for claim in claims) <= most_bulk
        assert len({claim.id for claim in claims}) == len(claims)
        for claim in claims:
            expected = self.model[claim.id]
            assert Status.CLAIMED in TRANSITIONS[expected.status]
            assert before is None or expected.status is before
            expected.status, expected.holder = Status.CLAIMED, name
            expected.attempt += 1
            assert claim.lane is expected.lane
            assert claim.attempt == expected.attempt
            assert claim.claims == expected.attempt - expected.released

    def _current(self, claim: Claim) -> bool:
        expected = self.model[claim.id]
        return expected.status is Status.CLAIMED and expected.attempt == claim.attempt

    @rule(claim=claims, status=SETTLED)
    def settle(self, claim: Claim, status: Status) -> None:
        current = self._current(claim)
        settlement = Settlement(claim, Outcome(status=status, text="."))
        replies = self.runner.run(self.drains["w2"].settle([settlement]))
        assert replies == [current]
        if current:
            self.model[claim.id].end(status)

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        expected = self.model[claim.id]
        current = self._current(claim)
        holder = expected.holder or "w1"
        self.runner.run(self.drains[holder].release([claim]))
        if current:
            expected.status, expected.holder = Status.QUEUED, None
            expected.released += 1

    @rule(claim=claims)
    def renew(self, claim: Claim) -> None:
        holder = self.model[claim.id].holder or "w1"
        lost = self.runner.run(self.drains[holder].renew([claim]))
        assert lost == (set() if self._current(claim) else {claim.id})

    # deliveries

    @rule(most=st.integers(1, 3))
    def lease(self, most: int) -> None:
        for question_id in self.outbox.lease(0, most):
            assert self.model[question_id].delivery is Delivery.PENDING
            self.model[question_id].ticket = True

    @rule(question_id=questions)
    def begin(self, question_id: str) -> None:
        expected = self.model[question_id]
        can = expected.delivery is Delivery.PENDING and expected.ticket
        assert self.outbox.begin(question_id, 0) == can
        if can:
            expected.ticket = False

    @rule(question_id=questions)
    def postpone(self, question_id: str) -> None:
        pending = self.model[question_id].delivery is Delivery.PENDING
        assert self.outbox.postpone(question_id, timedelta()) == pending

    @rule(
        question_id=questions,
        state=st.sampled_from([Delivery.PENDING, Delivery.DELIVERED, Delivery.DEAD]),
    )
    def record(self, question_id: str, state: Delivery) -> None:
        expected = self.model[question_id]
        pending = expected.delivery is Delivery.PENDING
        assert self.outbox.record(question_id, state, "told") == pending
        if pending:
            expected.delivery, expected.ticket = state, False
            expected.attempts += 1

    @rule(question_id=questions)
    def replay(self, question_id: str) -> None:
        expected = self.model[question_id]
        assert self.dead.replay(question_id, "another") is None
        assert self.dead.replay(question_id) is expected.delivery
        if expected.delivery is Delivery.DEAD:
            expected.delivery, expected.attempts = Delivery.PENDING, 0

    @rule()
    def tidy(self) -> None:
        self.dead.tidy()

    # what must hold after every step

    @invariant()
    def each_record_is_as_expected(self) -> None:
        for question_id, expected in self.model.items():
            question = self.store.get(question_id)
            assert question is not None
            assert question.status is expected.status
            assert question.attempt == expected.attempt
            assert question.worker == expected.holder or expected.status.ended
            assert question.delivery is expected.delivery
            assert question.delivery_attempts == expected.attempts
            outcome = question.outcome
            assert (outcome.status if outcome else None) == (
                expected.status if expected.status.ended else None
            )
            lasts = not expected.status.ended or expected.delivery is Delivery.PENDING
            assert (self.redis.ttl(keys.question(question_id)) == -1) == lasts

    @invariant()
    def each_question_that_has_not_ended_stands_in_exactly_one_lane(self) -> None:
        entries = sorted(self._lane_entries())
        assert entries == sorted(
            (expected.lane, question_id)
            for question_id, expected in self.model.items()
            if not expected.status.ended
        )

    def _lane_entries(self) -> Iterator[tuple[Lane, str]]:
        for lane in Lane:
            entries = self.redis.xrange(keys.lane(lane))
            for _, fields in cast("list[tuple[str, dict[str, str]]]", entries):
                yield lane, fields["q"]

    @invariant()
    def only_claimed_or_released_questions_are_pending_in_their_group(self) -> None:
        for lane in Lane:
            count = self.redis.xpending(keys.lane(lane), keys.GROUP)["pending"]
            assert count == sum(
                expected.lane is lane and expected.attempt > 0 and not expected.status.ended
                for expected in self.model.values()
            )

    @invariant()
    def the_outbox_and_the_dead_hold_exactly_theirs(self) -> None:
        for key, state in (
            (keys.OUTBOX, Delivery.PENDING),
            (keys.DEAD, Delivery.DEAD),
            (keys.dead(TENANT), Delivery.DEAD),
        ):
            assert set(self.redis.zrange(key, 0, -1)) == {
                question_id
                for question_id, expected in self.model.items()
                if expected.delivery is state
            }

    @invariant()
    def deadlines_are_those_of_questions_that_have_not_ended(self) -> None:
        assert set(self.redis.zrange(keys.DEADLINES, 0, -1)) == {
            question_id for question_id, expected in self.model.items() if not expected.status.ended
        }

    @invariant()
    def every_end_was_counted_once(self) -> None:
        counted = sum(n for name, n in self.store.counters() if name.startswith("ended:"))
        assert counted == sum(expected.status.ended for expected in self.model.values())


def test_no_question_is_lost_and_none_ends_twice(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    Life.redis, Life.queue = redis, queue_settings
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

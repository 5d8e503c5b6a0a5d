"""A key that holds no record (`SET` in the place of a hash) never fails those beside it."""

from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.question import Lane
from workers.contracts.shared_answers import Lookup, Role, SharedAnswers, ShareKey

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def damage(bench: "Bench", question_id: str) -> None:
    bench.redis.set(keys.question(question_id), "no hash")


def test_a_renewal_keeps_the_other_claims(bench: "Bench") -> None:
    damaged, _ = bench.ask(), bench.ask()
    drain = bench.drain()
    claims = drain.claim()
    damage(bench, damaged)
    assert drain.renew(*claims) == {damaged}


def test_a_claim_takes_the_others_and_drops_the_damaged_one(bench: "Bench") -> None:
    damaged, good = bench.ask(), bench.ask()
    damage(bench, damaged)
    assert [claim.id for claim in bench.drain().claim()] == [good]
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_a_take_over_takes_the_others_and_drops_the_damaged_one(bench: "Bench") -> None:
    damaged, good = bench.ask(), bench.ask()
    bench.drain("dead").claim()
    damage(bench, damaged)
    assert [claim.id for claim in bench.drain("heir").take_over(0)] == [good]
    assert bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_the_other_deliveries_are_leased(bench: "Bench") -> None:
    damaged, good = bench.ask(callback=True), bench.ask(callback=True)
    drain = bench.drain()
    drain.settle(*drain.claim())
    damage(bench, damaged)
    assert bench.outbox.lease(60, 10) == [good]


def test_its_deadline_is_forgotten(bench: "Bench") -> None:
    damaged = bench.ask(expires_in=-1)
    damage(bench, damaged)
    assert bench.store.expire(damaged, "tarde") is None
    assert bench.store.past_deadline(10) == []


def test_a_question_whose_head_is_damaged_leads_itself(bench: "Bench") -> None:
    answers = SharedAnswers(bench.connection, coalesce=True, fresh=60)
    key = ShareKey("digest", "v1")
    head, follower = (Lookup(key, bench.ask(), Lane.BULK, 0.0) for _ in range(2))
    assert bench.runner.run(answers.find([head])) == [Role.LEAD]
    damage(bench, head.id)
    assert bench.runner.run(answers.find([follower])) == [Role.LEAD]

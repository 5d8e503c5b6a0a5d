"""To the lane and back: fenced, collected once, taken back whole, asked again on wish."""

import time

import pytest
from redis import Redis

from tests.filling import CLINIC, Filling, rows
from tests.integration.workers.contracts.conftest import Bench
from workers.channels.backfill.feeding import request_of
from workers.contracts import keys
from workers.contracts.backfill import BackfillPlan, BackfillRow, BackfillState, RowStatus
from workers.contracts.question import Lane, Outcome, Request, Status
from workers.contracts.questions import QuestionStore, new_id
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration


def test_a_row_is_a_bulk_question_with_its_context_and_nobody_s_address(
    filling: Filling, bench: Bench
) -> None:
    filling.make(plan=BackfillPlan(expires_in=600.0))
    filling.store.add_rows(CLINIC, filling.id, rows([0]))
    filling.store.seal(CLINIC, filling.id)
    assert filling.feed() == 1
    (claim,) = bench.drain().claim(1)
    assert claim.lane is Lane.BULK
    assert claim.request.tenant == CLINIC
    assert claim.request.question == "Pergunta 0?"
    assert claim.request.reply_to is None
    assert claim.request.conversation_id is None
    assert claim.request.expires_at is not None
    assert 590 < claim.request.expires_at - time.time() < 601
    assert filling.redis.zscore(keys.DEADLINES, claim.id) == int(claim.request.expires_at * 1000)
    assert bench.drain().settle(claim) == [True]
    assert filling.redis.zcard(keys.OUTBOX) == 0  # nothing goes out, to nobody
    assert filling.redis.keys("*conversation*") == filling.redis.keys("*send*") == []
    assert filling.collect() == 1
    (result,) = filling.all_results()
    assert (result.row, result.number, result.text) == (0, 1, "Sim.")
    assert filling.redis.ttl(keys.question(claim.id)) <= 3600
    assert bench.counter("accepted:bulk") == bench.counter("ended:bulk:answered") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reply_to": WebhookAddress(url="https://bot.example/cb")},
        {"conversation_id": "c1"},
        {"lane": Lane.INTERACTIVE},
    ],
)
def test_a_request_that_could_reach_a_patient_is_never_fed(
    filling: Filling, change: dict[str, object]
) -> None:
    filling.filled(1)
    request = request_of(BackfillRow(key="a", question="Oi?"), CLINIC, 1.0)
    reaching = Request.model_validate(request.model_dump() | change)
    with pytest.raises(ValueError, match="answered to nobody"):
        filling.store.feed(filling.now(), 0, [(0, new_id(), reaching)], 1.0)
    assert filling.in_lane() == 0


def test_of_two_feeders_that_decided_at_once_one_feeds(filling: Filling) -> None:
    filling.filled(10)
    first = filling.store.next_rows(filling.now(), 4)
    second = filling.store.next_rows(filling.now(), 4)
    assert first == second
    known = filling.store.rows_of(filling.id, range(4))
    asked = [(n, new_id(), request_of(known[n], CLINIC, 1.0)) for n in first.numbers]
    assert filling.store.feed(filling.now(), first.fence, asked, 1.0) == 4
    assert filling.store.feed(filling.now(), second.fence, asked, 1.0) is None
    assert filling.in_lane() == filling.now().open == 4


def test_a_full_lane_takes_what_it_has_room_for(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    filling = Filling.open(redis, queue_settings.model_copy(update={"queue_limit": 3}))
    filling.filled(5)
    assert filling.feed() == 3
    assert filling.feed() == 0
    filling.end([*filling.store.open_questions(filling.id)])
    assert filling.collect() == 3
    assert filling.feed() == 2
    assert sorted(filling.store.open_questions(filling.id).values()) == [3, 4]


def test_an_end_is_collected_once(filling: Filling) -> None:
    filling.filled(3)
    filling.feed()
    filling.end([*filling.store.open_questions(filling.id)])
    ended = filling.ended()
    assert filling.store.collect(filling.now(), ended + ended) == 3
    assert filling.store.collect(filling.now(), ended) == 0
    assert filling.now().answered == 3
    assert len(filling.all_results()) == 3


@pytest.mark.parametrize(
    ("status", "counted", "reason"),
    [
        (Status.NEEDS_HUMAN, RowStatus.NEEDS_HUMAN, None),
        (Status.FAILED, RowStatus.FAILED, None),
        (Status.EXPIRED, RowStatus.FAILED, "expired"),
        (Status.CANCELLED, RowStatus.FAILED, "cancelled"),
    ],
)
def test_each_end_counts_as_what_it_is(
    filling: Filling, status: Status, counted: RowStatus, reason: str | None
) -> None:
    filling.filled(1)
    filling.feed()
    (question_id,) = filling.store.open_questions(filling.id)
    outcome = Outcome(status=status, text="", reason=reason)
    filling.redis.hset(
        keys.question(question_id),
        mapping={"status": status, "outcome": outcome.model_dump_json()},
    )
    assert filling.collect() == 1
    (result,) = filling.all_results()
    assert (result.status, result.reason) == (counted, reason)
    assert getattr(filling.now(), counted) == 1


def test_what_no_worker_has_claimed_is_taken_back_and_the_rest_goes_on(
    filling: Filling, bench: Bench
) -> None:
    filling.make(plan=BackfillPlan(expires_in=600.0))
    filling.store.add_rows(CLINIC, filling.id, rows(range(6)))
    filling.store.seal(CLINIC, filling.id)
    filling.feed(4)
    drain = bench.drain()
    claims = drain.claim(2)
    assert len(claims) == 2
    live = bench.ask(Lane.BULK)
    assert filling.store.withdraw(filling.now()) == 2
    assert filling.store.withdraw(filling.now()) == 0
    assert filling.now().open == 2
    assert filling.redis.zcard(keys.DEADLINES) == 2
    assert drain.settle(*claims) == [True, True]
    assert filling.collect() == 2
    assert filling.store.next_rows(filling.now(), 10).numbers == (2, 3, 4, 5)
    assert filling.feed() == 4
    assert [claim.id for claim in drain.claim(1)] == [live]  # another asker's keeps its place
    assert bench.counter("withdrawn") == 2


def test_a_question_that_a_stopping_worker_released_is_taken_back_too(
    filling: Filling, bench: Bench
) -> None:
    filling.filled(1)
    filling.feed()
    drain = bench.drain()
    drain.release(drain.claim_one())
    assert filling.store.withdraw(filling.now()) == 1
    assert bench.drain("w2").take_over(0) == []
    assert filling.in_lane() == 0


def test_rows_of_records_that_are_gone_are_asked_again(filling: Filling) -> None:
    filling.filled(2)
    filling.feed()
    open_questions = filling.store.open_questions(filling.id)
    (gone, kept) = open_questions
    filling.redis.delete(keys.question(gone))
    assert filling.store.lost(filling.now(), [gone, kept, "unknown"]) == 1
    assert filling.store.next_rows(filling.now(), 10).numbers == (open_questions[gone],)
    assert filling.store.open_questions(filling.id) == {kept: open_questions[kept]}


def test_rows_that_ended_so_are_asked_again_and_their_old_results_hold_no_more(
    filling: Filling,
) -> None:
    filling.filled(300, faults=[5])
    assert filling.work(Status.ANSWERED, most=100) == 100
    assert filling.work(Status.NEEDS_HUMAN, most=200) == 199
    filling.store.compact(filling.id)
    assert filling.now().state is BackfillState.DONE
    assert filling.store.redo(CLINIC, filling.id, [3, 150, 151], [RowStatus.NEEDS_HUMAN]) == 2
    assert filling.now().state is BackfillState.RUNNING
    assert (filling.now().answered, filling.now().needs_human, filling.now().failed) == (
        100,
        197,
        1,
    )
    assert {r.row for r in filling.all_results(7)} == set(range(300)) - {150, 151}
    assert filling.store.next_rows(filling.now(), 10).numbers == (150, 151)
    assert filling.work() == 2
    assert filling.now().state is BackfillState.DONE
    assert [r.row for r in filling.all_results()][-2:] == [150, 151]
    assert len(filling.all_results()) == 300
    assert filling.store.redo(CLINIC, filling.id, None, RowStatus) == 299
    assert filling.now().left == 299


def test_a_question_that_somebody_cancels_ends_its_row(filling: Filling) -> None:
    filling.filled(1)
    filling.feed()
    (question_id,) = filling.store.open_questions(filling.id)
    QuestionStore(filling.redis, filling.settings).cancel(question_id)
    assert filling.collect() == 1
    assert filling.now().state is BackfillState.DONE
    assert filling.all_results()[0].reason == "cancelled"


def test_rows_whose_place_in_the_lane_was_forgotten_are_asked_again(
    filling: Filling, redis: Redis
) -> None:
    filling.filled(700, faults=[3])
    filling.work(most=100)
    filling.feed(250)
    redis.delete(keys.backfill_open(filling.id))
    for _ in range(20):
        filling.work(most=250)
    assert (filling.now().answered, filling.now().failed, filling.now().left) == (699, 1, 0)
    assert sorted(result.row for result in filling.all_results()) == list(range(700))

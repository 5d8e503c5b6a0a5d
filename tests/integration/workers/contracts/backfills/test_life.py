"""How backfills live: one of a name, sealed, paused, cancelled, and nothing left once erased."""

from typing import cast

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from tests.filling import CLINIC, Filling, rows
from tests.integration.workers.contracts.conftest import Bench
from workers.contracts import backfill_life, keys
from workers.contracts.backfill import BackfillPlan, BackfillState, RowStatus
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import BackfillClosedError, BackfillFullError, NoBackfillError
from workers.contracts.question import Status

pytestmark = pytest.mark.integration
PLAN = BackfillPlan(window="22:00-06:00", expires_in=600.0)


def test_a_clinic_has_one_backfill_of_a_name(filling: Filling) -> None:
    first, created = filling.store.create(CLINIC, "antigas", "antigas.csv", PLAN)
    again, created_again = filling.store.create(CLINIC, "antigas", "x", BackfillPlan())
    other, created_other = filling.store.create("outra", "antigas", "antigas.csv", PLAN)
    assert (created, created_again, created_other) == (True, False, True)
    assert again == first
    assert first.plan == PLAN
    assert first.state is BackfillState.RECEIVING
    assert filling.store.named(CLINIC, "antigas") == first
    assert filling.store.named("outra", "antigas") == other
    assert filling.store.named(CLINIC, "novas") is None


def test_another_clinic_s_backfill_looks_like_none(filling: Filling) -> None:
    filling.make()
    assert filling.store.get("outra", filling.id) is None
    assert list(filling.store.list("outra")) == []
    assert not filling.store.erase("outra", filling.id)
    with pytest.raises(NoBackfillError):
        filling.store.add_rows("outra", filling.id, rows([0]))
    with pytest.raises(NoBackfillError):
        filling.store.redo("outra", filling.id)
    for change in (filling.store.seal, filling.store.pause, filling.store.cancel):
        with pytest.raises(NoBackfillError):
            change("outra", filling.id)
    assert filling.now().state is BackfillState.RECEIVING
    assert filling.now().rows == 0


def test_the_newest_stands_first(filling: Filling) -> None:
    names = [filling.make(f"noite {n}").name for n in range(3)]
    assert [each.name for each in filling.store.list(CLINIC)] == names[::-1]


def test_a_plan_can_be_changed(filling: Filling) -> None:
    filling.make()
    assert filling.store.replan(CLINIC, filling.id, PLAN).plan == PLAN


def test_it_runs_once_it_is_sealed_and_is_done_at_its_last_result(filling: Filling) -> None:
    filling.make()
    filling.store.add_rows(CLINIC, filling.id, rows(range(2)))
    assert filling.store.next_rows(filling.now(), 10).numbers == (0, 1)
    assert filling.feed() is None  # rows may still come
    assert filling.store.running() == []
    filling.store.seal(CLINIC, filling.id)
    assert filling.now().state is BackfillState.RUNNING
    assert [each.id for each in filling.store.running()] == [filling.id]
    assert filling.work(most=1) == 1
    assert filling.now().state is BackfillState.RUNNING
    assert filling.work() == 1
    done = filling.now()
    assert done.state is BackfillState.DONE
    assert done.ended_at is not None
    assert done.started_at is not None
    assert [each.id for each in filling.store.running()] == [filling.id]  # its summary is due
    assert filling.store.note_summary(filling.id, done.ended_at, "")
    assert filling.store.running() == []


def test_without_a_row_it_is_done_when_it_is_sealed(filling: Filling) -> None:
    assert filling.filled(0).state is BackfillState.DONE


def test_what_is_done_receives_rows_again_and_asks_only_new_ones(filling: Filling) -> None:
    filling.filled(3)
    assert filling.work() == 3
    added = filling.store.add_rows(CLINIC, filling.id, rows(range(5)))
    assert (added.added, added.repeated, added.rows) == (2, 3, 5)
    assert filling.now().state is BackfillState.RECEIVING
    filling.store.seal(CLINIC, filling.id)
    assert filling.work() == 2
    assert filling.now().state is BackfillState.DONE


def test_a_pause_feeds_no_more_and_collects_what_was_fed(filling: Filling) -> None:
    filling.filled(5)
    filling.feed(2)
    assert filling.store.pause(CLINIC, filling.id).state is BackfillState.PAUSED
    assert filling.feed() is None
    assert [each.id for each in filling.store.running()] == [filling.id]
    filling.end([*filling.store.open_questions(filling.id)])
    assert filling.collect() == 2
    assert filling.store.running() == []
    assert filling.store.resume(CLINIC, filling.id).state is BackfillState.RUNNING
    assert filling.feed() == 3


def test_a_pause_before_all_rows_came_goes_on_receiving(filling: Filling) -> None:
    filling.make()
    filling.store.pause(CLINIC, filling.id)
    filling.store.add_rows(CLINIC, filling.id, rows(range(2)))
    assert filling.store.resume(CLINIC, filling.id).state is BackfillState.RECEIVING
    filling.store.pause(CLINIC, filling.id)
    filling.store.seal(CLINIC, filling.id)
    assert filling.now().state is BackfillState.PAUSED
    assert filling.store.resume(CLINIC, filling.id).state is BackfillState.RUNNING


def test_what_ended_cannot_be_paused_or_resumed(filling: Filling) -> None:
    filling.filled(1)
    filling.work()
    assert filling.store.pause(CLINIC, filling.id).state is BackfillState.DONE
    assert filling.store.resume(CLINIC, filling.id).state is BackfillState.DONE
    assert filling.store.cancel(CLINIC, filling.id).state is BackfillState.DONE


def test_a_cancelled_one_asks_nothing_more_and_keeps_its_results(filling: Filling) -> None:
    filling.filled(4)
    filling.work(most=1)
    filling.feed(1)
    filling.store.cancel(CLINIC, filling.id)
    assert filling.feed() is None
    assert [each.id for each in filling.store.running()] == [filling.id]  # one is in the lane
    assert filling.store.withdraw(filling.now()) == 1
    assert filling.store.running() == []
    assert (filling.now().answered, filling.now().left) == (1, 3)
    assert filling.now().state is BackfillState.CANCELLED
    assert filling.store.redo(CLINIC, filling.id) == 0
    with pytest.raises(BackfillClosedError, match="cancelled"):
        filling.store.add_rows(CLINIC, filling.id, rows([9]))


def test_what_its_source_said_is_kept(filling: Filling) -> None:
    filling.make()
    filling.store.note_source(filling.id, {"system": 3}, [("pergunta", "coluna 'Mensagem'")])
    filling.store.note_error(filling.id, "The callback was refused.")
    noted = filling.now()
    assert noted.left_out == {"system": 3}
    assert noted.guesses == (("pergunta", "coluna 'Mensagem'"),)
    assert noted.error == "The callback was refused."
    filling.store.note_error(filling.id, "")
    assert filling.now().error == ""


def test_a_note_keeps_nothing_any_longer(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    redis.expire(keys.backfill(filling.id), 100)
    filling.store.note_error(filling.id, "It cannot go on.")
    assert 0 < redis.ttl(keys.backfill(filling.id)) <= 100


def test_nothing_is_left_of_an_erased_one(filling: Filling, bench: Bench) -> None:
    filling.filled(130, faults=[7])
    filling.work()
    filling.store.put_report(filling.id, "report", b"<html>", 100)
    filling.store.note_summary(filling.id, 1.0)
    filling.feed(3)
    (claim,) = bench.drain().claim(1)
    assert filling.store.erase(CLINIC, filling.id)
    assert not filling.store.erase(CLINIC, filling.id)
    left = {str(name).split(":", 2)[2] for name in cast("list[str]", filling.redis.keys())}
    assert left <= {"counters", "lane:bulk", "lane:interactive"}
    assert filling.in_lane() == 0
    assert bench.drain().settle(claim) == [False]
    assert filling.make().rows == 0  # its name is free again


def test_an_erasure_finds_every_record_that_may_be_kept(filling: Filling) -> None:
    """Also where results are compressed; those whose records have expired are not looked for."""
    filling.filled(700)
    while filling.work():
        filling.store.compact(filling.id)
    filling.store.erase(CLINIC, filling.id)
    assert filling.redis.keys("*question:*") == []


@pytest.mark.parametrize("damage", ["record", "result", "block"])
def test_what_is_damaged_can_be_erased(filling: Filling, damage: str) -> None:
    filling.filled(700)
    while filling.work():
        filling.store.compact(filling.id)
    if damage == "record":
        filling.redis.hset(keys.backfill(filling.id), "plan", "no JSON")
    elif damage == "result":
        filling.redis.lset(keys.backfill_results(filling.id), 0, "Ana tem febre")
    else:
        filling.redis.hset(keys.backfill_blocks(filling.id), "1", b"no zlib")
    assert filling.store.erase(CLINIC, filling.id)
    assert filling.redis.keys("*backfill*") == []
    # Of what cannot be read nobody knows the questions: their records go within an hour.
    most = {"result": 1, "block": 100, "record": 700}
    assert len(filling.redis.keys("*question:*")) <= most[damage]


def test_all_of_it_expires_after_the_retention(filling: Filling, redis: Redis) -> None:
    filling.filled(150, faults=[3])
    filling.feed(2)
    filling.store.put_report(filling.id, "pairs", b"x", 1)
    names = [name for name in cast("list[str]", redis.keys("*backfill*")) if name != keys.BACKFILLS]
    assert len(names) >= 8
    assert all(0 < redis.ttl(name) <= 30 * 24 * 3600 for name in names)


def test_what_has_expired_leaves_the_lists(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    redis.delete(keys.backfill(filling.id))
    assert list(filling.store.list(CLINIC)) == []
    assert list(filling.store.running()) == []
    assert redis.zcard(keys.BACKFILLS) == 0


def test_a_damaged_one_hides_no_other(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    damaged = filling.id
    filling.make("outras")
    redis.hset(keys.backfill(damaged), "state", "nonsense")
    assert [each.id for each in filling.store.list(CLINIC)] == [filling.id]


def test_a_clinic_keeps_no_more_backfills_than_it_may(
    filling: Filling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill_life, "_MOST_KEPT", 2)
    filling.make("a")
    filling.make("b")
    with pytest.raises(BackfillFullError, match="Remove old ones"):
        filling.make("c")
    filling.store.erase(CLINIC, filling.id)
    assert filling.make("c").name == "c"


def test_a_rate_is_told_while_results_come(filling: Filling, redis: Redis) -> None:
    filling.filled(30)
    filling.work(most=10)
    assert filling.now().rate is None
    redis.hset(keys.backfill(filling.id), "rate_at", float(redis.time()[0]) - 5)
    filling.work(most=10)
    rate = filling.now().rate
    assert rate is not None
    assert 1.0 < rate < 3.0  # ten in five or six seconds
    redis.hset(keys.backfill(filling.id), "rate_at", float(redis.time()[0]) - 100)
    assert filling.now().rate is None
    filling.work(Status.NEEDS_HUMAN)
    assert filling.now().needs_human == 10


def test_a_store_of_another_process_sees_the_same(filling: Filling) -> None:
    filling.filled(2)
    other = BackfillStore(filling.redis, filling.settings)
    assert other.get(CLINIC, filling.id) == filling.now()


PARTS = (
    *("backfill", "backfill-rows", "backfill-keys", "backfill-marks", "backfill-open"),
    *("backfill-again", "backfill-results", "backfill-blocks", "backfill-file", "backfill-report"),
)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", ["other type", "nonsense"])
def test_a_damaged_value_harms_no_other_and_is_erased_with_the_rest(
    filling: Filling, redis: Redis, part: str, value: str
) -> None:
    filling.filled(400)
    for _ in range(4):
        filling.work()
    filling.store.compact(filling.id)
    filling.store.redo(CLINIC, filling.id, range(20), [RowStatus.ANSWERED])
    filling.feed(10)
    bad, name = filling.id, f"atende:1:{part}:{filling.id}"
    other = Filling.open(redis, filling.settings)
    if value == "nonsense" and redis.type(name) == "hash":
        for field in cast("list[str]", redis.hkeys(name)):
            if field != "tenant":
                redis.hset(name, field, "nonsense")
    else:
        is_text = redis.type(name) in {"string", "none"}
        redis.delete(name)
        redis.hset(name, "a", "b") if is_text else redis.set(name, "nonsense")

    other.make("novas")
    other.store.add_rows(CLINIC, other.id, rows(range(3)))
    other.store.seal(CLINIC, other.id)
    assert other.id in [backfill.id for backfill in filling.store.running()]
    assert other.id in [backfill.id for backfill in filling.store.list(CLINIC)]
    assert other.work() == 3

    assert not filling.store.erase("outra", bad)
    assert filling.store.erase(CLINIC, bad)
    assert not [key for key in cast("list[str]", redis.keys("*")) if bad in key]
    assert not filling.store.erase(CLINIC, bad)


def test_what_frees_memory_goes_where_redis_is_full(filling: Filling, redis: Redis) -> None:
    filling.filled(10)
    filling.work(most=5)
    filling.feed(3)
    redis.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(OutOfMemoryError):
            filling.feed(1)
        assert filling.store.cancel(CLINIC, filling.id).state is BackfillState.CANCELLED
        assert filling.store.withdraw(filling.now()) == 3
        assert filling.store.erase(CLINIC, filling.id)
    finally:
        redis.config_set("maxmemory", "0")
    assert filling.in_lane() == 0

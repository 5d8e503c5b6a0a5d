"""Rounds over backfills: fed ahead, collected, taken back at a window's end, each alone."""

from datetime import datetime

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAwayError

from tests.rounds_bench import ANSWER, NIGHT, ZONE, RoundsBench
from workers.channels.backfill.file_reader import ReadingLimits
from workers.channels.backfill.file_reading import FileReading
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillState, RowStatus
from workers.contracts.pauses import ALL
from workers.contracts.question import Citation, Lane, Outcome, Request, Shared, Status

pytestmark = pytest.mark.integration
UNSURE = Outcome(status=Status.NEEDS_HUMAN, text="", reason="weak_evidence")
FAILED = Outcome(status=Status.FAILED, text="", reason="generation_failed")


def test_rows_are_fed_answered_and_collected(bench: RoundsBench) -> None:
    backfill = bench.make(5)
    bench.turn()
    assert (bench.read(backfill).open, bench.lane()) == (5, 5)
    claims = bench.claim()
    assert [claim.request.question for claim in claims] == [f"Pergunta {n}?" for n in range(5)]
    bench.settle(claims[:3])
    bench.settle(claims[3:4], UNSURE)
    bench.turn()
    now = bench.read(backfill)
    assert (now.answered, now.needs_human, now.open, now.left) == (3, 1, 1, 1)
    assert now.state is BackfillState.RUNNING
    bench.settle(claims[4:], FAILED)
    bench.turn()
    now = bench.read(backfill)
    assert (now.state, now.failed, now.left) == (BackfillState.DONE, 1, 0)
    assert bench.lane() == 0
    results = sorted(bench.results(backfill), key=lambda result: result.row)
    assert [result.row for result in results] == [0, 1, 2, 3, 4]
    assert [result.reason for result in results] == [
        None,
        None,
        None,
        "weak_evidence",
        "generation_failed",
    ]


def test_a_result_is_all_that_came_of_a_question(bench: RoundsBench) -> None:
    backfill = bench.make(1)
    bench.turn()
    citation = Citation(document="d.pdf", title="Preparo", quote="8 horas")
    outcome = ANSWER.model_copy(
        update={
            "text": "8 horas.",
            "citations": (citation,),
            "knowledge_version": "k1",
            "prompt_version": "p1",
            "shared": Shared.CACHED,
        }
    )
    (claim,) = bench.claim()
    bench.settle([claim], outcome)
    bench.turn()
    (result,) = bench.results(backfill)
    assert (result.question_id, result.status) == (claim.id, RowStatus.ANSWERED)
    assert (result.text, result.citations) == ("8 horas.", (citation,))
    assert (result.model, result.knowledge_version, result.prompt_version) == (
        "stand-in",
        "k1",
        "p1",
    )
    assert result.shared is Shared.CACHED


def test_nothing_can_reach_a_patient(bench: RoundsBench) -> None:
    bench.make(3, plan=BackfillPlan(expires_in=60), later_answer="Pode vir às 9h.")
    bench.turn()
    for claim in bench.claim():
        assert claim.lane is Lane.BULK
        assert claim.request.reply_to is None
        assert claim.request.conversation_id is None
        assert claim.request.metadata == {}
        bench.settle([claim])
    bench.turn()
    for kind in ("outbox", "dead", "send:*", "conversation:*", "handoffs:*", "errand*"):
        assert list(bench.redis.scan_iter(f"atende:1:{kind}")) == []


def test_no_more_than_the_setting_says_wait_in_the_lane(redis: Redis, bench: RoundsBench) -> None:
    settings = bench.settings.model_copy(update={"backfill_ahead": 7})
    bench = RoundsBench(redis, settings, bench.folder)
    backfill = bench.make(20)
    bench.turn(3)
    assert bench.lane() == 7
    for _ in range(3):
        bench.answer()
        bench.turn()
    assert bench.read(backfill).state is BackfillState.DONE


def test_two_backfills_share_the_lane_and_a_newcomer_catches_up(
    redis: Redis, bench: RoundsBench
) -> None:
    settings = bench.settings.model_copy(update={"backfill_ahead": 8})
    bench = RoundsBench(redis, settings, bench.folder)
    first = bench.make(100)
    bench.turn()
    assert bench.read(first).open == 8
    second = bench.make(100, name="outras.csv")
    bench.answer(4)
    bench.turn()
    assert (bench.read(first).open, bench.read(second).open) == (4, 4)


def test_live_questions_have_a_lane_of_their_own(bench: RoundsBench) -> None:
    bench.make(2_000)
    bench.turn()
    request = Request(tenant="clinica", question="E agora?", asked_at=bench.clock())
    bench.questions.enqueue(request)
    assert bench.redis.xlen(keys.lane(Lane.INTERACTIVE)) == 1
    assert bench.lane() == bench.settings.backfill_ahead


def test_a_full_lane_takes_no_rows_and_loses_none(redis: Redis, bench: RoundsBench) -> None:
    settings = bench.settings.model_copy(update={"queue_limit": 3})
    bench = RoundsBench(redis, settings, bench.folder)
    backfill = bench.make(10)
    for _ in range(6):
        bench.turn()
        assert bench.lane() <= 3
        bench.answer()
    bench.turn()
    assert bench.read(backfill).state is BackfillState.DONE


def test_questions_that_are_gone_are_asked_again(bench: RoundsBench) -> None:
    backfill = bench.make(3)
    bench.turn()
    gone, *_ = bench.store.open_questions(backfill.id)
    bench.redis.delete(keys.question(gone))
    bench.turn()
    assert bench.read(backfill).open == 3
    bench.answer()
    bench.turn()
    assert bench.read(backfill).answered == 3
    assert sorted(result.row for result in bench.results(backfill)) == [0, 1, 2]


def test_a_damaged_record_is_a_failure_of_its_row(bench: RoundsBench) -> None:
    backfill = bench.make(3)
    bench.turn()
    no_hash, no_status, _ = bench.store.open_questions(backfill.id)
    bench.redis.delete(keys.question(no_hash))
    bench.redis.set(keys.question(no_hash), "x")
    bench.redis.hdel(keys.question(no_status), "status")
    bench.turn()
    assert (bench.read(backfill).failed, bench.read(backfill).open) == (2, 1)
    assert {result.reason for result in bench.results(backfill)} == {"record_unreadable"}


def test_an_outcome_that_cannot_be_read_is_a_failure_of_its_row(bench: RoundsBench) -> None:
    backfill = bench.make(1)
    bench.turn()
    bench.answer()
    (question,) = bench.store.open_questions(backfill.id)
    bench.redis.hset(keys.question(question), mapping={"outcome": "{", "ended_at": "x"})
    bench.turn()
    (result,) = bench.results(backfill)
    assert (result.status, result.reason) == (RowStatus.FAILED, "record_unreadable")


def test_one_that_somebody_cancelled_or_that_expired_has_failed(bench: RoundsBench) -> None:
    backfill = bench.make(2, plan=BackfillPlan(expires_in=60))
    bench.turn()
    first, second = bench.store.open_questions(backfill.id)
    bench.questions.cancel(first)
    bench.questions.expire(second, "Uma pessoa responde.")
    bench.turn()
    assert sorted(result.reason or "" for result in bench.results(backfill)) == [
        "cancelled",
        "expired",
    ]
    assert bench.read(backfill).failed == 2


# -- windows --------------------------------------------------------------------------------------


def test_outside_of_its_window_nothing_is_asked(bench: RoundsBench) -> None:
    backfill = bench.make(5, plan=NIGHT)
    bench.turn(3)
    assert bench.lane() == 0
    bench.clock.set(2, 22)
    bench.turn()
    assert bench.lane() == 5
    assert bench.read(backfill).open == 5


def test_a_night_ends_mid_way_and_the_next_one_goes_on(bench: RoundsBench) -> None:
    backfill = bench.make(10, plan=NIGHT)
    bench.clock.set(2, 23)
    bench.turn()
    assert bench.answer(3) == 3
    in_flight = bench.claim(2)
    bench.clock.set(3, 5, 59)
    bench.turn()
    assert bench.read(backfill).open == 7
    bench.clock.set(3, 6)
    bench.turn()
    # What is claimed finishes; what nobody has claimed is off the lane.
    assert (bench.read(backfill).open, bench.lane()) == (2, 2)
    assert bench.claim() == []
    bench.settle(in_flight)
    bench.clock.set(3, 6, 1)
    bench.turn()
    assert (bench.read(backfill).answered, bench.read(backfill).open) == (5, 0)
    bench.clock.set(3, 21, 59)
    bench.turn()
    assert bench.lane() == 0
    bench.clock.set(3, 22)
    bench.turn()
    assert bench.answer() == 5
    bench.turn()
    assert bench.read(backfill).state is BackfillState.DONE
    asked = [result.row for result in bench.results(backfill)]
    assert sorted(asked) == list(range(10))


def test_a_window_over_the_hour_that_is_left_out_is_kept_to(bench: RoundsBench) -> None:
    plan = BackfillPlan(window="22:00-06:00", time_zone="America/New_York")
    bench.make(5, plan=plan)
    bench.clock.set(1, 2, 59)  # 00:59 in New York; its clock goes back at 02:00
    bench.turn()
    assert bench.lane() == 5
    bench.clock.set(1, 7, 59)  # 05:59
    bench.turn()
    assert bench.lane() == 5
    bench.clock.set(1, 8)  # 06:00
    bench.turn()
    assert bench.lane() == 0


def test_time_to_expire_runs_in_the_lane_alone(bench: RoundsBench) -> None:
    plan = BackfillPlan(window="22:00-06:00", expires_in=3600)
    backfill = bench.make(1, plan=plan)
    bench.clock.set(2, 23)
    bench.turn()
    assert bench.deadlines() == [bench.clock() + 3600]
    bench.clock.set(3, 6)
    bench.turn()
    assert bench.deadlines() == []
    bench.clock.set(3, 22)
    bench.turn()
    assert bench.deadlines() == [bench.clock() + 3600]
    bench.store.pause("clinica", backfill.id)
    bench.clock.move(minutes=30)
    bench.turn()
    assert bench.deadlines() == []
    bench.store.resume("clinica", backfill.id)
    bench.turn()
    assert bench.deadlines() == [bench.clock() + 3600]


def test_while_the_drains_are_paused_nothing_waits_in_the_lane(bench: RoundsBench) -> None:
    backfill = bench.make(5, plan=BackfillPlan(expires_in=60))
    bench.turn()
    claims = bench.claim(1)
    bench.pauses.pause()
    bench.turn()
    assert (bench.lane(), bench.deadlines()) == (1, bench.deadlines()[:1])
    bench.settle(claims)
    bench.turn(2)
    assert (bench.read(backfill).answered, bench.lane()) == (1, 0)
    bench.pauses.resume()
    bench.turn()
    assert bench.lane() == 4


def test_of_a_paused_one_what_is_in_the_lane_is_answered(bench: RoundsBench) -> None:
    backfill = bench.make(600)
    bench.turn()
    bench.store.pause("clinica", backfill.id)
    bench.turn()
    assert bench.lane() == 512
    bench.answer()
    bench.turn(2)
    now = bench.read(backfill)
    assert (now.answered, now.left, now.state) == (512, 88, BackfillState.PAUSED)
    assert bench.lane() == 0


def test_of_a_cancelled_one_no_more_is_asked(bench: RoundsBench) -> None:
    backfill = bench.make(5)
    bench.turn()
    claims = bench.claim(2)
    bench.store.cancel("clinica", backfill.id)
    bench.turn()
    assert bench.lane() == 2
    bench.settle(claims)
    bench.turn(2)
    now = bench.read(backfill)
    assert (now.state, now.answered, now.left, now.open) == (BackfillState.CANCELLED, 2, 3, 0)
    assert bench.store.running() == []


def test_rows_that_come_later_are_asked_later(bench: RoundsBench) -> None:
    backfill = bench.make(2)
    bench.turn()
    bench.answer()
    bench.turn()
    assert bench.read(backfill).state is BackfillState.DONE
    bench.add(backfill, range(4))
    bench.turn()
    assert bench.lane() == 0  # not all of them may be there
    bench.store.seal("clinica", backfill.id)
    bench.turn()
    assert [claim.request.question for claim in bench.claim()] == ["Pergunta 2?", "Pergunta 3?"]


# -- what goes wrong -------------------------------------------------------------------------------


def test_what_is_wrong_with_one_harms_no_other(bench: RoundsBench) -> None:
    bad = bench.make(3, plan=BackfillPlan(window="quando der"))
    good = bench.make(3, name="outras.csv")
    broken = bench.make(3, name="quebrada.csv")
    bench.redis.delete(keys.backfill_rows(broken.id))
    bench.redis.set(keys.backfill_rows(broken.id), "x")
    bench.turn()
    assert bench.read(good).open == 3
    assert (bench.read(bad).open, bench.read(broken).open) == (0, 0)
    assert "quando der" in bench.read(bad).error
    assert "kept" in bench.read(broken).error
    bench.store.replan("clinica", bad.id, BackfillPlan())
    bench.turn()
    assert (bench.read(bad).open, bench.read(bad).error) == (3, "")


def test_rows_whose_block_is_gone_end_no_round(bench: RoundsBench) -> None:
    broken = bench.make(3)
    bench.redis.delete(keys.backfill_rows(broken.id))
    bench.turn(2)
    assert bench.read(broken).open == 0
    assert bench.read(broken).error


def test_where_redis_is_away_the_whole_round_is(
    bench: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make(3)

    def away(*_: object) -> None:
        raise RedisAwayError

    monkeypatch.setattr(bench.store, "next_rows", away)
    with pytest.raises(RedisAwayError):
        bench.turn()


def test_one_that_is_erased_in_the_middle_is_forgotten(bench: RoundsBench) -> None:
    backfill = bench.make(5)
    bench.turn()
    bench.answer(2)
    bench.store.erase("clinica", backfill.id)
    bench.turn()
    assert bench.lane() == 0
    assert bench.store.running() == []


def test_results_are_compressed_as_they_come(bench: RoundsBench) -> None:
    backfill = bench.make(450)
    bench.turn()
    bench.answer()
    bench.turn()
    assert bench.read(backfill).answered == 450
    assert bench.redis.hlen(keys.backfill_blocks(backfill.id)) >= 2
    assert bench.redis.llen(keys.backfill_results(backfill.id)) <= 300
    assert len(bench.results(backfill)) == 450


def test_one_that_waits_longer_than_ended_ones_are_kept_is_kept(
    bench: RoundsBench,
) -> None:
    bench.pauses.pause(ALL)
    backfill = bench.make(3)
    name, kept = keys.backfill_rows(backfill.id), bench.settings.retention_hours * 3600
    bench.redis.expire(name, 1000)
    bench.clock.moment = datetime.fromtimestamp(backfill.touched_at + kept / 4 - 60, ZONE)
    bench.turn()
    assert bench.redis.ttl(name) <= 1000
    bench.clock.move(seconds=120)
    bench.turn()
    assert bench.redis.ttl(name) > kept - 100


def test_a_clinic_s_many_files_let_another_s_be_read_between(bench: RoundsBench) -> None:
    begun: list[tuple[str, float]] = []

    class Files(FileReading):
        def begin(self, backfill: Backfill) -> bool:
            if begun and begun[-1][1] == bench.clock():
                return False  # one at a time
            begun.append((backfill.tenant, bench.clock()))
            bench.store.cancel(backfill.tenant, backfill.id)
            return True

    for tenant, count in (("clinica", 5), ("outra", 1)):
        for number in range(count):
            bench.store.create(tenant, str(number), "x.csv", BackfillPlan(), reading=True)
    rounds = bench.worker(Files(bench.store, "w1", ReadingLimits()))
    for _ in range(6):
        rounds.turn()
        bench.clock.move(seconds=1)
    assert [tenant for tenant, _ in begun] == ["clinica", "outra", *["clinica"] * 4]

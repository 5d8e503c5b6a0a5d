"""A worker is killed at each line of a round; another one goes on, and nothing is done twice."""

from collections.abc import Callable

import pytest

import workers.channels.backfill
import workers.contracts
from benchmarks.reaper import Reaper, is_killed
from tests.rounds_bench import NIGHT, Receiver, RoundsBench
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillState
from workers.contracts.question import Outcome, Status

pytestmark = [pytest.mark.integration, pytest.mark.drill]

ROWS = 7
#: Every so many lines a worker is killed. With 1 it takes ten minutes on two busy cores, to
#: be run where the order of steps is changed.
STRIDE = 4
PLACES = (
    workers.channels.backfill.__path__[0],
    f"{workers.contracts.__path__[0]}/backfill_",
    f"{workers.contracts.__path__[0]}/backfills.py",
)
UNSURE = Outcome(status=Status.NEEDS_HUMAN, text="", reason="weak_evidence")


def killed(bench: RoundsBench, work: Callable[[], object], line: int) -> bool:
    """Do it in a process that is killed at a line; whether it got that far."""
    return is_killed(work, Reaper(line, PLACES), bench.redis)


def at_night(bench: RoundsBench, receiver: Receiver) -> Backfill:
    bench.redis.flushall()
    bench.clock.set(2, 23)
    return bench.make(ROWS, plan=NIGHT.model_copy(update={"callback_url": receiver.url}))


def nothing(_: RoundsBench) -> None:
    """Before rows are fed."""


def some_have_ended(bench: RoundsBench) -> None:
    """Before results are collected, and the rest is fed."""
    bench.turn()
    claims = bench.claim(3)
    bench.settle(claims[:2])
    bench.settle(claims[2:], UNSURE)
    (backfill,) = bench.store.running()
    claimed = {claim.id for claim in claims}
    gone = next(each for each in bench.store.open_questions(backfill.id) if each not in claimed)
    bench.redis.delete(keys.question(gone))


def the_night_is_over(bench: RoundsBench) -> None:
    """Before rows are taken back, and a summary is noted."""
    bench.turn()
    bench.answer(3)
    bench.turn()
    bench.clock.set(3, 6)


def all_have_ended(bench: RoundsBench) -> None:
    """Before the last results are collected, and a summary is noted."""
    bench.turn()
    bench.answer()


@pytest.mark.parametrize("prepare", [nothing, some_have_ended, the_night_is_over, all_have_ended])
def test_whatever_a_round_is_killed_in_each_row_has_one_result(
    bench: RoundsBench, receiver: Receiver, prepare: Callable[[RoundsBench], None]
) -> None:
    line, is_killed = 1, True
    while is_killed:
        receiver.posts.clear()
        backfill = at_night(bench, receiver)
        prepare(bench)
        is_killed = killed(bench, bench.worker().turn, line)
        bench.read(backfill)
        finish(bench, backfill)
        line += STRIDE
    assert line > 20 * STRIDE  # there was something to be killed in


def finish(bench: RoundsBench, backfill: Backfill) -> None:
    """Other workers go on: two of them, and a drain; then all adds up."""
    rounds = (bench.worker(), bench.worker())
    for _ in range(12):
        for each in rounds:
            each.turn()
        bench.read(backfill)
        bench.answer(3)
        if bench.clock.moment.hour == 6:
            bench.clock.set(3, 22)
    while bench.summaries.send_one():
        pass
    now = bench.read(backfill)
    assert (now.state, now.left, now.open) == (BackfillState.DONE, 0, 0)
    assert sorted(result.row for result in bench.results(backfill)) == list(range(ROWS))
    assert bench.lane() == 0
    counts = dict(bench.questions.counters())
    gone = counts["accepted:bulk"] - counts.get("withdrawn", 0) - ROWS
    assert gone in {0, 1}  # the one whose record was deleted is asked again
    assert bench.store.running() == []


def test_a_worker_that_is_killed_while_it_sends_a_summary_leaves_it_to_another(
    bench: RoundsBench, receiver: Receiver
) -> None:
    line, is_killed = 1, True
    while is_killed:
        receiver.posts.clear()
        backfill = at_night(bench, receiver)
        all_have_ended(bench)
        bench.turn()
        is_killed = killed(bench, bench.summaries.send_one, line)
        if bench.redis.zcard(keys.BACKFILL_SUMMARIES):
            bench.redis.zadd(keys.BACKFILL_SUMMARIES, {backfill.id: 0})  # its lease is over
            assert bench.summaries.send_one()
        assert len({headers["webhook-id"] for headers, _ in receiver.posts}) == 1
        assert len(receiver.posts) <= 2
        assert bench.redis.zcard(keys.BACKFILL_SUMMARIES) == 0
        line += STRIDE

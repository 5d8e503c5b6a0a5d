"""Whatever is done with a backfill in whatever order, its numbers add up."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from tests.filling import CLINIC, Filling, rows
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillState, RowStatus
from workers.contracts.errors import BackfillClosedError
from workers.contracts.question import Status
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
ENDS: Final = (Status.ANSWERED, Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED)


def add(filling: Filling, n: int) -> int:
    if filling.now().state is BackfillState.CANCELLED:
        with pytest.raises(BackfillClosedError):
            filling.store.add_rows(CLINIC, filling.id, rows([n]))
        return 0
    part = rows(range(n, n + 40), faults=range(0, 99, 9))
    added = filling.store.add_rows(CLINIC, filling.id, part).added
    filling.store.seal(CLINIC, filling.id)
    return added


def end(filling: Filling, n: int) -> int:
    open_questions = [*filling.store.open_questions(filling.id)][: n % 7]
    filling.end(open_questions, ENDS[n % len(ENDS)])
    return len(open_questions)


def lose(filling: Filling, n: int) -> int:
    """Records go, and workers drop their entries from the lane."""
    open_questions = [*filling.store.open_questions(filling.id)]
    for question_id in open_questions[: n % 3]:
        filling.end([question_id])
        filling.redis.delete(keys.question(question_id))
    return filling.store.lost(filling.now(), open_questions)


def changes(change: Callable[[str, str], Backfill], filling: Filling) -> bool:
    before = filling.now().state
    return change(CLINIC, filling.id).state is not before


#: What is done, each with a number; it returns whether, or how often, it had an effect.
STEPS: Final[dict[str, Callable[[Filling, int], int | None]]] = {
    "add": add,
    "feed": lambda filling, n: filling.feed(n),
    "end": end,
    "collect": lambda filling, _: filling.collect(),
    "work": lambda filling, n: filling.work(ENDS[n % len(ENDS)], most=n % 9),
    "withdraw": lambda filling, _: filling.store.withdraw(filling.now()),
    "lose": lose,
    "redo": lambda filling, n: filling.store.redo(CLINIC, filling.id, range(n), RowStatus),
    "pause": lambda filling, _: changes(filling.store.pause, filling),
    "resume": lambda filling, _: changes(filling.store.resume, filling),
    "cancel": lambda filling, n: n < 8 and changes(filling.store.cancel, filling),
}
OFTEN: Final = ("feed", "collect", "work", "work", "resume")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=True), count=st.integers(5, 40))
def check(
    redis: Redis,
    queue_settings: QueueSettings,
    effects: Counter[str],
    random: Random,
    count: int,
) -> None:
    redis.flushall()
    filling = Filling.open(redis, queue_settings)
    filling.make()
    add(filling, 0)
    for _ in range(count):
        name = random.choice([*STEPS, *OFTEN])
        effects[name] += int(STEPS[name](filling, random.randrange(60)) or 0)
        backfill = filling.now()  # it asserts that the numbers add up
        results = filling.all_results(17)
        ended = {result.row for result in results}
        assert len(ended) == len(results) == backfill.rows - backfill.left
        open_rows = set(filling.store.open_questions(filling.id).values())
        assert open_rows.isdisjoint(ended)
        assert len(open_rows) == backfill.open
        if backfill.state is BackfillState.DONE:
            assert backfill.left == 0
    finish(filling)


def finish(filling: Filling) -> None:
    """Whatever happened, it can be brought to its end."""
    filling.store.seal(CLINIC, filling.id)
    filling.store.resume(CLINIC, filling.id)
    for _ in range(filling.now().rows + 2):
        filling.work()
    if filling.now().state is not BackfillState.CANCELLED:
        assert filling.now().state is BackfillState.DONE
        assert filling.store.next_rows(filling.now(), 250).numbers == ()
    assert filling.now().open == 0
    assert filling.in_lane() == 0


def test_the_numbers_add_up_after_every_step(redis: Redis, queue_settings: QueueSettings) -> None:
    effects: Counter[str] = Counter()
    check(redis, queue_settings, effects)
    assert [name for name in STEPS if not effects[name]] == []  # each was tried in earnest

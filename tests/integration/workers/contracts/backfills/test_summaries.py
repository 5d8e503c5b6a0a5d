"""A summary is written once for each moment, and taken until it is sent."""

import pytest
from redis import Redis

from tests.filling import CLINIC, Filling
from workers.contracts import keys

pytestmark = pytest.mark.integration


def test_each_moment_has_one_summary(filling: Filling) -> None:
    filling.filled(1)
    assert filling.store.note_summary(filling.id, 100.5, '{"n":1}')
    assert not filling.store.note_summary(filling.id, 100.5)
    assert not filling.store.note_summary(filling.id, 99.0)
    assert filling.store.note_summary(filling.id, 200.0)
    assert not filling.store.note_summary("0" * 32, 300.0)


def test_one_of_nothing_is_noted_and_never_sent(filling: Filling, redis: Redis) -> None:
    filling.filled(2)
    filling.work(most=1)
    assert filling.store.note_summary(filling.id, 100.5, "")
    assert not filling.store.note_summary(filling.id, 100.5, '{"n":1}')
    assert filling.store.take_summary(60) is None
    assert redis.zcard(keys.BACKFILL_SUMMARIES) == 0
    assert (filling.now().summary_moment, filling.now().summary_results) == (100.5, 1)


def test_it_is_leased_and_tried_again_until_it_is_done(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    filling.store.note_summary(filling.id, 100.5, '{"n":1}')
    summary = filling.store.take_summary(60)
    assert summary is not None
    assert (summary.backfill_id, summary.tenant, summary.moment) == (filling.id, CLINIC, 100.5)
    assert (summary.text, summary.tries) == ('{"n":1}', 1)
    assert filling.store.take_summary(60) is None  # another one has it
    assert filling.store.summary_later(summary, 0, '{"n":2}')
    again = filling.store.take_summary(0)
    assert again is not None
    assert (again.text, again.tries) == ('{"n":2}', 2)
    lost = filling.store.take_summary(60)  # its holder died: the lease is over
    assert lost is not None
    assert filling.store.summary_done(lost)
    assert redis.zcard(keys.BACKFILL_SUMMARIES) == 0
    assert filling.store.take_summary(60) is None


def test_a_newer_one_takes_the_place_of_one_that_was_not_sent(filling: Filling) -> None:
    filling.filled(1)
    filling.store.note_summary(filling.id, 1.0, '{"n":1}')
    old = filling.store.take_summary(60)
    assert old is not None
    filling.store.note_summary(filling.id, 2.0, '{"n":2}')
    assert not filling.store.summary_done(old)
    assert not filling.store.summary_later(old, 5)
    new = filling.store.take_summary(60)
    assert new is not None
    assert (new.moment, new.text, new.tries) == (2.0, '{"n":2}', 1)


def test_that_of_a_backfill_that_is_gone_is_forgotten(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    filling.store.note_summary(filling.id, 1.0)
    redis.delete(keys.backfill(filling.id))
    assert filling.store.take_summary(60) is None
    assert redis.zcard(keys.BACKFILL_SUMMARIES) == 0

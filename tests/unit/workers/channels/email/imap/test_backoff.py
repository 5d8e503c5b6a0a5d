"""Pauses after faults."""

import pytest

from workers.channels.email.imap.backoff import PASSING, REFUSED, Backoff


@pytest.mark.parametrize(
    ("faults", "seconds"), [(1, 2.0), (2, 4.0), (5, 32.0), (9, 300.0), (10_000, 300.0)]
)
def test_pauses_double_up_to_the_longest(faults: int, seconds: float) -> None:
    assert PASSING.pause(faults, lambda: 0.5) == seconds


def test_a_refused_log_in_is_not_tried_often() -> None:
    assert [REFUSED.pause(faults, lambda: 0.5) for faults in (1, 2, 9)] == [60.0, 120.0, 900.0]


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 75.0), (1.0, 125.0)])
def test_they_vary_by_a_quarter(draw: float, seconds: float) -> None:
    assert Backoff(100.0, 100.0).pause(1, lambda: draw) == seconds

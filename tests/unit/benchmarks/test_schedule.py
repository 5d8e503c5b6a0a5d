import pytest

from benchmarks.schedule import arrivals, percentile


def test_a_schedule_is_the_same_for_the_same_seed_only() -> None:
    assert arrivals(40, 3.0, 4) == arrivals(40, 3.0, 4)
    assert arrivals(40, 3.0, 4) != arrivals(40, 3.0, 5)


def test_arrivals_rise_with_gaps_of_the_mean_and_none_over_three_times_it() -> None:
    times = arrivals(2000, 3.0, 4)
    gaps = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    assert min(gaps) > 0
    assert max(gaps) <= 9.0 + 1e-6
    assert sum(gaps) / len(gaps) == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 10), (0.95, 19), (0.96, 20), (1.0, 20)]
)
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(20, 0, -1)], share) == expected


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.95)

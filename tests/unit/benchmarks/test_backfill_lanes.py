from benchmarks.backfill_lanes import figures_of
from benchmarks.lanes import Phase


def test_the_ratio_is_of_the_95th_percentiles() -> None:
    phases = {
        "alone": Phase(60.0, (1.0, 2.0), 0.5, 0),
        "beside a backfill": Phase(60.0, (1.5, 2.5), 0.5, 120),
    }
    values = {figure.name: figure.value for figure in figures_of(phases)}
    assert values["live p95 beside a backfill ÷ alone"] == 1.25
    assert values["rows of a backfill beside live users"] == 2.0

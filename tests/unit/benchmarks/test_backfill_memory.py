import pytest

from benchmarks.backfill_memory import Run, figures_of


def test_growth_is_from_the_smallest_to_the_largest() -> None:
    small = Run(1_000, 10.0, {"API": 100, "command": 200}, kept=400.0)
    large = Run(100_000, 200.0, {"API": 105, "command": 220}, kept=350.0)
    figures = {figure.name: figure for figure in figures_of([small, Run(10_000), large])}
    api = figures["memory of the API of a backfill, 100,000 rows ÷ 1,000"]
    assert api.value == pytest.approx(1.05)
    assert api.reached
    assert figures["Redis for each of 100,000 rows of a backfill"].value == 350.0
    assert figures["rows of a backfill"].value == 500.0

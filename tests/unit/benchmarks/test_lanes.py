from benchmarks.lanes import Phase, figures_of


def test_the_lanes_ratio_is_of_the_95th_percentiles() -> None:
    phases = {
        "alone": Phase(60.0, (1.0, 2.0), 0.5, 0),
        "bulk alone": Phase(60.0, (), 0.0, 300),
        "with bulk": Phase(60.0, (1.5, 2.5), 0.5, 240),
    }
    values = {figure.name: figure.value for figure in figures_of(phases)}
    assert values["interactive p95 with bulk ÷ alone"] == 1.25
    assert values["bulk with interactive ÷ alone"] == 0.8

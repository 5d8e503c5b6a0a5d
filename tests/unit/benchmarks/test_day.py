from benchmarks.day import Pass


def test_shares_of_a_day_are_of_both_lanes() -> None:
    counters = {
        "ended:bulk:answered": 20,
        "ended:interactive:answered": 60,
        "ended:interactive:needs_human": 20,
        "shared:coalesced:bulk": 5,
        "shared:cached:interactive": 10,
        "shared:cached:bulk": 5,
    }
    day = Pass(50.0, ((0.0, 0), (50.0, 100)), counters)
    assert (day.rate, day.share("coalesced"), day.share("cached")) == (2.0, 5.0, 15.0)
    assert (day.status("answered"), day.status("needs_human")) == (80.0, 20.0)

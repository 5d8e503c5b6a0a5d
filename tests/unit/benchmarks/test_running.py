from benchmarks.running import ended
from workers.contracts.question import Lane


def test_ends_are_counted_by_lane() -> None:
    counters = {
        "ended:bulk:answered": 3,
        "ended:bulk:needs_human": 1,
        "ended:interactive:answered": 2,
        "taken_over": 7,
    }
    assert (ended(counters), ended(counters, Lane.BULK)) == (6, 4)

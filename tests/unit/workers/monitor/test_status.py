"""A drain's status, from its report and its figures."""

import pytest

from workers.contracts.drains import DrainReport
from workers.contracts.question import Lane, Outcome, Status, Usage
from workers.monitor.meters import Meters
from workers.monitor.status import drain_status, state


def report(**fields: object) -> DrainReport:
    return DrainReport.model_validate(
        {"worker": "w1", "at": 0, "model": "m", "slots": 16, "in_flight": 3} | fields
    )


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "draining"),
        ({"paused": True, "paused_since": 5.0}, "paused"),
        ({"paused": True}, "starting"),
        ({"paused": True, "paused_since": 5.0, "stopping": True}, "stopping"),
    ],
)
def test_its_state_in_one_word(fields: dict[str, object], word: str) -> None:
    assert state(report(**fields)) == word


def test_its_flights_by_lane_and_what_it_counted() -> None:
    meters = Meters()
    for size in (1, 3, 3, 12):
        meters.claimed({Lane.BULK: size})
    meters.generated(Lane.BULK, 2.0, Usage(prompt_tokens=100, cached_tokens=60))
    meters.ended(Lane.BULK, Outcome(status=Status.ANSWERED, text="Sim."), 3.0)
    meters.shared(Lane.BULK, "cached", 2)
    meters.shared(Lane.INTERACTIVE, "cached")
    meters.taken_over(4)
    flights = {"bulk": {"generating": 2, "slot": 0}, "interactive": {"settling": 1}}
    status = drain_status(report(flights=flights, paused=True, paused_since=0.0), meters.snapshot())
    assert status["in_flight"] == {"interactive": 1, "bulk": 2}
    assert status["stages"] == {"bulk": {"generating": 2}, "interactive": {"settling": 1}}
    assert status["claims"] == {
        "calls": 4,
        "questions": 19,
        "mean_size": 4.75,
        "sizes": {"up to 1": 1, "up to 4": 2, "up to 16": 1},
    }
    assert status["ended"] == {"answered": 1}
    assert status["shared"] == {"cached": 3}
    assert status["taken_over"] == 4
    assert status["cached_prompt_share"] == 0.6
    assert status["mean_seconds"]["generate"] == 2.0
    assert status["mean_seconds"]["settle"] is None
    assert status["paused_since"] == "1970-01-01T00:00:00+00:00"


def test_a_drain_of_another_version_has_the_status_that_it_reported() -> None:
    status = drain_status(report(), [])
    assert status["state"] == "draining"
    assert status["claims"]["mean_size"] is None
    assert status["tokens_per_second"] is None

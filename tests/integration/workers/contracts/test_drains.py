"""Reports of drains with their metrics."""

import json
import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.drains import DrainReport, announce, drain_metrics, live_drains, withdraw
from workers.contracts.metrics import Family
from workers.contracts.pauses import ALL, Pauses

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def report(worker: str, age: float = 0.0) -> DrainReport:
    return DrainReport(worker=worker, at=time.time() - age, model="m", slots=16, in_flight=3)


def test_drains_that_report_no_more_are_gone(bench: "Bench") -> None:
    bench.runner.run(announce(bench.connection, report("stale", age=60)))
    bench.runner.run(announce(bench.connection, report("alive")))
    assert [drain.worker for drain in live_drains(bench.redis)] == ["alive"]
    bench.runner.run(withdraw(bench.connection, "alive"))
    assert live_drains(bench.redis) == []


def test_reports_of_drains_long_gone_are_dropped(bench: "Bench") -> None:
    bench.runner.run(announce(bench.connection, report("old", age=3600)))
    bench.runner.run(announce(bench.connection, report("alive")))
    assert bench.redis.hkeys(keys.DRAINS) == ["alive"]


def family(value: float) -> Family:
    return Family(name="atende_drain_claims", kind="counter", samples=[("_total", {}, value)])


def test_figures_come_with_the_report_and_go_with_it(bench: "Bench") -> None:
    bench.runner.run(announce(bench.connection, report("a"), [family(3)]))
    bench.runner.run(announce(bench.connection, report("b")))
    drains = live_drains(bench.redis)
    assert drain_metrics(bench.redis, drains) == {"a": [family(3)], "b": []}
    bench.runner.run(withdraw(bench.connection, "a"))
    assert bench.redis.hkeys(keys.METERS) == ["b"]
    assert drain_metrics(bench.redis, []) == {}


def test_figures_of_drains_long_gone_are_dropped(bench: "Bench") -> None:
    bench.runner.run(announce(bench.connection, report("old", age=3600), [family(3)]))
    bench.runner.run(announce(bench.connection, report("alive")))
    assert bench.redis.hkeys(keys.METERS) == ["alive"]


def test_reports_of_other_versions_are_read_as_far_as_they_can_be(bench: "Bench") -> None:
    later = json.loads(report("later").model_dump_json()) | {"colour": "blue"}
    bench.redis.hset(keys.DRAINS, "later", json.dumps(later))
    bench.redis.hset(keys.DRAINS, "strange", '{"worker": "strange"}')
    bench.redis.hset(keys.DRAINS, "broken", "{")
    bench.runner.run(announce(bench.connection, report("alive")))
    assert {drain.worker for drain in live_drains(bench.redis)} == {"later", "alive"}


def test_a_drain_learns_of_pauses_when_it_reports(bench: "Bench") -> None:
    pauses = Pauses(bench.redis)
    assert bench.runner.run(announce(bench.connection, report("a"))) == {}
    assert pauses.pause()
    assert pauses.pause("drain@b")
    paused = bench.runner.run(announce(bench.connection, report("a")))
    assert paused == pauses.all()
    assert set(paused) == {ALL, "drain@b"}

"""API keys, reports of drains with their figures, and pauses."""

import json
import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.drains import DrainReport, announce, figures, live_drains, withdraw
from workers.contracts.metrics import Family
from workers.contracts.pauses import ALL, Pauses

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_a_key_lets_its_holder_in_and_is_nowhere_stored(bench: "Bench") -> None:
    access = ApiKeys(bench.redis)
    key = access.create("clinica-a", frozenset({Scope.ASK, Scope.INGEST}), "bot")
    found = access.find(key)
    assert found is not None
    assert (found.tenant, found.name, found.hint) == ("clinica-a", "bot", key[-4:])
    assert found.scopes == {Scope.ASK, Scope.INGEST}
    assert key.removeprefix("atd_") not in str(bench.redis.hgetall(keys.ACCESS))
    assert access.find(key + "x") is None
    assert access.find("") is None


def test_a_key_is_revoked_by_its_id(bench: "Bench") -> None:
    access = ApiKeys(bench.redis)
    first = access.create("a", frozenset({Scope.ASK}), "one")
    second = access.create("a", frozenset({Scope.ASK}), "two")
    by_name = {found.name: key_id for key_id, found in access.all().items()}
    assert access.revoke(by_name["one"])
    assert access.find(first) is None
    assert access.find(second) is not None
    assert not access.revoke(by_name["one"])


def test_a_short_id_revokes_nothing(bench: "Bench") -> None:
    access = ApiKeys(bench.redis)
    key = access.create("a", frozenset({Scope.ASK}), "one")
    (key_id,) = access.all()
    assert not access.revoke("")
    assert not access.revoke(key_id[:11])
    assert access.find(key) is not None


def report(worker: str, age: float = 0.0) -> DrainReport:
    return DrainReport(worker=worker, at=time.time() - age, model="m", slots=16, in_flight=3)


def test_drains_that_report_no_more_are_gone(bench: "Bench") -> None:
    bench.runner.run(announce(bench.connection, report("stale", age=60)))
    bench.runner.run(announce(bench.connection, report("alive")))
    assert [found.worker for found in live_drains(bench.redis)] == ["alive"]
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
    assert figures(bench.redis, drains) == {"a": [family(3)], "b": []}
    bench.runner.run(withdraw(bench.connection, "a"))
    assert bench.redis.hkeys(keys.METERS) == ["b"]
    assert figures(bench.redis, []) == {}


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
    assert {found.worker for found in live_drains(bench.redis)} == {"later", "alive"}


def test_a_drain_learns_of_pauses_when_it_reports(bench: "Bench") -> None:
    pauses = Pauses(bench.redis)
    assert bench.runner.run(announce(bench.connection, report("a"))) == {}
    assert pauses.pause()
    assert pauses.pause("drain@b")
    told = bench.runner.run(announce(bench.connection, report("a")))
    assert told == pauses.all()
    assert set(told) == {ALL, "drain@b"}


def test_a_pause_keeps_its_beginning_and_ends_alone(bench: "Bench") -> None:
    pauses = Pauses(bench.redis)
    pauses.pause()
    since = pauses.all()[ALL]
    assert not pauses.pause()
    assert pauses.all()[ALL] == since == pytest.approx(time.time(), abs=5)
    pauses.pause("drain@b")
    assert pauses.resume()
    assert not pauses.resume()
    assert list(pauses.all()) == ["drain@b"]

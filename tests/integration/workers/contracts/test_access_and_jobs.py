"""API keys, ingestion jobs and reports of drains."""

import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.access import AccessKeys, Scope
from workers.contracts.drains import DrainReport, announce, live_drains, withdraw
from workers.contracts.jobs import JobState, JobStore

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_a_key_lets_its_holder_in_and_is_nowhere_stored(bench: "Bench") -> None:
    access = AccessKeys(bench.redis)
    key = access.create("clinica-a", frozenset({Scope.ASK, Scope.INGEST}), "bot")
    found = access.find(key)
    assert found is not None
    assert (found.tenant, found.name, found.hint) == ("clinica-a", "bot", key[-4:])
    assert found.scopes == {Scope.ASK, Scope.INGEST}
    assert key.removeprefix("atd_") not in str(bench.redis.hgetall(keys.ACCESS))
    assert access.find(key + "x") is None
    assert access.find("") is None


def test_a_key_is_revoked_by_its_id(bench: "Bench") -> None:
    access = AccessKeys(bench.redis)
    first = access.create("a", frozenset({Scope.ASK}), "one")
    second = access.create("a", frozenset({Scope.ASK}), "two")
    by_name = {found.name: key_id for key_id, found in access.all().items()}
    assert access.revoke(by_name["one"])
    assert access.find(first) is None
    assert access.find(second) is not None
    assert not access.revoke(by_name["one"])


def test_a_short_id_revokes_nothing(bench: "Bench") -> None:
    access = AccessKeys(bench.redis)
    key = access.create("a", frozenset({Scope.ASK}), "one")
    (key_id,) = access.all()
    assert not access.revoke("")
    assert not access.revoke(key_id[:11])
    assert access.find(key) is not None


def test_a_job_s_way(bench: "Bench") -> None:
    jobs = JobStore(bench.redis)
    job = jobs.create("/srv/docs", "clinica-a")
    assert jobs.get(job.id) == job
    jobs.update(job.id, state=JobState.FAILED.value, error="pasta vazia")
    found = jobs.get(job.id)
    assert found is not None
    assert (found.state, found.error) == (JobState.FAILED, "pasta vazia")
    assert bench.redis.ttl(keys.job(job.id)) > 6 * 24 * 3600
    assert jobs.get("unknown") is None


def test_an_update_keeps_a_long_job_from_being_forgotten(bench: "Bench") -> None:
    jobs = JobStore(bench.redis)
    job = jobs.create("/srv/docs", "clinica-a")
    bench.redis.expire(keys.job(job.id), 5)
    jobs.update(job.id, progress="{}")
    assert bench.redis.ttl(keys.job(job.id)) > 6 * 24 * 3600


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

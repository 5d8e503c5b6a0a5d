"""The drains' families on one page: valid, whatever the versions that wrote them."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from api.drain_metrics import fleet, merged
from workers.contracts.drains import DrainReport
from workers.contracts.metrics import Family, pack, unpack
from workers.contracts.question import Lane, Outcome, Status, Usage
from workers.monitor.meters import Meters


class Fixed(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


def page(metrics: Sequence[Metric]) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Fixed(metrics))
    return generate_latest(registry).decode()


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return values(text)[name, frozenset(labels.items())]


def drained(questions: int) -> list[Family]:
    meters = Meters()
    meters.claimed({Lane.BULK: questions})
    for _ in range(questions):
        meters.waited(Lane.BULK, 3.0)
        meters.generated(Lane.BULK, 0.7, Usage(prompt_tokens=10, cached_tokens=5))
        meters.ended(Lane.BULK, Outcome(status=Status.ANSWERED, text="Sim."), 4.0)
    return unpack(pack(meters.snapshot()))


def test_each_workers_samples_stand_under_one_type_and_help() -> None:
    text = page(merged({"w1": drained(3), "w2": drained(5)}))
    for line in ("# TYPE", "# HELP"):
        heads = [row for row in text.splitlines() if row.startswith(line)]
        assert len(heads) == len(set(heads)) == len(drained(0))
    assert value(text, "atende_drain_claimed_total", lane="bulk", worker="w1") == 3
    assert value(text, "atende_drain_claimed_total", lane="bulk", worker="w2") == 5
    assert value(text, "atende_drain_cached_prompt_share", worker="w2") == 0.5


def test_histograms_have_their_buckets_sum_and_count() -> None:
    text = page(merged({"w1": drained(3)}))
    name, labels = "atende_drain_wait_seconds", {"lane": "bulk", "worker": "w1"}
    assert value(text, f"{name}_bucket", le="2.5", **labels) == 0
    assert value(text, f"{name}_bucket", le="5.0", **labels) == 3
    assert value(text, f"{name}_bucket", le="+Inf", **labels) == 3
    assert value(text, f"{name}_count", **labels) == 3
    assert value(text, f"{name}_sum", **labels) == 9
    assert "# TYPE atende_drain_wait_seconds histogram" in text
    assert "# TYPE atende_drain_claims_total counter" in text


def test_a_name_of_two_kinds_shows_the_first() -> None:
    def family(kind: str, suffix: str) -> Family:
        return Family.model_validate(
            {"name": "atende_drain_x", "kind": kind, "samples": [(suffix, {}, 1)]}
        )

    text = page(merged({"old": [family("gauge", "")], "new": [family("counter", "_total")]}))
    assert list(values(text)) == [("atende_drain_x", frozenset({("worker", "old")}))]


def test_a_family_that_a_report_has_twice_is_shown_once() -> None:
    twice: Mapping[str, list[Family]] = {"w1": drained(1) + drained(2)}
    text = page(merged(twice))
    rows = [row for row in text.splitlines() if not row.startswith("#")]
    assert len(rows) == len({row.rsplit(" ", 1)[0] for row in rows})


def test_no_report_can_break_out_of_its_label() -> None:
    worker = 'w"1\n# TYPE evil counter\\'
    text = page(merged({worker: drained(1)}))
    assert value(text, "atende_drain_claimed_total", lane="bulk", worker=worker) == 1


@pytest.mark.parametrize("count", [0, 2])
def test_the_fleet_in_sum(count: int) -> None:
    drains = [
        DrainReport(worker=f"w{n}", at=0, model="m", slots=16, in_flight=3, node=f"drain@{n}")
        for n in range(count)
    ]
    text = page(list(fleet(drains)))
    assert value(text, "atende_drains") == count
    assert value(text, "atende_slots") == 16 * count
    assert value(text, "atende_in_flight") == 3 * count
    if count:
        assert value(text, "atende_worker_slots", worker="w1", node="drain@1", model="m") == 16

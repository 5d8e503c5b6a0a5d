"""What each live drain reports of itself, as Prometheus metrics with a `worker` label."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.services import Services
from workers.contracts.drains import DrainReport, drain_metrics, live_drains
from workers.contracts.metrics import Family
from workers.contracts.pauses import ALL, Pauses


class DrainCollector(Collector):
    """The drains' metrics, read at each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """The fleet's totals, then every drain's own metrics."""
        drains = live_drains(self._services.redis)
        yield from fleet(drains)
        yield GaugeMetricFamily(
            "atende_paused",
            "1 while all drains shall claim nothing.",
            value=int(ALL in Pauses(self._services.redis).all()),
        )
        yield from merged(drain_metrics(self._services.redis, drains))


def fleet(drains: Sequence[DrainReport]) -> Iterator[Metric]:
    """Totals of all drains, and who they are."""
    yield GaugeMetricFamily("atende_drains", "Drains alive.", value=len(drains))
    yield GaugeMetricFamily(
        "atende_slots", "Questions that the drains can take.", value=sum(d.slots for d in drains)
    )
    yield GaugeMetricFamily(
        "atende_in_flight", "Questions in the drains.", value=sum(d.in_flight for d in drains)
    )
    yield GaugeMetricFamily(
        "atende_drafted_chunks",
        "Chunks that the drains alive drafted questions for.",
        value=sum(d.drafted for d in drains),
    )
    slots = GaugeMetricFamily(
        "atende_worker_slots",
        "Questions that a drain generates at the same time.",
        labels=["worker", "node", "model"],
    )
    for drain in drains:
        slots.add_metric([drain.worker, drain.node, drain.model], drain.slots)
    yield slots


def merged(by_worker: Mapping[str, Sequence[Family]]) -> list[Metric]:
    """One metric for each name, with every worker's samples.

    Where two versions of the code give one name two kinds, only the first is shown: a name of two
    kinds would make the whole page unreadable.
    """
    metrics: dict[str, Metric] = {}
    for worker, families in by_worker.items():
        by_name = {family.name: family for family in families}
        for name, family in by_name.items():
            metric = metrics.setdefault(name, Metric(name, family.help, family.kind))
            if metric.type == family.kind:
                for suffix, labels, value in family.valid_samples():
                    metric.add_sample(name + suffix, {**labels, "worker": worker}, value)
    return list(metrics.values())

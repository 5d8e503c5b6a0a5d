"""A drain's status in words and numbers, from its report and its figures."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from workers.contracts.drains import DrainReport
from workers.contracts.metrics import PREFIX, Family
from workers.contracts.question import Lane

State = Literal["draining", "paused", "stopping", "starting"]


def state(report: DrainReport) -> State:
    """In one word. `starting`: it does not know yet whether it may claim."""
    if report.stopping:
        return "stopping"
    if not report.paused:
        return "draining"
    return "starting" if report.paused_since is None else "paused"


def drain_status(report: DrainReport, families: Sequence[Family]) -> dict[str, Any]:
    """What `celery inspect drain` and `atende drain status --json` say of one drain.

    Counts begin at its start, rates are of the last minutes, times in seconds.
    """
    figures = _Figures(families)
    return {
        "worker": report.worker,
        "node": report.node,
        "state": state(report),
        "paused_since": _iso_time(report.paused_since),
        "model": report.model,
        "slots": report.slots,
        "in_flight": {lane.value: sum(report.flights.get(lane, {}).values()) for lane in Lane},
        "stages": {
            lane: {stage: count for stage, count in stages.items() if count}
            for lane, stages in report.flights.items()
        },
        "claims": {
            "calls": figures.count("claims", "_total"),
            "questions": figures.count("claimed", "_total"),
            "mean_size": figures.mean("claim_size"),
            "sizes": figures.buckets("claim_size"),
        },
        "ended": figures.by("ended", "status"),
        "shared": figures.by("shared", "how"),
        "taken_over": figures.count("taken_over", "_total"),
        "yielded": figures.count("yielded", "_total"),
        "tokens_per_second": figures.gauge("tokens_per_second"),
        "cached_prompt_share": figures.gauge("cached_prompt_share"),
        "mean_seconds": {
            "wait": figures.mean("wait_seconds"),
            "retrieve": figures.mean("retrieve_seconds"),
            "generate": figures.mean("generate_seconds"),
            "settle": figures.mean("settle_seconds"),
            "loop_lag": figures.mean("loop_lag_seconds"),
        },
    }


_DIGITS: Final = 3


class _Figures:
    """Sums over families; one may be missing, where another version wrote them."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._by_name = {family.name.removeprefix(PREFIX): family for family in families}

    def count(self, name: str, suffix: str) -> int:
        family = self._by_name.get(name)
        return int(family.total(suffix)) if family else 0

    def gauge(self, name: str) -> float | None:
        family = self._by_name.get(name)
        return family.total() if family and family.samples else None

    def mean(self, name: str) -> float | None:
        family = self._by_name.get(name)
        count = family.total("_count") if family else 0
        return round(family.total("_sum") / count, _DIGITS) if family and count else None

    def by(self, name: str, label: str) -> dict[str, int]:
        """Totals by one label, without those of zero."""
        totals: dict[str, int] = {}
        for suffix, labels, value in self._samples(name):
            if suffix == "_total" and value and label in labels:
                totals[labels[label]] = totals.get(labels[label], 0) + int(value)
        return totals

    def buckets(self, name: str) -> dict[str, int]:
        """Observations up to each bound and above the one before, without those of zero."""
        below, counts = 0.0, {}
        for suffix, labels, value in self._samples(name):
            if suffix == "_bucket" and "le" in labels:
                if value > below:
                    counts[_bound(labels["le"])] = int(value - below)
                below = value
        return counts

    def _samples(self, name: str) -> Sequence[tuple[str, dict[str, str], float]]:
        family = self._by_name.get(name)
        return family.samples if family else ()


def _bound(le: str) -> str:
    return "more" if le == "+Inf" else f"up to {le.removesuffix('.0')}"


def _iso_time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

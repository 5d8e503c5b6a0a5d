"""Metrics for Prometheus: the queue's and the drains' from Redis, HTTP's of this process alone.

A scrape costs a few round trips, whatever waits in the queue.
"""

import time
from collections.abc import Iterator
from typing import Final

from flask import Flask, Response, current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from api.auth import requires
from api.channel_metrics import ChannelCollector
from api.drain_metrics import DrainCollector
from api.problems import documented
from api.services import Services, current_services
from workers.contracts import logs
from workers.contracts.api_keys import Scope
from workers.contracts.inbound import EVENTS
from workers.contracts.question import Lane, Shared, Status

metrics = APIBlueprint(
    "metrics",
    __name__,
    abp_tags=[Tag(name="operation")],
    abp_responses=documented(401, 403, 500, 503),
)

_HTTP: Final = "atende_http"
#: Upper bounds of the buckets, in seconds; the last ones are long polls.
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
#: First part of a counter's name in Redis -> what it counts, and what its other parts are.
_COUNTERS: Final = {
    "accepted": ("Questions accepted.", ["lane"]),
    "ended": ("Questions ended.", ["lane", "status"]),
    "delivery": ("Delivery attempts by what came of them.", ["result"]),
    "tokens": ("Tokens of the model.", ["kind"]),
    "shared": ("Questions answered with an identical question's answer.", ["how", "lane"]),
    "posts": ("Posts of channels that were stored.", ["channel"]),
    "channel_events": ("What posts told, by kind; `bad` could not be read.", ["kind"]),
    "sends": ("Messages of channels by what became of their requests.", ["result"]),
    "statuses": ("Statuses of messages by what they said.", ["result"]),
    "errands": (
        "Errands in mailboxes by kind, once done; `given_up`, `late`: done after the lease.",
        ["result"],
    ),
    "taken_over": ("Claims taken over from workers that stopped renewing them.", []),
}
#: Counted from zero, before they first happen: no alert sees a series that begins at 1 increase.
_FROM_ZERO: Final = (
    *(f"accepted:{lane}" for lane in Lane),
    *(f"ended:{lane}:{status}" for lane in Lane for status in Status if status.ended),
    *(f"shared:{how}:{lane}" for how in Shared for lane in Lane),
    *(f"tokens:{kind}" for kind in ("prompt", "completion", "cached")),
    "posts:whatsapp",
    "posts:email",
    "errands:given_up",
    *(f"channel_events:{kind}" for kind in EVENTS),
    *(f"sends:{result}" for result in ("accepted", "ambiguous", "failed", "resent", "twice")),
    "taken_over",
)


class QueueCollector(Collector):
    """The queue's metrics, read at each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Counters that the scripts keep, and what is in the queue now."""
        yield from self._counters()
        yield from self._gauges()

    def _counters(self) -> Iterator[Metric]:
        families = {
            name: CounterMetricFamily(f"atende_{name}", text, labels=labels)
            for name, (text, labels) in _COUNTERS.items()
        }
        other = CounterMetricFamily("atende_events", "Other counted events.", labels=["name"])
        counts = dict.fromkeys(_FROM_ZERO, 0) | dict(self._services.questions.counters())
        for name, value in counts.items():
            kind, *labels = name.split(":")
            if kind in families and len(labels) == len(_COUNTERS[kind][1]):
                families[kind].add_metric(labels, value)
            else:
                other.add_metric([name], value)
        yield from (*families.values(), other)

    def _gauges(self) -> Iterator[Metric]:
        services = self._services
        waiting = GaugeMetricFamily(
            "atende_lane_questions", "Questions that have not ended.", labels=["lane"]
        )
        oldest = GaugeMetricFamily(
            "atende_lane_oldest_seconds", "Age of the oldest question.", labels=["lane"]
        )
        for lane, count in services.questions.waiting().items():
            waiting.add_metric([lane], count)
            oldest.add_metric([lane], services.questions.oldest(Lane(lane)) or 0.0)
        deliveries = GaugeMetricFamily(
            "atende_deliveries", "Deliveries pending and given up.", labels=["state"]
        )
        for state, count in services.outbox.sizes().items():
            deliveries.add_metric([state], count)
        yield from (waiting, oldest, deliveries)
        yield GaugeMetricFamily(
            "atende_jobs",
            "Uploads and other jobs in line or at work.",
            value=services.jobs.waiting(),
        )
        yield GaugeMetricFamily(
            "atende_inbound_posts", "Posts to be read.", value=services.inbound.waiting()
        )
        yield GaugeMetricFamily(
            "atende_inbound_oldest_seconds",
            "Age of the oldest post to be read.",
            value=services.inbound.oldest(),
        )


@metrics.get(
    "/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
@requires(Scope.ADMIN)
def show() -> Response:
    """All figures in Prometheus' text format. Totals of all tenants: no tenant is named."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(QueueCollector(current_services()))
    registry.register(DrainCollector(current_services()))
    registry.register(ChannelCollector(current_services()))
    http: CollectorRegistry = current_app.extensions[_HTTP]
    return Response(
        generate_latest(registry) + generate_latest(http), content_type=CONTENT_TYPE_LATEST
    )


def observe(app: Flask, *, access_log: bool) -> None:
    """Count and log every request of `app`: its route and status, never its query or body."""
    registry = CollectorRegistry()
    app.extensions[_HTTP] = registry
    histogram = Histogram(
        "atende_http_request_seconds",
        "HTTP requests of this process.",
        ["method", "route", "status"],
        registry=registry,
        buckets=_BUCKETS,
    )
    log = logs.logger("api")

    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.url_rule else "any"
        histogram.labels(method, route, str(response.status_code)).observe(seconds)
        if access_log:
            log.info(
                "request",
                method=method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                request_id=g.request_id,
                tenant=g.access.tenant if "access" in g else None,
            )
        return response

    app.after_request(finish)

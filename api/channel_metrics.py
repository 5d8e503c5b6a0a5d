"""What the channels send, for Prometheus: which of them are paused, and what was billed."""

import time
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.services import Services
from workers.contracts.send import month


class ChannelCollector(Collector):
    """The channels' metrics, read at each scrape. A channel's name names no patient."""

    def __init__(self, services: Services) -> None:
        self._sends = services.sends

    def collect(self) -> Iterator[Metric]:
        """Paused channels, and this month's billed messages."""
        paused = GaugeMetricFamily(
            "atende_channel_paused",
            "1 while nothing is sent through a channel, until it is repaired.",
            labels=["channel", "code"],
        )
        for channel, pause in self._sends.paused_channels().items():
            paused.add_metric([channel, str(pause.code)], 1)
        billed = GaugeMetricFamily(
            "atende_billed_messages",
            "Messages of this month that were billed, in UTC.",
            labels=["channel", "category"],
        )
        for (channel, category), count in self._sends.billed(month(time.time())).items():
            billed.add_metric([channel, category], count)
        yield from (paused, billed)

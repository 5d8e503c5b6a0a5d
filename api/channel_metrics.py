"""The channels, for Prometheus: what is paused, what was billed, how the mailboxes fare."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.services import Services
from workers.contracts.errors import RecordError
from workers.contracts.send import month


class ChannelCollector(Collector):
    """The channels' metrics, read at each scrape. A channel's name names no patient."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sends = services.sends

    def collect(self) -> Iterator[Metric]:
        """Paused channels, this month's billed messages, and the mailboxes."""
        yield from self._sending()
        yield from self._mailboxes()

    def _sending(self) -> Iterator[Metric]:
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

    def _mailboxes(self) -> Iterator[Metric]:
        """Of each channel whose mailbox is read: one that nobody ever read is infinitely old."""
        faults = GaugeMetricFamily(
            "atende_mailbox_fault",
            "1 while something is wrong with a mailbox; `atende channels list` says what.",
            labels=["channel"],
        )
        looks = GaugeMetricFamily(
            "atende_mailbox_looked_seconds",
            "Time since a mailbox was looked through last.",
            labels=["channel"],
        )
        errands = GaugeMetricFamily(
            "atende_mailbox_errands",
            "What is to be done in a mailbox, and what was given up in the last week.",
            labels=["channel", "state"],
        )
        store, now = self._services.mailboxes, time.time()
        for name in (each.name for each in self._services.channels.email() if each.imap_host):
            with suppress(RecordError):  # of another version: its own API shows it
                health = store.health(name)
                faults.add_metric([name], bool(health.fault))
                looked_at = health.looked_at
                looks.add_metric([name], max(0.0, now - looked_at) if looked_at else math.inf)
            errands.add_metric([name, "waiting"], self._services.errands.waiting(name))
            errands.add_metric([name, "given_up"], self._services.errands.given_up(name))
        yield from (faults, looks, errands)

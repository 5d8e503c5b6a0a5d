"""How many callbacks one host gets at the same time, so that a dead one leaves room for others."""

import threading
from dataclasses import dataclass
from datetime import timedelta

#: Bounds of the time after which a delivery whose host was busy comes back.
_SOONEST_SECONDS, _LATEST_SECONDS = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Busy:
    """The host has all the callbacks that it may have; nothing was sent."""

    retry_in: timedelta


@dataclass(slots=True)
class _Host:
    running: int = 0
    turned_away: int = 0  # and not let in since
    seconds: float = 0.0  # that the last delivery took


class Hosts:
    """Deliveries in flight by host, in this process.

    A delivery whose host is full is told when to come back: the more wait and the slower the host,
    the later. A fast host is hardly throttled, and those that wait for a dead one come back once a
    minute instead of in a busy loop.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def enter(self, name: str) -> Busy | None:
        """Take a place at the host; `Busy` where there is none."""
        with self._lock:
            host = self._hosts.setdefault(name, _Host())
            if host.running < self._most:
                host.running += 1
                return None
            host.turned_away += 1
            wait = host.turned_away * host.seconds / self._most
            return Busy(timedelta(seconds=min(max(wait, _SOONEST_SECONDS), _LATEST_SECONDS)))

    def leave(self, name: str, seconds: float) -> None:
        """Give the place back after a delivery that took `seconds`."""
        with self._lock:
            host = self._hosts[name]
            host.running -= 1
            host.turned_away = max(0, host.turned_away - 1)
            host.seconds = seconds
            if not host.running:
                del self._hosts[name]

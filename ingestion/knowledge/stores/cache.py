"""Values by tenant that are read often and change rarely."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TenantCache(Generic[T]):
    """Keeps each tenant's value for a while. A reader never waits for a writer.

    Args:
        read: reads a tenant's value where it is stored.
        seconds: how long a value may be kept here.
        clock: monotonic seconds.
    """

    def __init__(
        self, read: Callable[[str], T], seconds: float, clock: Callable[[], float]
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[float, T]] = {}
        self._changes = 0

    def get(self, tenant: str) -> T:
        """The value, at most `seconds` old."""
        entry = self._values.get(tenant)
        if entry is not None and self._clock() - entry[0] <= self._seconds:
            return entry[1]
        changes, now = self._changes, self._clock()
        value = self._read(tenant)
        with self._lock:
            if changes == self._changes:  # else it may be the value before the change
                self._values[tenant] = (now, value)
        return value

    def forget(self, tenant: str) -> None:
        """Called once a value was changed: the next `get` reads it."""
        with self._lock:
            self._changes += 1
            self._values.pop(tenant, None)

"""What of each tenant is out of force today: worked out once for a version and a day."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.in_force import OutOfForce, out_of_force

#: Where reading the records takes longer than this (seconds), they are read again for a twentieth
#: of the time at most: during an ingestion they change all the time, and there may be thousands.
_QUICK: Final = 0.05
_REST: Final = 20


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is out of force, of which version on which day, until when (clock seconds) at least."""

    version: str
    day: date
    value: OutOfForce
    due_at: float


class Lapses:
    """Keeps what is out of force for each tenant.

    Args:
        read: a tenant's documents, also those that are not complete yet.
        version: of a tenant's documents as they are stored.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        read: Callable[[str], Iterable[IndexedDocument]],
        version: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._read = read
        self._version = version
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._changes = 0

    def of(self, tenant: str, day: date) -> OutOfForce:
        """What is out of force on this day."""
        version = self._version(tenant)  # before the documents: a change since is noticed again
        entry, now = self._entries.get(tenant), self._clock()
        if entry and entry.day == day and (entry.version == version or now < entry.due_at):
            return entry.value
        changes = self._changes
        value = out_of_force(self._read(tenant), day)
        seconds = self._clock() - now
        rest = _REST * seconds if seconds > _QUICK else 0.0
        with self._lock:
            if changes == self._changes:  # else it may be of before the change
                self._entries[tenant] = _Entry(version, day, value, now + seconds + rest)
        return value

    def forget(self, tenant: str) -> None:
        """Called once something was changed that must be seen at once."""
        with self._lock:
            self._changes += 1
            self._entries.pop(tenant, None)

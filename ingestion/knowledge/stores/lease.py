"""Leases: who may change a tenant's documents, where several processes share a Qdrant server.

A lease is a point of the collection. Its holder raises its `beat` again and again; a lease whose
beat stands still for `STALE_SECONDS` is a dead process's, and is taken over. The one who waits
measures that by its own clock: the machines' clocks need not agree.

An ingestion writes its tenant's lease and then looks for a rebuild's; a rebuild writes its own and
then looks for all others: of two that begin at once, at least one sees the other.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import psutil

from ingestion.knowledge.errors import BusyError, KnowledgeError

#: Seconds between two beats.
BEAT_SECONDS = 4.0

#: Seconds without a beat after which a lease has no holder any more.
STALE_SECONDS = 20.0

#: Seconds between two readings of a lease that another process holds.
FREE_LEASE_SECONDS = 0.5

Note = Mapping[str, Any]


class Notes(Protocol):
    """Leases as a store keeps them, by id."""

    def read(self, key: str) -> Note | None:
        """The lease, if there is one."""
        ...

    def write(self, key: str, note: Note, owner: str) -> None:
        """Write a lease where there is none, or where `owner` holds it; else nothing happens."""
        ...

    def erase(self, key: str, owner: str) -> None:
        """Remove a lease that `owner` holds."""
        ...


@dataclass(slots=True)
class Lease:
    """One lease, as its holder sees it.

    Attributes:
        notes: where leases are.
        key: the lease's id.
        what: what it is about, for messages.
        brief: whether it is held for a moment only.
        owner: an id of this holding alone.
        beats: how often it was renewed.
        confirmed_at: when it was last renewed, by the monotonic clock; 0 before.
        ended: set when it is given back.
    """

    notes: Notes
    key: str
    what: str
    brief: bool = False
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    beats: int = 0
    confirmed_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Call this before each write.

        Raises:
            BusyError: the lease was not renewed in time, and may be another's by now.
        """
        seconds = STALE_SECONDS - BEAT_SECONDS
        if time.monotonic() - self.confirmed_at > seconds:
            raise BusyError(
                f"This process lost its right to change {self.what}: it or the Qdrant server "
                f"stood still for {seconds:.0f} s. What was written is kept; run it again."
            )

    def beat(self) -> None:
        """Show that the holder lives; another process's lease stays as it is."""
        now = time.monotonic()
        self.beats += 1
        note = {
            "what": self.what,
            "brief": self.brief,
            "owner": self.owner,
            "beat": self.beats,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": psutil.Process().create_time(),
        }
        self.notes.write(self.key, note, self.owner)
        written = self.notes.read(self.key)
        if written is not None and written["owner"] == self.owner:
            self.confirmed_at = now

    def keep_beating(self) -> None:
        """Beat until `ended` is set; for a thread of its own."""
        while not self.ended.wait(BEAT_SECONDS):
            try:
                self.beat()
            except KnowledgeError:
                continue  # `check` notices if it lasts


@contextmanager
def hold(notes: Notes, key: str, what: str, *, brief: bool = False) -> Iterator[Lease]:
    """While it lasts, this process alone holds a lease.

    Args:
        notes: where leases are.
        key: the lease's id.
        what: what it is about, for the message: `the documents of clinica`.
        brief: whether it is held for a moment only; others wait for that.

    Raises:
        BusyError: another process holds it, and lives.
    """
    lease = Lease(notes, key, what, brief)
    while not lease.confirmed_at:
        wait_until_free(notes, key, what)
        lease.beat()
    keeper = threading.Thread(target=lease.keep_beating, name="atende-lease", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        lease.ended.set()
        keeper.join()
        notes.erase(key, lease.owner)


def wait_until_free(notes: Notes, key: str, what: str) -> None:
    """Return when nobody holds a lease; a dead process's lease is erased.

    Raises:
        BusyError: its holder lives.
    """
    first = notes.read(key)
    started = time.monotonic()
    while first is not None:
        latest = notes.read(key)
        if latest is None:
            return
        if latest.get("brief") and time.monotonic() - started <= STALE_SECONDS:
            time.sleep(FREE_LEASE_SECONDS)
            continue
        beats = [(note["owner"], note["beat"]) for note in (first, latest)]
        if _lives_here(first) or beats[0] != beats[1]:
            raise BusyError(
                f"Another process changes {what} (process {latest['pid']} on {latest['host']}). "
                f"Nothing was changed. Wait until it is done, then run this again."
            )
        if _died_here(first) or time.monotonic() - started > STALE_SECONDS:
            notes.erase(key, first["owner"])
            return
        time.sleep(FREE_LEASE_SECONDS)


def _lives_here(note: Note) -> bool:
    return _is_of_this_host(note) and _runs(note)


def _died_here(note: Note) -> bool:
    return _is_of_this_host(note) and not _runs(note)


def _is_of_this_host(note: Note) -> bool:
    return bool(note["host"] == socket.gethostname())


def _runs(note: Note) -> bool:
    """Whether the process that wrote it runs: its number alone may be another process's by now."""
    try:
        return bool(psutil.Process(note["pid"]).create_time() == note["started"])
    except psutil.NoSuchProcess:
        return False

"""Who changes a tenant's documents, where several processes share a Qdrant server.

A lease is a point of the collection. Whoever holds it raises its `beat` again and again; one whose
beat stands still for `STALE` seconds is a dead process's, and is taken over. That is measured by
the clock of the one who waits: the machines' clocks need not agree.

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
BEAT = 4.0

#: Seconds without a beat after which a lease is nobody's.
STALE = 20.0

#: Seconds between two looks at another's lease.
LOOK = 0.5

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
    """One lease, as its holder sees it."""

    notes: Notes
    key: str
    what: str
    brief: bool = False
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    beats: int = 0
    seen: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """To be called before each write.

        Raises:
            BusyError: the lease was not renewed in time, and may be another's by now.
        """
        if time.monotonic() - self.seen > STALE - BEAT:
            raise BusyError(
                f"This process lost its right to change {self.what}: it or the Qdrant server "
                f"stood still for {STALE - BEAT:.0f} s. What was written is kept; run it again."
            )

    def beat(self) -> None:
        """Say that the holder lives; another's lease stays as it is."""
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
            self.seen = now

    def keep(self) -> None:
        """Beat until it ended; for a thread of its own."""
        while not self.ended.wait(BEAT):
            try:
                self.beat()
            except KnowledgeError:
                continue  # `check` notices where it lasts


@contextmanager
def held(notes: Notes, key: str, what: str, *, brief: bool = False) -> Iterator[Lease]:
    """While it lasts, this process alone holds a lease.

    Args:
        notes: where leases are.
        key: the lease's id.
        what: what it is about, for the message: `the documents of clinica`.
        brief: it is held for a moment alone; others wait for that.

    Raises:
        BusyError: another process holds it, and lives.
    """
    lease = Lease(notes, key, what, brief)
    while not lease.seen:
        wait_until_free(notes, key, what)
        lease.beat()
    keeper = threading.Thread(target=lease.keep, name="atende-lease", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        lease.ended.set()
        keeper.join()
        notes.erase(key, lease.owner)


def wait_until_free(notes: Notes, key: str, what: str) -> None:
    """Return when nobody holds a lease, or a dead process does, whose lease is then gone.

    Raises:
        BusyError: its holder lives.
    """
    first = notes.read(key)
    since = time.monotonic()
    while first is not None:
        now = notes.read(key)
        if now is None:
            return
        if now.get("brief") and time.monotonic() - since <= STALE:
            time.sleep(LOOK)
            continue
        if _lives_here(first) or (now["owner"], now["beat"]) != (first["owner"], first["beat"]):
            raise BusyError(
                f"Another process changes {what} (process {now['pid']} on {now['host']}). "
                f"Nothing was changed. Wait until it is done, then run this again."
            )
        if _died_here(first) or time.monotonic() - since > STALE:
            notes.erase(key, first["owner"])
            return
        time.sleep(LOOK)


def _lives_here(note: Note) -> bool:
    return _is_here(note) and _process_of(note)


def _died_here(note: Note) -> bool:
    return _is_here(note) and not _process_of(note)


def _is_here(note: Note) -> bool:
    return bool(note["host"] == socket.gethostname())


def _process_of(note: Note) -> bool:
    """Whether the process that wrote it runs: the number alone may be another's by now."""
    try:
        return bool(psutil.Process(note["pid"]).create_time() == note["started"])
    except psutil.NoSuchProcess:
        return False

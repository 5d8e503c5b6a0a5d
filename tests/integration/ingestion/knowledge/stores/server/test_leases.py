"""Two processes on one server: who changes a tenant's documents, and who waits or is told."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from qdrant_client import QdrantClient

from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.errors import BusyError
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.stores import lease
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.ids import lease_id
from ingestion.knowledge.stores.lease import Lease
from ingestion.knowledge.stores.server.collections import ServerCollections
from ingestion.knowledge.stores.server.leases import LeasePoints
from ingestion.knowledge.stores.server.store import ServerStore

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

MADE = Maker(embedding="none", dimensions=3)


@pytest.fixture
def stores() -> Iterator[tuple[ServerStore, ServerStore]]:
    """Two stores over one collection, as two processes have them."""
    client = QdrantClient(":memory:")
    collections = ServerCollections(client)
    name, store = collections.create(MADE)
    collections.promote(name, MADE)
    yield store, collections.open(name)
    client.close()


@pytest.fixture
def notes(stores: tuple[ServerStore, ServerStore]) -> LeasePoints:
    return stores[0]._notes  # noqa: SLF001 - to write what another machine would


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become tenths."""
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(lease, "STALE_SECONDS", 0.6)
    monkeypatch.setattr(lease, "FREE_LEASE_SECONDS", 0.05)


def note_of(owner: str, beat: int, host: str, pid: int = 1) -> dict[str, object]:
    return {"owner": owner, "beat": beat, "host": host, "pid": pid, "started": 1.0}


def test_a_second_process_is_told_who_writes(stores: tuple[ServerStore, ServerStore]) -> None:
    first, second = stores
    with first.exclusive("a"), first.exclusive("a"):
        with pytest.raises(BusyError, match=r"the documents of a .* Nothing was changed"):
            second.exclusive("a").__enter__()
        with second.exclusive("b"):
            pass
    with second.exclusive("a"):
        pass


def test_a_rebuild_and_an_ingestion_keep_each_other_off(
    stores: tuple[ServerStore, ServerStore], embedder: Embedder, notes: LeasePoints
) -> None:
    first, second = stores
    with first.alone(), pytest.raises(BusyError, match="rebuild"):
        second.exclusive("a").__enter__()
    with first.exclusive("a"):  # a tenant without documents: its lease alone tells of it
        with pytest.raises(BusyError, match="documents of a"):
            second.alone().__enter__()
        with pytest.raises(BusyError):
            open_store(ServerCollections(notes.client), embedder, rebuild=True)
    with second.alone():
        pass


@pytest.mark.usefixtures("quick")
def test_a_lease_whose_beat_stands_still_is_taken_over(
    stores: tuple[ServerStore, ServerStore], notes: LeasePoints
) -> None:
    notes.write(lease_id("a"), note_of("gone", 7, "elsewhere"), "gone")
    started = time.monotonic()
    with stores[0].exclusive("a"):
        assert time.monotonic() - started > 0.5
    assert notes.read(lease_id("a")) is None


def test_a_dead_process_of_this_machine_is_not_waited_for(
    stores: tuple[ServerStore, ServerStore], notes: LeasePoints
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    notes.write(lease_id("a"), note_of("gone", 7, socket.gethostname(), dead.pid), "gone")
    started = time.monotonic()
    with stores[0].exclusive("a"):
        assert time.monotonic() - started < 2


@pytest.mark.usefixtures("quick")
def test_a_lease_that_beats_is_another_machines(
    stores: tuple[ServerStore, ServerStore], notes: LeasePoints
) -> None:
    def beat() -> None:
        for number in range(20):
            notes.write(lease_id("a"), note_of("far", number, "elsewhere"), "far")
            time.sleep(0.1)

    thread = threading.Thread(target=beat)
    thread.start()
    time.sleep(0.15)
    with pytest.raises(BusyError, match="on elsewhere"):
        stores[0].exclusive("a").__enter__()
    thread.join()


@pytest.mark.usefixtures("quick")
def test_who_lost_its_lease_writes_no_more(notes: LeasePoints) -> None:
    mine = Lease(notes, lease_id("a"), "the documents of a")
    mine.beat()
    mine.check()
    notes.erase(mine.key, mine.owner)
    notes.write(mine.key, note_of("other", 1, "elsewhere"), "other")
    time.sleep(0.6)
    mine.beat()
    with pytest.raises(BusyError, match="lost its right"):
        mine.check()
    assert (notes.read(mine.key) or {})["owner"] == "other"


def test_without_its_lease_a_store_begins_and_removes_nothing(
    stores: tuple[ServerStore, ServerStore],
) -> None:
    first, second = stores
    document = IndexedDocument(
        name="a.md",
        digest="00",
        recipe="1",
        origin="/docs",
        title="",
        pages=None,
        chunks=0,
        indexed_at=datetime.now(UTC),
    )
    second.complete("a", document, frozenset())
    with first.exclusive("a"):
        first._leases["a"].confirmed_at = -100.0  # noqa: SLF001 - it stood still for long
        with pytest.raises(BusyError, match="lost its right"):
            first.begin("a", document)
        with pytest.raises(BusyError, match="lost its right"):
            first.delete("a", "a.md")
    assert second.records("a") == [document]


@pytest.mark.usefixtures("quick")
def test_who_holds_it_for_a_moment_is_waited_for(stores: tuple[ServerStore, ServerStore]) -> None:
    first, second = stores
    drafts, ends = threading.Event(), threading.Event()

    def draft() -> None:
        with first.exclusive("a", wait=False):
            drafts.set()
            ends.wait(20)

    drafting = threading.Thread(target=draft)
    drafting.start()
    assert drafts.wait(20)
    threading.Timer(0.2, ends.set).start()
    with second.exclusive("a"):
        assert ends.is_set()
    drafting.join()


@pytest.mark.usefixtures("quick")
def test_a_moment_that_does_not_end_is_told(stores: tuple[ServerStore, ServerStore]) -> None:
    first, second = stores
    with first.exclusive("a", wait=False), pytest.raises(BusyError, match="documents of a"):
        second.exclusive("a").__enter__()

"""No error of the Qdrant client leaves the server's store: all become ours."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module

import numpy as np
import pytest
import qdrant_client
from qdrant_client import QdrantClient

from ingestion.errors import IngestionError
from ingestion.knowledge.errors import StoreUnreachableError
from ingestion.knowledge.stores.collection import Collections, Maker
from ingestion.knowledge.stores.lease import Notes
from ingestion.knowledge.stores.points import Point, Points, Where
from ingestion.knowledge.stores.query import Query
from ingestion.knowledge.stores.server.collections import ServerCollections
from ingestion.knowledge.stores.server.errors import translate_errors
from ingestion.knowledge.stores.server.leases import LeasePoints
from ingestion.knowledge.stores.server.store import ServerStore

MAKER = Maker(embedding="none", dimensions=3)
KEY = "00000000-0000-0000-0000-000000000001"
QUERY = Query("a", "jejum", "jejum", np.zeros(3, np.float32))

#: Nobody listens there.
CLIENT = QdrantClient(url="http://127.0.0.1:9", check_compatibility=False)
STORE = ServerStore(CLIENT, "atende-2-none-0", MAKER, lambda: None)
COLLECTIONS = ServerCollections(CLIENT)
LEASES = LeasePoints(CLIENT, "atende-2-none-0")

POINT_CALLS: dict[str, Callable[[], object]] = {
    "candidates": lambda: STORE.candidates([QUERY]),
    "payloads": lambda: STORE.payloads([KEY]),
    "_vectors": lambda: STORE._vectors([KEY]),  # noqa: SLF001 - each primitive by itself
    "_scroll": lambda: list(STORE._scroll(Where("a"))),  # noqa: SLF001 - likewise
    "_upsert": lambda: STORE._upsert([Point(KEY, {})]),  # noqa: SLF001 - likewise
    "_remove": lambda: STORE._remove([KEY]),  # noqa: SLF001 - likewise
}
COLLECTION_CALLS: dict[str, Callable[[], object]] = {
    "current": COLLECTIONS.current,
    "create": lambda: COLLECTIONS.create(MAKER),
    "unfinished": lambda: COLLECTIONS.unfinished(MAKER),
    "open": lambda: COLLECTIONS.open("atende-2-none-0"),
    "promote": lambda: COLLECTIONS.promote("atende-2-none-0", MAKER),
}
LEASE_CALLS: dict[str, Callable[[], object]] = {
    "read": lambda: LEASES.read(KEY),
    "write": lambda: LEASES.write(KEY, {}, "me"),
    "erase": lambda: LEASES.erase(KEY, "me"),
}
CALLS = [*POINT_CALLS.items(), *COLLECTION_CALLS.items(), *LEASE_CALLS.items()]


def errors_of_the_client() -> Iterator[type[Exception]]:
    """Every exception that the client's package defines."""
    for module in pkgutil.walk_packages(qdrant_client.__path__, "qdrant_client."):
        for each in vars(import_module(module.name)).values():
            is_error = inspect.isclass(each) and issubclass(each, Exception)
            if is_error and each.__module__.startswith("qdrant_client"):
                yield each


@pytest.mark.parametrize(
    "kind", sorted(set(errors_of_the_client()), key=str), ids=lambda kind: kind.__name__
)
def test_every_error_of_the_client_is_one_of_ours(kind: type[Exception]) -> None:
    bare = {"__init__": lambda _: None, "__str__": lambda _: "away"}  # each takes what it likes
    error: Exception = type(kind.__name__, (kind,), bare)()
    with (
        pytest.raises(StoreUnreachableError, match="ATENDE_QDRANT_URL") as caught,
        translate_errors(),
    ):
        raise error
    assert caught.value.__cause__ is error
    assert isinstance(caught.value, IngestionError)


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[name for name, _ in CALLS])
def test_every_call_of_a_server_that_is_away_says_so(name: str, call: Callable[[], object]) -> None:
    with pytest.raises(StoreUnreachableError, match="ATENDE_QDRANT_URL"):
        call()
    assert name


def test_no_call_is_left_out() -> None:
    assert {*POINT_CALLS, "close"} == {
        name for name in Points.__abstractmethods__ if name not in {"tidy", "size"}
    }
    for protocol, calls in ((Collections, COLLECTION_CALLS), (Notes, LEASE_CALLS)):
        public = {name for name in vars(protocol) if not name.startswith("_")}
        assert public - {"close"} == set(calls)

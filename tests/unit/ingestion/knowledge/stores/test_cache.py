"""Values that are read often: kept for a while, and never older than a change."""

import threading

from ingestion.knowledge.stores.cache import TenantCache


class Shelf:
    """A value by tenant that counts how often it is read."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.reads = 0
        self.value = "a"
        self.cache = TenantCache(self.read, seconds, lambda: self.now)

    def read(self, tenant: str) -> str:
        self.reads += 1
        return f"{tenant}:{self.value}"


def test_a_value_is_read_once_while_it_is_young() -> None:
    shelf = Shelf(1.0)
    assert [shelf.cache.get("x"), shelf.cache.get("x")] == ["x:a"] * 2
    assert shelf.cache.get("y") == "y:a"
    assert shelf.reads == 2
    shelf.now, shelf.value = 1.1, "b"
    assert shelf.cache.get("x") == "x:b"


def test_a_value_that_nobody_else_changes_is_kept_for_ever() -> None:
    shelf = Shelf(float("inf"))
    shelf.cache.get("x")
    shelf.now, shelf.value = 1e9, "b"
    assert shelf.cache.get("x") == "x:a"
    shelf.cache.forget("x")
    assert shelf.cache.get("x") == "x:b"


def test_what_was_read_before_a_change_is_not_kept() -> None:
    shelf = Shelf(float("inf"))
    begun, changed = threading.Event(), threading.Event()

    def slow(tenant: str) -> str:
        value = shelf.read(tenant)
        begun.set()
        assert changed.wait(10)
        return value

    cache = TenantCache(slow, float("inf"), lambda: 0.0)
    reader = threading.Thread(target=cache.get, args=("x",))
    reader.start()
    assert begun.wait(10)
    shelf.value = "b"
    cache.forget("x")
    changed.set()
    reader.join()
    assert cache.get("x") == "x:b"

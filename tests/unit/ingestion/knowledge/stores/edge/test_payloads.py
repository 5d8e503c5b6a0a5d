"""Payloads are read once, and never older than a change."""

import threading
from collections.abc import Sequence

from ingestion.knowledge.stores.edge.payloads import KeptPayloads
from ingestion.knowledge.stores.payload import Payload


class Shelf:
    """A store of payloads that notes what is read of it."""

    def __init__(self, **texts: str) -> None:
        self.texts = dict(texts)
        self.read_ids: list[str] = []

    def read(self, ids: Sequence[str]) -> dict[str, Payload]:
        self.read_ids += ids
        return {key: {"text": self.texts[key]} for key in ids if key in self.texts}


def test_what_was_read_is_not_read_again_and_an_unknown_id_is_left_out() -> None:
    shelf = Shelf(a="um", b="dois")
    kept = KeptPayloads(shelf.read)
    assert kept.get(["a", "x"]) == {"a": {"text": "um"}}
    assert kept.get(["a", "b"]) == {"a": {"text": "um"}, "b": {"text": "dois"}}
    assert shelf.read_ids == ["a", "x", "b"]


def test_what_was_changed_or_deleted_is_read_again() -> None:
    shelf = Shelf(a="um", b="dois", c="três")
    kept = KeptPayloads(shelf.read)
    kept.get(["a", "b", "c"])
    shelf.texts["a"] = "one"
    del shelf.texts["b"]
    kept.forget(["a", "b"])
    assert kept.get(["a", "b", "c"]) == {"a": {"text": "one"}, "c": {"text": "três"}}
    assert shelf.read_ids == ["a", "b", "c", "a", "b"]


def test_what_was_read_before_a_change_is_not_kept() -> None:
    shelf = Shelf(a="um")
    begun, changed = threading.Event(), threading.Event()

    def slow(ids: Sequence[str]) -> dict[str, Payload]:
        payloads = shelf.read(ids)
        begun.set()
        assert changed.wait(10)
        return payloads

    kept = KeptPayloads(slow)
    reader = threading.Thread(target=kept.get, args=(["a"],))
    reader.start()
    assert begun.wait(10)
    shelf.texts["a"] = "one"
    kept.forget(["a"])
    changed.set()
    reader.join()
    assert kept.get(["a"]) == {"a": {"text": "one"}}


def test_the_oldest_are_dropped() -> None:
    shelf = Shelf(a="um", b="dois", c="três")
    kept = KeptPayloads(shelf.read, most=2)
    for key in ("a", "b", "c"):
        kept.get([key])
    kept.get(["b", "c"])
    assert shelf.read_ids == ["a", "b", "c"]
    kept.get(["a"])
    assert shelf.read_ids == ["a", "b", "c", "a"]

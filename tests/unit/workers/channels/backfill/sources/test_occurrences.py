"""Keys that occur once."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import SourceError


@contextmanager
def little_room(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_key_that_occurs_again_gets_the_first_suffix_that_is_free() -> None:
    with Occurrences() as seen:
        keys = [seen.unique(key) for key in ("a", "a", "a#2", "a", "b", "a#2", "\ud800")]
    assert keys == ["a", "a#2", "a#2#2", "a#3", "b", "a#2#3", "\ud800"]


def test_ten_thousand_of_one_text_are_told_apart_in_time() -> None:
    with Occurrences() as seen:
        assert len({seen.unique("Oi") for _ in range(10_000)}) == 10_000


def test_a_disk_without_room_for_the_ids_is_told() -> None:
    full = pytest.raises(SourceError, match="room for temporary files")
    with little_room(100_000), Occurrences() as seen, full:
        for number in range(200_000):
            seen.unique(str(number))

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from ingestion.prefetch import Prefetch


def test_items_come_in_their_order() -> None:
    assert list(Prefetch(iter(range(100)), 2)) == list(range(100))


def test_it_works_ahead_but_not_further_than_allowed() -> None:
    items_made, all_made = [], threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            items_made.append(number)
            if len(items_made) == 4:
                all_made.set()
            yield number

    with closing(Prefetch(items(), 2)) as waiting:
        first = next(iter(waiting))
        assert all_made.wait(5)
        assert first == 0
    assert items_made == [0, 1, 2, 3]


def test_what_breaks_there_is_raised_here() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise RuntimeError("there")

    received: list[int] = []
    with pytest.raises(RuntimeError, match="there"):
        received.extend(Prefetch(items(), 2))


def test_nothing_is_an_end_too() -> None:
    assert list(Prefetch(iter(()), 1)) == []

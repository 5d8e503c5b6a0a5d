import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from ingestion.ahead import ahead


def test_items_come_in_their_order() -> None:
    assert list(ahead(iter(range(100)), 2)) == list(range(100))


def test_it_works_ahead_but_not_further_than_allowed() -> None:
    made, enough = [], threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if len(made) == 4:
                enough.set()
            yield number

    with closing(ahead(items(), 2)) as waiting:
        first = next(iter(waiting))
        assert enough.wait(5)
        assert first == 0
    assert made == [0, 1, 2, 3]


def test_what_breaks_there_is_raised_here() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise RuntimeError("there")

    seen: list[int] = []
    with pytest.raises(RuntimeError, match="there"):
        seen.extend(ahead(items(), 2))


def test_nothing_is_an_end_too() -> None:
    assert list(ahead(iter(()), 1)) == []

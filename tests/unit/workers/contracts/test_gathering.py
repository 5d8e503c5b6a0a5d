"""Threads that call at the same time share a call; each has its own result."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.contracts.gathering import Gather


class Slow:
    """A call whose first run lasts until it is let go on."""

    def __init__(self, work: Callable[[Sequence[int]], list[int]]) -> None:
        self.calls: list[list[int]] = []
        self.running = threading.Event()
        self.go_on = threading.Event()
        self._work = work

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.running.set()
        assert self.go_on.wait(5)
        return self._work(items)


def doubled(items: Sequence[int]) -> list[int]:
    return [2 * item for item in items]


def refusing_seven(items: Sequence[int]) -> list[int]:
    if 7 in items:
        raise ValueError("seven")
    return doubled(items)


def test_who_comes_alone_calls_at_once() -> None:
    gather = Gather(doubled, most=10)
    assert [gather(1), gather(2)] == [2, 4]


def test_who_comes_while_a_call_runs_shares_the_next() -> None:
    call = Slow(doubled)
    gather = Gather(call, most=3)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(gather, 0)
        assert call.running.wait(5)
        others = [threads.submit(gather, n) for n in range(1, 6)]
        while threads._work_queue.qsize():  # noqa: SLF001 - until each has its thread
            pass
        while len(gather._waiting) < 5:  # noqa: SLF001 - and all wait
            pass
        call.go_on.set()
        assert first.result(5) == 0
        assert [other.result(5) for other in others] == [2, 4, 6, 8, 10]
    assert [len(items) for items in call.calls] == [1, 3, 2]


def test_an_error_reaches_its_own_call_s_threads_and_no_other() -> None:
    call = Slow(refusing_seven)
    gather = Gather(call, most=10)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(gather, 0)
        assert call.running.wait(5)
        others = [threads.submit(gather, 7), threads.submit(gather, 8)]
        while len(gather._waiting) < 2:  # noqa: SLF001 - both wait
            pass
        call.go_on.set()
        assert first.result(5) == 0
        for other in others:
            with pytest.raises(ValueError, match="seven"):
                other.result(5)
    assert gather(3) == 6, "it goes on"


def test_nothing_is_mixed_up_under_load() -> None:
    gather = Gather(doubled, most=4)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(gather, range(2000))) == [2 * n for n in range(2000)]

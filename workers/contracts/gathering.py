"""Calls that several threads make at the same time, made as one."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Wish(Generic[_Item, _Result]):
    """One thread's call."""

    __slots__ = ("ended", "error", "item", "results", "turn")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.turn = threading.Lock()  # released once it has ended, or its thread is to call
        self.turn.acquire()
        self.ended = False
        self.results: list[_Result] = []
        self.error: BaseException | None = None

    def end(self) -> _Result:
        if self.error is not None:
            raise self.error
        return self.results[0]


class Gather(Generic[_Item, _Result]):
    """Makes one call at a time, for all the threads that came while the last one ran.

    A thread that comes alone calls at once: nobody waits for company.

    Args:
        call: gives a result for each item, in their order.
        most: items of one call.
    """

    def __init__(self, call: Callable[[Sequence[_Item]], Sequence[_Result]], most: int) -> None:
        self._call = call
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Wish[_Item, _Result]] = deque()
        self._calling = False

    def __call__(self, item: _Item) -> _Result:
        """The item's result.

        Raises:
            BaseException: what the call raised that this item was part of.
        """
        wish: _Wish[_Item, _Result] = _Wish(item)
        with self._lock:
            wait = self._calling
            self._calling = True
            if wait:
                self._waiting.append(wish)
        if wait:
            wish.turn.acquire()
        if not wish.ended:
            self._lead(wish)
        return wish.end()

    def _lead(self, wish: _Wish[_Item, _Result]) -> None:
        with self._lock:
            others = [
                self._waiting.popleft() for _ in range(min(len(self._waiting), self._most - 1))
            ]
        batch = [wish, *others]
        try:
            results = self._call([each.item for each in batch])
            for each, result in zip(batch, results, strict=True):
                each.results.append(result)
        except BaseException as error:  # noqa: BLE001 - each thread of the batch raises it
            for each in batch:
                each.error = error
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._calling = following is not None
        if following is not None:
            following.turn.release()
        for each in others:
            each.ended = True
            each.turn.release()

"""An iterator that works ahead in a thread of its own."""

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

#: Seconds after which a thread that waits for room notices that nobody wants more items.
_CLOSED_SECONDS = 0.1


class Prefetch(Generic[T]):
    """The items of an iterator, made in another thread while the caller is busy with earlier ones.

    Args:
        items: consumed by that thread alone. Its errors are raised to the caller.
        most: items that wait at most, so that memory does not grow with a slow caller.
    """

    def __init__(self, items: Iterator[T], most: int) -> None:
        self._items = items
        self._ready: queue.Queue[tuple[list[T], BaseException | None]] = queue.Queue(most)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="atende-read", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while True:
            items, error = self._ready.get()
            yield from items
            if error is not None:
                raise error
            if not items:
                return

    def close(self) -> None:
        """Stop once the present item is made."""
        self._closed.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                if not self._put(([item], None)):
                    return
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            self._put(([], error))
        else:
            self._put(([], None))

    def _put(self, item: tuple[list[T], BaseException | None]) -> bool:
        while not self._closed.is_set():
            try:
                self._ready.put(item, timeout=_CLOSED_SECONDS)
            except queue.Full:
                continue
            return True
        return False

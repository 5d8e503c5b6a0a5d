"""Payloads that were read before: the same passages come up again and again."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ingestion.knowledge.stores.payload import Payload

#: Payloads that are kept, the newest; about 20 MB of chunks.
KEPT: Final = 8192


class KeptPayloads:
    """Payloads by id, of a store that nobody else writes.

    The engine reads a payload's JSON and makes Python objects of it while it holds the interpreter:
    a tenth of a search, forty times a question.

    Args:
        read: reads payloads where they are stored; an unknown id is left out.
        most: how many are kept.
    """

    def __init__(
        self, read: Callable[[Sequence[str]], dict[str, Payload]], most: int = KEPT
    ) -> None:
        self._read = read
        self._most = most
        self._lock = threading.Lock()
        self._payloads: dict[str, Payload] = {}
        self._changes = 0

    def get(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Payloads by id; an unknown id is left out. They are shared: nobody changes one."""
        with self._lock:
            known = {key: self._payloads[key] for key in ids if key in self._payloads}
            changes = self._changes
        missing = [key for key in ids if key not in known]
        if not missing:
            return known
        read = self._read(missing)
        with self._lock:
            if changes == self._changes:  # else they may be of before the change
                self._payloads.update(read)
                for key in [*self._payloads][: max(0, len(self._payloads) - self._most)]:
                    del self._payloads[key]
        return known | read

    def forget(self, ids: Iterable[str]) -> None:
        """Called once points were changed: the next `get` reads them."""
        with self._lock:
            self._changes += 1
            for key in ids:
                self._payloads.pop(key, None)

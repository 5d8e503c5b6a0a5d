"""Whether a drain claims: off while its node, or every node, is paused."""

import asyncio
from collections.abc import Callable, Mapping

from workers.contracts import logs
from workers.contracts.pauses import ALL

_log = logs.logger(__name__)


class Switch:
    """One drain's switch. Lives in the drain's loop.

    It is off until it was told what stands in Redis: a worker that starts into a pause claims
    nothing before it knows.

    Args:
        node: the Celery node's name; a pause may name it.
        known: False: off until told. True: on from the start, for a drain that nobody tells.
    """

    def __init__(self, node: str = "", *, known: bool = False) -> None:
        self.node = node
        #: Unix seconds since which it is paused; None where it is not, or was not told yet.
        self.since: float | None = None
        self._on = asyncio.Event()
        self._watchers: list[Callable[[], None]] = []
        if known:
            self._on.set()

    @property
    def paused(self) -> bool:
        """Whether nothing may be claimed."""
        return not self._on.is_set()

    async def resumed(self) -> None:
        """Return once claims may be made; at once where they may."""
        await self._on.wait()

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed`, in the drain's loop, whenever the switch was turned."""
        self._watchers.append(changed)

    def turn(self, pauses: Mapping[str, float]) -> None:
        """Turn it as these pauses say: node, or `ALL`, to Unix seconds."""
        mine = [pauses[name] for name in (ALL, self.node) if name in pauses]
        since, before = min(mine, default=None), (self.paused, self.since)
        if since is None:
            self._on.set()
        else:
            self._on.clear()
        self.since = since
        if (since is None) != (before[1] is None):
            _log.warning("drain_resumed" if since is None else "drain_paused", node=self.node)
        if self.paused != before[0]:
            for changed in self._watchers:
                changed()

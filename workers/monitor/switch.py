"""Whether a drain claims: off while its node, or every node, is paused."""

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

    Attributes:
        paused: whether nothing may be claimed.
        since: Unix seconds since which it is paused; None where it is not, or was not told yet.
    """

    def __init__(self, node: str = "") -> None:
        self.node = node
        self.paused = True
        self.since: float | None = None
        self._watchers: list[Callable[[], None]] = []

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed`, in the drain's loop, whenever the switch was turned."""
        self._watchers.append(changed)

    def turn(self, pauses: Mapping[str, float]) -> None:
        """Turn it as these pauses say: node, or `ALL`, to Unix seconds."""
        mine = [pauses[name] for name in (ALL, self.node) if name in pauses]
        since, before = min(mine, default=None), (self.paused, self.since)
        self.paused, self.since = since is not None, since
        if (since is None) != (before[1] is None):
            _log.warning("drain_resumed" if since is None else "drain_paused", node=self.node)
        if self.paused != before[0]:
            for changed in self._watchers:
                changed()

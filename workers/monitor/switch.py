"""Whether a drain claims: off while its node, or every node, is paused."""

from collections.abc import Callable, Mapping

from workers.contracts import logs
from workers.contracts.pauses import ALL

_log = logs.logger(__name__)


class Switch:
    """One drain's switch. Lives in the drain's loop.

    It is off until it has read the pauses: a worker that starts during a pause claims nothing.

    Args:
        node: the Celery node's name; a pause may name it.

    Attributes:
        paused: whether nothing may be claimed.
        since: Unix seconds since which it is paused; None where it is not, or has not read yet.
    """

    def __init__(self, node: str = "") -> None:
        self.node = node
        self.paused = True
        self.since: float | None = None
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_turn: Callable[[], None]) -> None:
        """Call `on_turn`, in the drain's loop, whenever the switch is turned."""
        self._watchers.append(on_turn)

    def turn(self, pauses: Mapping[str, float]) -> None:
        """Turn it as these pauses say: node, or `ALL`, to Unix seconds."""
        since = min((pauses[name] for name in (ALL, self.node) if name in pauses), default=None)
        was_off, was_paused = self.paused, self.since is not None
        self.paused, self.since = since is not None, since
        if self.paused != was_paused:
            _log.warning("drain_paused" if self.paused else "drain_resumed", node=self.node)
        if self.paused != was_off:
            for on_turn in self._watchers:
                on_turn()

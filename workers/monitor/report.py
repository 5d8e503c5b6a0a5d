"""One worker's drain as others see and steer it: its figures, its state, its switch."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.contracts.drains import DrainReport, announce
from workers.contracts.metrics import Family
from workers.contracts.question import Lane
from workers.monitor.meters import Meters
from workers.monitor.switch import Switch

if TYPE_CHECKING:
    from redis.asyncio import Redis

#: Questions in flight by lane and stage.
Counts = Mapping[tuple[Lane, str], int]
#: Says how the drain stands now; called in its loop.
Look = Callable[[], tuple[DrainReport, Counts]]


@dataclass(frozen=True, slots=True)
class _Attached:
    """The drain that is shown."""

    loop: asyncio.AbstractEventLoop
    look: Look
    meters: Meters


class Sight:
    """Made with the worker; it shows the drain once `attach` gave it one.

    Attributes:
        switch: whether the drain claims.

    Args:
        node: the Celery node's name.
    """

    def __init__(self, node: str = "") -> None:
        self.switch = Switch(node)
        self._attached: _Attached | None = None

    # -- in the drain's loop ----------------------------------------------------------------------

    def attach(self, look: Look, meters: Meters) -> None:
        """Show this drain. Call it in the drain's loop."""
        self._attached = _Attached(asyncio.get_running_loop(), look, meters)

    def detach(self) -> None:
        """Show no drain any more: it has ended."""
        self._attached = None

    async def report(self, redis: "Redis") -> None:
        """Write how the drain stands, and turn the switch as Redis says: one round trip.

        Where that turned it, it is written once more: what stands in Redis is what the drain does.
        """
        if self._attached is None:
            return
        pauses = await announce(redis, *self._standing(self._attached))
        before = self.switch.paused, self.switch.since
        self.switch.turn(pauses)
        if before != (self.switch.paused, self.switch.since):
            await announce(redis, *self._standing(self._attached))

    def _standing(self, at: "_Attached") -> tuple[DrainReport, list[Family]]:
        report, counts = at.look()
        at.meters.flights(counts)
        at.meters.paused(self.switch.paused)
        state = {
            "node": self.switch.node,
            "paused": self.switch.paused,
            "paused_since": self.switch.since,
            "flights": _nested(counts),
        }
        return report.model_copy(update=state), at.meters.snapshot()

    # -- in any other thread ----------------------------------------------------------------------

    def look(self, seconds: float) -> tuple[DrainReport, list[Family]] | None:
        """How the drain stands now; None where it is not there yet, or any more.

        Raises:
            TimeoutError: its loop did not answer within `seconds`.
        """
        attached = self._attached
        if attached is None:
            return None
        status: concurrent.futures.Future[tuple[DrainReport, list[Family]]]
        status = concurrent.futures.Future()

        def read() -> None:
            try:
                status.set_result(self._standing(attached))
            except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
                status.set_exception(error)

        try:
            attached.loop.call_soon_threadsafe(read)
        except RuntimeError:
            return None  # the loop has ended meanwhile
        return status.result(seconds)


def _nested(counts: Counts) -> dict[str, dict[str, int]]:
    return {
        lane.value: {str(stage): count for (one, stage), count in counts.items() if one == lane}
        for lane in Lane
    }

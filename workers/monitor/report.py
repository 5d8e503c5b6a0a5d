"""What one worker's drain reports of itself, at each heartbeat and when asked; its switch."""

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
#: How the drain stands now; called in its loop.
ReadDrain = Callable[[], tuple[DrainReport, Counts]]


@dataclass(frozen=True, slots=True)
class _Source:
    """The drain that is reported."""

    loop: asyncio.AbstractEventLoop
    read: ReadDrain
    meters: Meters


class Reporter:
    """Lives as long as the worker; it reports the drain from `attach` to `detach`.

    Attributes:
        switch: whether the drain claims.

    Args:
        node: the Celery node's name.
    """

    def __init__(self, node: str = "") -> None:
        self.switch = Switch(node)
        self._source: _Source | None = None

    # -- in the drain's loop ----------------------------------------------------------------------

    def attach(self, read: ReadDrain, meters: Meters) -> None:
        """Report this drain. Call it in the drain's loop."""
        self._source = _Source(asyncio.get_running_loop(), read, meters)

    def detach(self) -> None:
        """Report no drain any more: it has ended."""
        self._source = None

    async def report(self, redis: "Redis") -> None:
        """Write how the drain stands, and turn the switch as Redis says: one round trip.

        Where that turned the switch, the report is written once more: what stands in Redis is what
        the drain does.
        """
        if self._source is None:
            return
        pauses = await announce(redis, *self._status(self._source))
        before = self.switch.paused, self.switch.since
        self.switch.turn(pauses)
        if before != (self.switch.paused, self.switch.since):
            await announce(redis, *self._status(self._source))

    def _status(self, source: _Source) -> tuple[DrainReport, list[Family]]:
        report, counts = source.read()
        source.meters.flights(counts)
        source.meters.paused(self.switch.paused)
        fields = {
            "node": self.switch.node,
            "paused": self.switch.paused,
            "paused_since": self.switch.since,
            "flights": _nested(counts),
        }
        return report.model_copy(update=fields), source.meters.snapshot()

    # -- in any other thread ----------------------------------------------------------------------

    def status(self, seconds: float) -> tuple[DrainReport, list[Family]] | None:
        """The drain's report and figures now; None before it starts and after it has ended.

        Raises:
            TimeoutError: its loop did not answer within `seconds`.
        """
        source = self._source
        if source is None:
            return None
        reply: concurrent.futures.Future[tuple[DrainReport, list[Family]]]
        reply = concurrent.futures.Future()

        def answer() -> None:
            try:
                reply.set_result(self._status(source))
            except Exception as error:  # noqa: BLE001 - it is raised in the thread that asked
                reply.set_exception(error)

        try:
            source.loop.call_soon_threadsafe(answer)
        except RuntimeError:
            return None  # the loop has ended meanwhile
        return reply.result(seconds)


def _nested(counts: Counts) -> dict[str, dict[str, int]]:
    """Lane to stage to number."""
    stages: dict[str, dict[str, int]] = {lane.value: {} for lane in Lane}
    for (lane, stage), count in counts.items():
        stages[lane.value][str(stage)] = count
    return stages

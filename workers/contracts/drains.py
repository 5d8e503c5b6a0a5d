"""Which drains are alive: each reports itself, and readers drop reports that grew old."""

import time
from typing import TYPE_CHECKING, cast

from workers.contracts import keys
from workers.contracts.question import Record

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

#: Seconds after which a drain that reports no more counts as gone.
STALE = 30.0


class DrainReport(Record):
    """What a drain says of itself at each heartbeat. `at` is Unix seconds."""

    worker: str
    at: float
    model: str
    slots: int
    in_flight: int
    stopping: bool = False
    claims: int = 0
    claimed: int = 0
    drafted: int = 0


def live_drains(redis: "Redis") -> list[DrainReport]:
    """The drains that reported within the last `STALE` seconds."""
    found = cast("dict[str, str]", redis.hgetall(keys.DRAINS))
    reports = [DrainReport.model_validate_json(raw) for raw in found.values()]
    return [report for report in reports if time.time() - report.at < STALE]


async def announce(redis: "AsyncRedis", report: DrainReport) -> None:
    """Write a drain's report, and drop those of drains that are long gone."""
    pipe = redis.pipeline(transaction=False)
    pipe.hset(keys.DRAINS, report.worker, report.model_dump_json())
    pipe.hgetall(keys.DRAINS)
    _, found = await pipe.execute()
    old = [
        worker
        for worker, raw in found.items()
        if time.time() - DrainReport.model_validate_json(raw).at > 10 * STALE
    ]
    if old:
        await redis.hdel(keys.DRAINS, *old)


async def withdraw(redis: "AsyncRedis", worker: str) -> None:
    """Remove the report of a drain that stopped in order."""
    await redis.hdel(keys.DRAINS, worker)

"""Which drains are alive: each reports itself, and readers ignore old reports.

A rolling update mixes versions: a report of another version is read as far as possible, and one
that cannot be read at all is skipped, never an error of its reader.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from pydantic import Field, ValidationError

from workers.contracts import keys, pauses
from workers.contracts.metrics import Family, pack, unpack
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

#: A drain that has not reported for so long counts as gone.
STALE_SECONDS = 30.0


class DrainReport(Record):
    """What a drain says of itself at each heartbeat. `at` is Unix seconds.

    Attributes:
        node: the name of its Celery node, as in `celery --destination`.
        paused_since: Unix seconds; where it is paused and this is None, it does not know yet.
        flights: questions in flight, by lane and stage.
    """

    worker: str
    at: float
    model: str
    slots: int
    in_flight: int
    stopping: bool = False
    claims: int = 0
    claimed: int = 0
    drafted: int = 0
    node: str = ""
    paused: bool = False
    paused_since: float | None = None
    flights: dict[str, dict[str, int]] = Field(default_factory=dict)


def live_drains(redis: "Redis") -> list[DrainReport]:
    """The drains that reported within the last `STALE_SECONDS`."""
    records = cast("dict[str, str]", redis.hgetall(keys.DRAINS))
    reports = [report for raw in records.values() if (report := _read(raw)) is not None]
    return [report for report in reports if time.time() - report.at < STALE_SECONDS]


def drain_metrics(redis: "Redis", drains: Sequence[DrainReport]) -> dict[str, list[Family]]:
    """The metrics that these drains reported, by worker."""
    workers = [drain.worker for drain in drains]
    if not workers:
        return {}
    reports = cast("list[str | None]", redis.hmget(keys.METERS, workers))
    return {worker: unpack(raw or "") for worker, raw in zip(workers, reports, strict=True)}


async def announce(
    redis: "AsyncRedis", report: DrainReport, families: Iterable[Family] = ()
) -> Mapping[str, float]:
    """Write a drain's report and metrics, and drop those of drains that are long gone.

    Returns:
        Who is paused, as `Pauses.all`: read in the same round trip.
    """
    pipe = redis.pipeline(transaction=False)
    pipe.hset(keys.DRAINS, report.worker, report.model_dump_json())
    pipe.hset(keys.METERS, report.worker, pack(families))
    pipe.hgetall(keys.DRAINS)
    pipe.hgetall(keys.PAUSED)
    *_, records, paused = await pipe.execute()
    gone = [worker for worker, raw in records.items() if _gone(raw)]
    if gone:
        await _remove(redis, *gone)
    return pauses.parse(paused)


async def withdraw(redis: "AsyncRedis", worker: str) -> None:
    """Remove the report of a drain that stopped in order."""
    await _remove(redis, worker)


async def _remove(redis: "AsyncRedis", *workers: str) -> None:
    pipe = redis.pipeline()
    pipe.hdel(keys.DRAINS, *workers)
    pipe.hdel(keys.METERS, *workers)
    await pipe.execute()


def _read(raw: str) -> DrainReport | None:
    try:
        return DrainReport.model_validate_json(raw)
    except ValidationError:
        return None  # of another version


def _gone(raw: str) -> bool:
    report = _read(raw)
    return report is not None and time.time() - report.at > 10 * STALE_SECONDS

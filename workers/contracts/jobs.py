"""Ingestion jobs: how a command hands files to the worker that owns the vectors."""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

from workers.contracts import keys
from workers.contracts.question import Record

if TYPE_CHECKING:
    from redis import Redis

#: Seconds that a job is kept.
_KEPT = 7 * 24 * 3600


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Record):
    """One ingestion: what to read, and how far it is.

    Attributes:
        progress: JSON of the newest progress event; empty before the first.
        report: JSON of the closing report; empty until done.
        error: why it failed, for the user.
    """

    id: str
    path: str
    tenant: str
    state: JobState = JobState.QUEUED
    progress: str = ""
    report: str = ""
    error: str = ""

    @classmethod
    def from_hash(cls, raw: Mapping[str, str]) -> Self:
        """Read the Redis hash of one job."""
        return cls.model_validate(dict(raw))


class JobStore:
    """Jobs in Redis."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def create(self, path: str, tenant: str) -> Job:
        """Note a job; the caller sends the Celery message."""
        job = Job(id=secrets.token_hex(8), path=path, tenant=tenant)
        values = {k: str(v) for k, v in job.model_dump(mode="json").items()}
        pipe = self._redis.pipeline()
        pipe.hset(keys.job(job.id), mapping=dict[Any, Any](values))
        pipe.expire(keys.job(job.id), _KEPT)
        pipe.execute()
        return job

    def get(self, job_id: str) -> Job | None:
        """The job as it stands now."""
        raw = cast("dict[str, str]", self._redis.hgetall(keys.job(job_id)))
        return Job.from_hash(raw) if raw else None

    def update(self, job_id: str, **fields: str) -> None:
        """Write fields of a job: `state`, `progress`, `report`, `error`; it is kept from now on."""
        pipe = self._redis.pipeline()
        pipe.hset(keys.job(job_id), mapping=dict[Any, Any](fields))
        pipe.expire(keys.job(job_id), _KEPT)
        pipe.execute()

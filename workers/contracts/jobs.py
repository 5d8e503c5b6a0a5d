"""Jobs: work for the worker that holds the knowledge base, handed over through Redis.

A job is leased, and taken again where its lease ends: a worker that is killed loses nothing.
`workers/jobs/kinds.py` says what each kind does.
"""

import json
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic import Field, JsonValue

from workers.contracts import keys, scripts
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis

#: A job is kept so long after its last sign of life.
_KEPT_SECONDS = 7 * 24 * 3600
#: An ended job is kept so long: whoever waits for it reads it ten times a second.
ENDED_KEPT_SECONDS = 6 * 3600
#: By so much an urgent job, which somebody waits for, goes before others.
_URGENT_LEAD_MS = 30 * 24 * 3600 * 1000


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in {JobState.DONE, JobState.FAILED}


class Job(Record):
    """One job: what to do, and how far it is.

    Attributes:
        kind: a name in `workers.jobs.kinds.KINDS`.
        args: what the kind needs, as a JSON object.
        attempt: how often it was taken: the fence of every later write.
        subject: jobs of one subject take turns; empty: it runs beside any other.
        document: id of the document that it changes; empty for none.
        unattended: nobody waits for it: where a server is away it is tried again later. Stored as
            `patient`, its first name, since versions mix during an update.
        progress: JSON of the newest progress; empty before the first.
        result: JSON of what came of it; empty until done.
        error: why it failed, or why it waits, for the user.
        renewed_at: Unix seconds of its last sign of life.
    """

    id: str
    kind: str
    tenant: str
    args: str = "{}"
    state: JobState = JobState.QUEUED
    attempt: int = 0
    subject: str = ""
    document: str = ""
    unattended: bool = Field(default=False, validation_alias="patient")
    progress: str = ""
    result: str = ""
    error: str = ""
    renewed_at: float = 0.0

    @classmethod
    def from_hash(cls, raw: Mapping[str, str]) -> Self:
        """Read the Redis hash of one job.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        return cls.read(raw, f"job {raw.get('id', '')}")

    @property
    def arguments(self) -> dict[str, Any]:
        """`args`, read."""
        arguments: dict[str, Any] = json.loads(self.args)
        return arguments


def new_id() -> str:
    """A fresh job id."""
    return secrets.token_hex(16)


def documents_subject(tenant: str) -> str:
    """The subject of all jobs that change a clinic's documents: one of them at a time."""
    return f"documents:{tenant}"


def report_subject(backfill_id: str) -> str:
    """What jobs that make the report of one backfill take turns about."""
    return f"backfill-report:{backfill_id}"


class JobStore:
    """Jobs in Redis. Every change is one step, and of a running job fenced by its attempt."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._take = redis.register_script(scripts.source("jobs/take"))
        self._renew = redis.register_script(scripts.source("jobs/renew"))
        self._release = redis.register_script(scripts.source("jobs/release"))
        self._finish = redis.register_script(scripts.source("jobs/finish"))

    def create(
        self,
        kind: str,
        tenant: str,
        args: Mapping[str, JsonValue],
        *,
        subject: str = "",
        urgent: bool = False,
    ) -> Job:
        """Put a job in line; an urgent one goes first."""
        job = Job(id=new_id(), kind=kind, tenant=tenant, args=json.dumps(args), subject=subject)
        return self._add(job, _URGENT_LEAD_MS if urgent else 0)

    def hand_in(
        self, kind: str, tenant: str, args: Mapping[str, JsonValue], *, subject: str
    ) -> Job:
        """Put a job in line that nobody waits for, behind those that came before it."""
        job = Job(
            id=new_id(),
            kind=kind,
            tenant=tenant,
            args=json.dumps(args),
            subject=subject,
            patient=True,
        )
        return self._add(job, 0)

    def _add(self, job: Job, lead_ms: int) -> Job:
        fields = job.model_dump(mode="json", exclude={"unattended"})
        fields["patient"] = int(job.unattended)
        seconds, micros = self._redis.time()
        due = seconds * 1000 + micros / 1000 - lead_ms
        pipe = self._redis.pipeline()
        pipe.hset(keys.job(job.id), mapping={name: str(value) for name, value in fields.items()})
        pipe.expire(keys.job(job.id), _KEPT_SECONDS)
        pipe.zadd(keys.JOBS, {job.id: due})
        pipe.execute()
        return job

    def get(self, job_id: str) -> Job | None:
        """The job as it is now."""
        raw = cast("dict[str, str]", self._redis.hgetall(keys.job(job_id)))
        return Job.from_hash(raw) if raw else None

    def waiting(self) -> int:
        """Jobs in line or at work."""
        return self._redis.zcard(keys.JOBS)

    def take(self, lease: float, attempts: int) -> Job | None:
        """Take the next job in line for `lease` seconds; None: there is none.

        A job that was taken `attempts` times and never ended fails instead: it ends its workers.
        """
        poison = (
            f"{attempts} workers ended in the middle of this. It is not tried again, so that the "
            "others go on. Check the file: is it far larger or more complex than the others?"
        )
        args: list[str | int] = [int(lease * 1000), attempts, poison, _KEPT_SECONDS]
        reply = self._take(keys=[keys.JOBS], args=args)
        if not reply:
            return None
        flat = cast("list[str]", reply[1])
        return Job.from_hash(dict(zip(flat[::2], flat[1::2], strict=True)))

    def renew(self, job: Job, lease: float, progress: str = "") -> bool:
        """Keep a running job, and note how far it is; False: it is no longer this attempt's."""
        args: list[str | int] = [job.id, job.attempt, int(lease * 1000), progress, _KEPT_SECONDS]
        return bool(self._renew(keys=[keys.JOBS], args=args))

    def release(self, job: Job, delay: float, reason: str, *, counts: bool) -> bool:
        """Put a running job back in line for `delay` seconds; `counts`: this attempt was one."""
        ms, counted = int(delay * 1000), int(counts)
        args: list[str | int] = [job.id, job.attempt, ms, counted, reason]
        return bool(self._release(keys=[keys.JOBS], args=args))

    def finish(self, job: Job, result: str, document: Mapping[str, str] | None = None) -> bool:
        """End a running job as done.

        Args:
            job: the job as it was taken.
            result: JSON for whoever waits.
            document: fields of its document's record; None: the document is gone.
        """
        fields = (
            ["forget"] if document is None else [part for kv in document.items() for part in kv]
        )
        return self._end(job, JobState.DONE, result, "", fields)

    def fail(self, job: Job, error: str) -> bool:
        """End a running job, and its document where it has one, as failed."""
        return self._end(job, JobState.FAILED, "", error, [])

    def _end(self, job: Job, state: JobState, result: str, error: str, fields: list[str]) -> bool:
        args: list[str | int] = [
            job.id,
            job.attempt,
            state.value,
            result,
            error,
            ENDED_KEPT_SECONDS,
            *fields,
        ]
        return bool(self._finish(keys=[keys.JOBS], args=args))

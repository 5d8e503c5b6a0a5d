"""Runs jobs one after the other; a thread renews the lease of the one that runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from pydantic import BaseModel
from redis import RedisError

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import KnowledgeError
from workers.contracts import logs
from workers.contracts.jobs import Job, JobStore
from workers.jobs.documents import IndexedUpload, Removal
from workers.jobs.errors import JobError
from workers.jobs.kinds import KINDS
from workers.jobs.running_job import Records, RunningJob
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Seconds between two records of a job's progress.
_NEXT_PROGRESS_SECONDS = 0.2
#: Renewals in the length of a lease.
_RENEWALS = 4
#: Seconds until an upload is tried again that was stopped by something other than its file.
_NEXT_TRY_SECONDS = 15.0


class _WorkerStops(Exception):  # noqa: N818 - no error: another worker goes on
    """The worker was asked to stop."""


class _LeaseLost(Exception):  # noqa: N818 - no error: the job is another worker's
    """Another worker has taken this job over, or it was ended."""


class JobRunner:
    """Does the jobs that are in line.

    Args:
        jobs: where they are.
        records: what the API reads: the list of documents, and backfills.
        knowledge: opens the knowledge base, or returns the one that is open.
        settings: leases and attempts.
        stopping: set once the worker was asked to stop: the job that runs goes back in line.
    """

    def __init__(
        self,
        jobs: JobStore,
        records: Records,
        knowledge: Callable[[], Knowledge],
        settings: WorkerSettings,
        stopping: Flag,
    ) -> None:
        self._jobs = jobs
        self._records = records
        self._knowledge = knowledge
        self._settings = settings
        self._lease = settings.job_lease_seconds
        self._attempts = settings.job_attempts
        self._stopping = stopping

    def run_all(self) -> int:
        """Do jobs until none is in line; returns how many."""
        count = 0
        while not self._stopping.is_set():
            job = self._jobs.take(self._lease, self._attempts)
            if job is None:
                break
            self._run(job)
            count += 1
        return count

    def _run(self, job: Job) -> None:
        log = _log.bind(job=job.id, kind=job.kind, attempt=job.attempt)
        log.info("job_started")
        lost = Flag()
        with self._lease_renewed(job, lost):
            try:
                self._finish(job, self._do(job, lost))
            except _WorkerStops:
                self._jobs.release(
                    job, 0, "The worker stopped. It goes on as soon as one runs.", counts=False
                )
                log.info("job_released")
            except _LeaseLost:
                log.warning("job_lost")
            except (KnowledgeError, OSError) as error:  # no fault of the file's
                self._postpone(job, str(error), counts=False)
                log.warning("job_postponed", error=type(error).__name__)
            except JobError as error:
                self._jobs.fail(job, str(error))
                log.info("job_failed")
            except RedisError:
                raise  # the lease ends, and the job is done again
            except Exception as error:
                log.exception("job_broke")
                self._end_broken(job, type(error).__name__)
            else:
                log.info("job_done")

    def _do(self, job: Job, lost: Flag) -> BaseModel:
        kind = KINDS.get(job.kind)
        if kind is None:
            raise JobError(
                f"This worker knows no job of the kind {job.kind!r}: it runs another version of "
                "Atende than the one that asked. Bring both to the same version."
            )
        noted_at = 0.0

        def note(progress: BaseModel) -> None:
            nonlocal noted_at
            if self._stopping.is_set():
                raise _WorkerStops
            if lost.is_set():
                raise _LeaseLost
            if time.monotonic() - noted_at >= _NEXT_PROGRESS_SECONDS:
                noted_at = time.monotonic()
                if not self._jobs.renew(job, self._lease, progress.model_dump_json()):
                    raise _LeaseLost

        running = RunningJob(
            tenant=job.tenant,
            args=job.arguments,
            knowledge=self._knowledge(),
            settings=self._settings,
            note=note,
            documents=self._records.documents,
            backfills=self._records.backfills,
            id=job.id,
        )
        return kind.run(running)

    def _finish(self, job: Job, result: BaseModel) -> None:
        fields: dict[str, str] | None = {}
        if isinstance(result, IndexedUpload):
            fields = result.fields
        elif isinstance(result, Removal):
            fields = None
        self._jobs.finish(job, result.model_dump_json(), fields)

    def _end_broken(self, job: Job, error: str) -> None:
        message = f"It broke ({error}); the worker's log says where. What was written stays."
        if job.unattended and job.attempt < self._attempts:
            self._postpone(job, f"{message} It is tried again.", counts=True)
        else:
            self._jobs.fail(job, f"{message} Try it again.")

    def _postpone(self, job: Job, why: str, *, counts: bool) -> None:
        if job.unattended:
            self._jobs.release(job, _NEXT_TRY_SECONDS, why, counts=counts)
        else:
            self._jobs.fail(job, why)

    @contextmanager
    def _lease_renewed(self, job: Job, lost: Flag) -> Iterator[None]:
        """Renew the job's lease in a thread: reading one page may take longer than a lease."""
        ended = Flag()

        def renew() -> None:
            while not ended.wait(self._lease / _RENEWALS):
                try:
                    if not self._jobs.renew(job, self._lease):
                        lost.set()
                        return
                except RedisError as error:
                    _log.warning("job_not_renewed", job=job.id, error=type(error).__name__)

        thread = Thread(target=renew, name=f"job-{job.id[:8]}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

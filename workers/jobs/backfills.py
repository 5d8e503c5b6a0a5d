"""What jobs do with backfills: make a report."""

from workers.channels.backfill.report.errors import ReportError
from workers.channels.backfill.report.report import Reporter, ReportMade
from workers.contracts.errors import RecordError
from workers.jobs.errors import JobError
from workers.jobs.running_job import RunningJob


def report(job: RunningJob) -> ReportMade:
    """Make the report of the backfill `backfill`, and its pairs.

    Raises:
        JobError: there is no such backfill, or what is stored of it is damaged.
    """
    if job.backfills is None:
        raise JobError("A report is made by the worker: backfills are kept in its queue.")
    try:
        return Reporter(job.backfills, job.knowledge, job.note).make(
            job.tenant, job.args["backfill"]
        )
    except (ReportError, RecordError) as error:
        raise JobError(str(error)) from error

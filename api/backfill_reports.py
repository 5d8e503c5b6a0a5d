"""What is made of a backfill's results by a worker: the report, and the pairs."""

import time
from typing import Final

from flask import Response

from api.backfill_schemas import MakingOut
from api.problems import ProblemError
from api.schemas import response
from api.services import Services
from workers.contracts.backfill import Backfill
from workers.contracts.backfill_results import ReportPart
from workers.contracts.jobs import Job, JobState, report_subject

#: The job that makes both; its argument is the backfill's id, `backfill`.
KIND: Final = "backfill-report"
#: Seconds for which a page is given out though newer results came, or a failure is told.
_FRESH_SECONDS: Final = 60.0
_TYPES: Final[dict[ReportPart, tuple[str, str]]] = {
    "report": ("text/html; charset=utf-8", "html"),
    "pairs": ("text/csv; charset=utf-8", "csv"),
}
#: What patients wrote stands in the page: it runs nothing and loads nothing.
_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def give(backfill: Backfill, part: ReportPart, services: Services) -> Response:
    """The page, if it is there; else 202, and a worker makes it.

    Raises:
        ProblemError: 500, it could not be made.
    """
    report = services.backfills.report(backfill.id, part)
    job = services.jobs.get(backfill.report_job) if backfill.report_job else None
    recent = job is not None and time.time() - job.renewed_at < _FRESH_SECONDS
    if report and (report.number == backfill.results or (recent and _is_done(job))):
        media_type, ending = _TYPES[part]
        name = f"{part}-{backfill.id}.{ending}"
        headers = {
            "Content-Disposition": f"{'inline' if part == 'report' else 'attachment'}; "
            f'filename="{name}"',
            "Content-Security-Policy": _POLICY,
        }
        return Response(report.data, 200, headers, content_type=media_type)
    if recent and job is not None and job.state is JobState.FAILED:
        raise ProblemError(
            500,
            "report-failed",
            f"The report could not be made; the results are kept. {job.error} Ask again in a "
            "minute: it is tried anew.",
        )
    if job is None or job.state.ended:
        job = services.jobs.create(
            KIND, backfill.tenant, {"backfill": backfill.id}, subject=report_subject(backfill.id)
        )
        services.backfills.note_report_job(backfill.id, job.id)
    return response(MakingOut(job=job.id, state=job.state), 202, {"Retry-After": "1"})


def _is_done(job: Job | None) -> bool:
    return job is not None and job.state is JobState.DONE

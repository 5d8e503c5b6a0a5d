"""The kinds of jobs: what each does with the knowledge base. A new kind is an entry in `KINDS`.

A kind runs in the worker that holds the knowledge base, or in a command that opens it itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from workers.contracts.jobs import documents_subject, report_subject
from workers.jobs import backfills, documents, questions
from workers.jobs.running_job import RunningJob

#: Does the job; returns the result for whoever waits.
#: Raises `JobError` or `KnowledgeError` with a message for the user.
Run = Callable[[RunningJob], BaseModel]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    Attributes:
        run: does it.
        subject: from tenant and arguments; jobs of one subject take turns. Empty: it runs beside
            any other.
        urgent: short, and somebody waits: it goes before jobs that take long.
    """

    run: Run
    subject: Callable[[str, Mapping[str, Any]], str] = lambda _tenant, _args: ""
    urgent: bool = False


def _documents_subject(tenant: str, _: Mapping[str, Any]) -> str:
    return documents_subject(tenant)


def _report_subject(_: str, args: Mapping[str, Any]) -> str:
    return report_subject(args.get("backfill", ""))


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "ingest": Kind(documents.ingest, subject=_documents_subject),
        "ingest-plan": Kind(documents.plan, urgent=True),
        "upload": Kind(documents.upload, subject=_documents_subject),
        "remove": Kind(documents.remove, subject=_documents_subject, urgent=True),
        "retire": Kind(documents.retire, subject=_documents_subject, urgent=True),
        "restore": Kind(documents.restore, subject=_documents_subject, urgent=True),
        "documents-list": Kind(documents.list_all, urgent=True),
        "documents-show": Kind(documents.show, urgent=True),
        "evaluate": Kind(questions.evaluate),
        "calibrate": Kind(questions.calibrate),
        "calibrate-embedding": Kind(questions.embedding),
        "calibration": Kind(questions.calibration, urgent=True),
        "backfill-report": Kind(backfills.report, subject=_report_subject),
    }
)

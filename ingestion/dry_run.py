"""What an ingestion would do, told by digests alone: nothing is parsed, nothing is changed."""

import time
from collections.abc import Iterable
from pathlib import Path

from ingestion.knowledge.base import stored_records
from ingestion.knowledge.document import IndexedDocument
from ingestion.pipeline import Target
from ingestion.plan import plan_of
from ingestion.report import Report
from ingestion.settings import IngestionSettings


def dry_run(path: Path, target: Target) -> Report:
    """The report of an ingestion that changes nothing.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    tenant = target.tenant
    version = target.knowledge.store.version(tenant)
    return _report(path, tenant, target.settings, target.documents().values(), version)


def dry_run_unopened(path: Path, tenant: str, settings: IngestionSettings) -> Report:
    """As `dry_run`, where no knowledge base is open: its model is not loaded, and none is made.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        KnowledgeError: the knowledge base cannot be read.
    """
    return _report(path, tenant, settings, *stored_records(settings, tenant))


def _report(
    path: Path,
    tenant: str,
    settings: IngestionSettings,
    documents: Iterable[IndexedDocument],
    version: str,
) -> Report:
    started = time.monotonic()
    plan = plan_of(path, {document.name: document for document in documents}, settings)
    return Report(
        tenant=tenant,
        path=str(path.resolve()),
        rows=plan.all_rows,
        seconds=time.monotonic() - started,
        version=version,
        dry_run=True,
    )

"""Keeps Redis' list of documents in step with the knowledge base."""

from collections.abc import Iterable

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.in_force import OutOfForce
from ingestion.report import FileRow, Report, Status
from workers.contracts.documents import Document, DocumentState, DocumentStore, Force

#: Files that were read; a reason says which part of one was not.
_READ = frozenset({Status.NEW, Status.CHANGED})


def fields_of(document: IndexedDocument, out: OutOfForce) -> dict[str, str]:
    """What the list says of an indexed document, where this of its clinic's is out of force."""
    return {
        "name": document.name,
        "state": DocumentState.READY.value,
        "reason": "",
        "title": document.title,
        "pages": "" if document.pages is None else str(document.pages),
        "chunks": str(document.chunks),
        "origin": document.origin,
        "digest": document.digest,
        "indexed_at": f"{document.indexed_at.timestamp():.3f}",
        **_validity_of(document, out),
    }


def _validity_of(document: IndexedDocument, out: OutOfForce) -> dict[str, str]:
    said, cause = document.validity, out.causes.get(document.name)
    return {
        "force": Force(cause.reason.value).value if cause else Force.IN_FORCE.value,
        "force_day": str(cause.day or "") if cause else "",
        "replaced_by": cause.by if cause else "",
        "valid_from": str(said.valid_from or ""),
        "valid_until": str(said.valid_until or ""),
        "replaces": said.replaces,
    }


def reconcile(tenant: str, knowledge: Knowledge, documents: DocumentStore) -> None:
    """Bring the list up to what the knowledge base holds; one comparison where nothing changed."""
    version = knowledge.store.version(tenant)
    if documents.version(tenant) == version:
        return
    read_ms = documents.now_ms()
    indexed = knowledge.store.documents(tenant)
    out = knowledge.store.out_of_force(tenant)
    documents.put(tenant, (fields_of(document, out) for document in indexed))
    names = {document.name for document in indexed}
    listed = [entry.name for entry in documents.all(tenant) if entry.indexed_at is not None]
    documents.drop(tenant, [name for name in listed if name not in names], read_ms)
    documents.mark(tenant, version)


def note_files(report: Report, documents: DocumentStore) -> None:
    """List what an ingestion could not read, wholly or in part, and drop failures that are over.

    A failure is over when its file is gone, or is again the one that is indexed.
    """
    read_ms = documents.now_ms()
    listed = {document.name: document for document in documents.all(report.tenant)}
    failed = {row.name: row for row in report.rows if row.status is Status.FAILED}
    failed.pop(".", None)  # the folder as a whole
    earlier = _failed_below(listed.values(), report.path)
    documents.drop(report.tenant, [name for name in earlier if name not in failed], read_ms)
    rows = [_failure(row, report.path) for row in failed.values()]
    rows += [
        {"name": row.name, "state": DocumentState.READY.value, "reason": row.reason, "fresh": "1"}
        for row in report.rows
        if (row.status in _READ and row.reason)
        or (row.status is Status.UNCHANGED and _is_failed(listed.get(row.name)))
    ]
    documents.put(report.tenant, rows)


def _is_failed(document: Document | None) -> bool:
    return document is not None and document.state is DocumentState.FAILED


def _failed_below(documents: Iterable[Document], path: str) -> list[str]:
    return [
        document.name
        for document in documents
        if document.state is DocumentState.FAILED
        and document.indexed_at is None
        and (document.origin == path or document.origin.startswith(f"{path}/"))
    ]


def _failure(row: FileRow, path: str) -> dict[str, str]:
    return {
        "name": row.name,
        "state": DocumentState.FAILED.value,
        "reason": row.reason,
        "origin": path,
    }

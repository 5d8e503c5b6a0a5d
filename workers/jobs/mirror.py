"""Keeps Redis' list of documents in step with the knowledge base."""

from collections.abc import Iterable

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.document import IndexedDocument
from ingestion.report import FileRow, Report, Status
from workers.contracts.documents import Document, DocumentState, DocumentStore

#: Files that were read; a reason then says what of them was not.
_READ = frozenset({Status.NEW, Status.CHANGED})


def fields_of(document: IndexedDocument) -> dict[str, str]:
    """What the list says of a document that is searchable."""
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
    }


def reconcile(tenant: str, knowledge: Knowledge, documents: DocumentStore) -> None:
    """Bring the list to what the knowledge base holds now; costs a look where nothing changed."""
    version = knowledge.store.version(tenant)
    if documents.version(tenant) == version:
        return
    read_ms = documents.now_ms()
    indexed = knowledge.store.documents(tenant)
    documents.put(tenant, map(fields_of, indexed))
    names = {document.name for document in indexed}
    gone = [each.name for each in documents.all(tenant) if each.indexed_at is not None]
    documents.drop(tenant, [name for name in gone if name not in names], read_ms)
    documents.mark(tenant, version)


def note_files(report: Report, documents: DocumentStore) -> None:
    """List files that an ingestion could not read, or not all of; forget failures that are no more.

    Those are of files that it no longer found, or that are again what is indexed.
    """
    read_ms = documents.now_ms()
    listed = {each.name: each for each in documents.all(report.tenant)}
    failed = {row.name: row for row in report.rows if row.status is Status.FAILED}
    failed.pop(".", None)  # the folder as a whole
    past = _failed_before(listed.values(), report.path)
    documents.drop(report.tenant, [name for name in past if name not in failed], read_ms)
    rows = [_failure(row, report.path) for row in failed.values()]
    rows += [
        {"name": row.name, "state": DocumentState.READY.value, "reason": row.reason, "fresh": "1"}
        for row in report.rows
        if (row.status in _READ and row.reason)
        or (row.status is Status.UNCHANGED and _was_failed(listed.get(row.name)))
    ]
    documents.put(report.tenant, rows)


def _was_failed(document: Document | None) -> bool:
    return document is not None and document.state is DocumentState.FAILED


def _failed_before(documents: Iterable[Document], path: str) -> list[str]:
    return [
        each.name
        for each in documents
        if each.state is DocumentState.FAILED
        and each.indexed_at is None
        and (each.origin == path or each.origin.startswith(f"{path}/"))
    ]


def _failure(row: FileRow, path: str) -> dict[str, str]:
    return {
        "name": row.name,
        "state": DocumentState.FAILED.value,
        "reason": row.reason,
        "origin": path,
    }

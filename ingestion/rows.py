"""Rows of a report, from what is known of a file."""

from collections.abc import Mapping

from ingestion.files import SkippedFile
from ingestion.knowledge.document import IndexedDocument
from ingestion.report import FileRow, Status

#: A tenant's documents before an ingestion, by name, with those that a kill left unfinished.
Documents = Mapping[str, IndexedDocument]


def failed_row(name: str, reason: object, documents: Documents) -> FileRow:
    """A file that cannot be read."""
    is_known = name in documents and bool(documents[name].digest)
    note = " What was known from it before is kept." if is_known else ""
    return FileRow(name=name, status=Status.FAILED, reason=f"{reason}{note}")


def skipped_row(file: SkippedFile, documents: Documents) -> FileRow:
    """A file that is no document, or one that should have been read."""
    if file.failed:
        return failed_row(file.name, file.reason, documents)
    return FileRow(name=file.name, status=Status.SKIPPED, reason=file.reason)


def document_row(document: IndexedDocument, status: Status, reason: str = "") -> FileRow:
    """A document that is in the knowledge base, with what of it was not read."""
    return FileRow(
        name=document.name,
        status=status,
        chunks=document.chunks,
        pages=document.pages,
        reason=" ".join(filter(None, (reason, *document.notes))),
    )

"""What jobs do with documents: ingest a path or an upload, list, show and remove."""

from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel

from ingestion.dry_run import dry_run
from ingestion.knowledge.document import IndexedDocument
from ingestion.pipeline import ingest as ingest_path
from ingestion.pipeline import ingest_upload
from ingestion.report import FileRow, Report, Status
from workers.contracts.documents import Document, DocumentState
from workers.contracts.naming import document_id
from workers.jobs.mirror import fields_of, note_files, reconcile
from workers.jobs.work import JobError, Work

#: Characters of a chunk that `documents show` gives.
_FIRST = 160
#: Names that an error suggests.
_NEAR = 3


class Indexed(BaseModel):
    """An upload that is searchable now, and what its record says from now on."""

    row: FileRow
    fields: dict[str, str]


class Removed(BaseModel):
    """A document that is gone."""

    name: str
    chunks: int
    pages: int | None
    #: The folder that its file was read from, and whose next ingestion brings the document back;
    #: empty where it was uploaded.
    folder: str = ""


class Listing(BaseModel):
    """A clinic's documents."""

    tenant: str
    version: str
    documents: list[Document]


class Glimpse(BaseModel):
    """One chunk of a document: where it stands and how it begins."""

    heading: tuple[str, ...]
    page: int | None
    text: str
    questions: tuple[str, ...] = ()


class Shown(BaseModel):
    """One document with its chunks."""

    document: Document
    chunks: list[Glimpse]
    version: str


def ingest(work: Work) -> Report:
    """Bring the knowledge base to what a path holds."""
    report = ingest_path(Path(work.args["path"]), work.target, work.note)
    if work.documents is not None:
        reconcile(work.tenant, work.knowledge, work.documents)
        note_files(report, work.documents)
    return report


def plan(work: Work) -> Report:
    """What an ingestion of a path would do; nothing is changed."""
    return dry_run(Path(work.args["path"]), work.target)


def upload(work: Work) -> Indexed:
    """Bring a document to the bytes that were uploaded.

    Raises:
        JobError: they have expired, or cannot be read as a document.
    """
    name = work.args["name"]
    data = work.documents.content(work.id) if work.documents is not None else None
    if data is None:
        raise JobError(
            "No worker took this file in time, and it was dropped (ATENDE_UPLOAD_HOURS). What was "
            "known of the document before is kept. Check that a worker runs, and upload it again."
        )
    row = ingest_upload(data, name, work.target, work.note)
    if row.status in {Status.FAILED, Status.SKIPPED}:
        raise JobError(row.reason)
    fields = fields_of(_indexed(work)[name]) | {"reason": row.reason}
    return Indexed(row=row, fields=fields)


def remove(work: Work) -> Removed:
    """Remove a document.

    Raises:
        JobError: there is none of this name; the message names those that are near.
    """
    name = work.args["name"]
    before = _indexed(work).get(name)
    listed = work.documents.get(work.tenant, name) if work.documents is not None else None
    if before is None and listed is None:
        raise JobError(unknown(name, _names(work)))
    work.knowledge.delete(work.tenant, name)
    if work.documents is not None:
        work.documents.drop(work.tenant, [name], work.documents.now_ms() + 1)
    if before is None:
        return Removed(name=name, chunks=0, pages=None)
    folder = before.origin if Path(before.origin).is_absolute() else ""
    return Removed(name=name, chunks=before.chunks, pages=before.pages, folder=folder)


def listed(work: Work) -> Listing:
    """All documents, those that failed or wait among them where Redis knows of them."""
    version = work.knowledge.store.version(work.tenant)
    if work.documents is None:
        found = [
            _document(work.tenant, each) for each in work.knowledge.store.documents(work.tenant)
        ]
    else:
        reconcile(work.tenant, work.knowledge, work.documents)
        found = list(work.documents.all(work.tenant))
    return Listing(tenant=work.tenant, version=version, documents=found)


def shown(work: Work) -> Shown:
    """One document, and how its chunks begin.

    Raises:
        JobError: there is none of this name; the message names those that are near.
    """
    name = work.args["name"]
    listing = listed(work)
    document = next((each for each in listing.documents if each.name == name), None)
    if document is None:
        raise JobError(unknown(name, [each.name for each in listing.documents]))
    chunks = [
        Glimpse(
            heading=chunk.heading,
            page=chunk.page,
            text=" ".join(chunk.text.split())[:_FIRST],
            questions=(*chunk.questions, *chunk.drafts),
        )
        for chunk in work.knowledge.chunks(work.tenant, name)
    ]
    return Shown(document=document, chunks=chunks, version=listing.version)


def unknown(name: str, names: list[str]) -> str:
    """What is said of a name that no document has, with those that are near."""
    by_fold = {each.casefold(): each for each in names}
    by_last = {each.rsplit("/", 1)[-1].casefold(): each for each in names}
    wanted = name.casefold()
    close = get_close_matches(wanted, [*by_fold, *by_last], n=2 * _NEAR, cutoff=0.5)
    near = list(dict.fromkeys(by_fold.get(each) or by_last[each] for each in close))[:_NEAR]
    if near:
        told = f"Near it: {', '.join(near)}."
    elif names:
        told = "`atende documents list` shows them all."
    else:
        told = "There are no documents at all yet: `atende ingest PATH` reads them."
    return f"There is no document {name!r}. Nothing was changed. {told}"


def _indexed(work: Work) -> dict[str, IndexedDocument]:
    return {each.name: each for each in work.knowledge.store.documents(work.tenant)}


def _names(work: Work) -> list[str]:
    return [each.name for each in listed(work).documents]


def _document(tenant: str, indexed: IndexedDocument) -> Document:
    return Document.from_hash(
        fields_of(indexed)
        | {
            "id": document_id(tenant, indexed.name),
            "tenant": tenant,
            "state": DocumentState.READY.value,
            "updated_at": f"{indexed.indexed_at.timestamp():.3f}",
        }
    )

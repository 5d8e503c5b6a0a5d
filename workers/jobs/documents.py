"""What jobs do with documents: ingest a path or an upload, list, show, retire and remove."""

from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel

from ingestion.dry_run import dry_run
from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.in_force import OutOfForce
from ingestion.pipeline import ingest_path, ingest_upload
from ingestion.report import FileRow, Report, Status
from ingestion.validity import ValidityError
from workers.contracts.document_names import document_id
from workers.contracts.documents import Document, DocumentState
from workers.jobs.errors import JobError
from workers.jobs.mirror import fields_of, note_files, reconcile
from workers.jobs.running_job import RunningJob

#: Characters of a chunk that `documents show` gives.
_PREVIEW_CHARACTERS = 160
#: Names that an error suggests.
_SUGGESTIONS = 3


class IndexedUpload(BaseModel):
    """An upload that is searchable now, and the new fields of its record."""

    row: FileRow
    fields: dict[str, str]


class Removal(BaseModel):
    """What was removed with a document.

    Attributes:
        folder: where its file was read from, and whose next ingestion brings the document back;
            empty where it was uploaded.
    """

    name: str
    chunks: int
    pages: int | None
    folder: str = ""


class Ruled(BaseModel):
    """A document that was retired or restored, as it is now.

    Attributes:
        back: names of others that it took the place of, and that are in force again.
    """

    document: Document
    back: tuple[str, ...] = ()


class Listing(BaseModel):
    """A clinic's documents."""

    tenant: str
    version: str
    documents: list[Document]


class ChunkPreview(BaseModel):
    """One chunk of a document: where it stands, how it begins, the questions that find it.

    Attributes:
        period: in which its rows hold, where they say so.
        in_force: whether today is in that.
    """

    heading: tuple[str, ...]
    page: int | None
    text: str
    questions: tuple[str, ...] = ()
    period: str = ""
    in_force: bool = True


class DocumentDetails(BaseModel):
    """One document with its chunks."""

    document: Document
    chunks: list[ChunkPreview]
    version: str


def ingest(job: RunningJob) -> Report:
    """Bring the knowledge base up to what a path holds.

    Raises:
        JobError: what is said of its validity makes no sense.
    """
    try:
        report = ingest_path(Path(job.args["path"]), job.target, job.note)
    except ValidityError as error:
        raise JobError(f"Nothing was changed: {error}.") from error
    if job.documents is not None:
        reconcile(job.tenant, job.knowledge, job.documents)
        note_files(report, job.documents)
    return report


def plan(job: RunningJob) -> Report:
    """What an ingestion of a path would do; nothing is changed."""
    return dry_run(Path(job.args["path"]), job.target)


def upload(job: RunningJob) -> IndexedUpload:
    """Bring a document up to the bytes that were uploaded.

    Raises:
        JobError: they have expired, cannot be read as a document, or what is said of its validity
            makes no sense.
    """
    name = job.args["name"]
    data = job.documents.content(job.id) if job.documents is not None else None
    if data is None:
        raise JobError(
            "No worker read this file in time, so it was dropped (ATENDE_UPLOAD_HOURS). What was "
            "known of the document before is kept. Check that a worker runs, and upload it again."
        )
    try:
        row = ingest_upload(data, name, job.target, job.note)
    except ValidityError as error:
        raise JobError(f"Nothing was changed: {error}. Send it again with other days.") from error
    if row.status in {Status.FAILED, Status.SKIPPED}:
        raise JobError(row.reason)
    out = job.knowledge.store.out_of_force(job.tenant)
    fields = fields_of(_indexed(job)[name], out) | {"reason": row.reason}
    return IndexedUpload(row=row, fields=fields)


def remove(job: RunningJob) -> Removal:
    """Remove a document.

    Raises:
        JobError: there is none of this name; the message suggests similar ones.
    """
    name = job.args["name"]
    indexed = _indexed(job).get(name)
    record = job.documents.get(job.tenant, name) if job.documents is not None else None
    if indexed is None and record is None:
        raise JobError(no_such_document(name, _names(list_all(job))))
    job.knowledge.delete(job.tenant, name)
    if job.documents is not None:
        job.documents.drop(job.tenant, [name], job.documents.now_ms() + 1)
    if indexed is None:
        return Removal(name=name, chunks=0, pages=None)
    folder = indexed.origin if Path(indexed.origin).is_absolute() else ""
    return Removal(name=name, chunks=indexed.chunks, pages=indexed.pages, folder=folder)


def retire(job: RunningJob) -> Ruled:
    """Put a document out of force: it is kept and listed, and no question is answered from it.

    Raises:
        JobError: there is none of this name; the message suggests similar ones.
    """
    return _rule(job, Ruling.RETIRED)


def restore(job: RunningJob) -> Ruled:
    """End a retirement, or the replacement by a newer edition that nobody said replaces it.

    Raises:
        JobError: there is none of this name; the message suggests similar ones.
    """
    return _rule(job, Ruling.RESTORED)


def _rule(job: RunningJob, ruling: Ruling) -> Ruled:
    name, store = job.args["name"], job.knowledge.store
    before = store.out_of_force(job.tenant, fresh=True).documents
    indexed = job.knowledge.amend(job.tenant, name, ruling=ruling)
    if indexed is None:
        raise JobError(no_such_document(name, _names(list_all(job))))
    if job.documents is not None:
        reconcile(job.tenant, job.knowledge, job.documents)
    out = store.out_of_force(job.tenant)
    back = tuple(sorted(before - out.documents - {name}))
    return Ruled(document=_document(job.tenant, indexed, out), back=back)


def list_all(job: RunningJob) -> Listing:
    """All documents; where Redis knows of them, also those that failed or wait."""
    version = job.knowledge.store.version(job.tenant)
    if job.documents is None:
        out = job.knowledge.store.out_of_force(job.tenant)
        indexed = job.knowledge.store.documents(job.tenant)
        documents = [_document(job.tenant, each, out) for each in indexed]
    else:
        reconcile(job.tenant, job.knowledge, job.documents)
        documents = list(job.documents.all(job.tenant))
    return Listing(tenant=job.tenant, version=version, documents=documents)


def show(job: RunningJob) -> DocumentDetails:
    """One document, and how its chunks begin.

    Raises:
        JobError: there is none of this name; the message suggests similar ones.
    """
    name = job.args["name"]
    listing = list_all(job)
    document = next((document for document in listing.documents if document.name == name), None)
    if document is None:
        raise JobError(no_such_document(name, _names(listing)))
    periods = job.knowledge.store.out_of_force(job.tenant).periods
    chunks = [
        ChunkPreview(
            heading=chunk.heading,
            page=chunk.page,
            text=" ".join(chunk.text.split())[:_PREVIEW_CHARACTERS],
            questions=(*chunk.questions, *chunk.drafts),
            period=chunk.period,
            in_force=chunk.period not in periods,
        )
        for chunk in job.knowledge.chunks(job.tenant, name)
    ]
    return DocumentDetails(document=document, chunks=chunks, version=listing.version)


def no_such_document(name: str, names: list[str]) -> str:
    """What the user is told of a name that no document has, with similar names."""
    by_name = {each.casefold(): each for each in names}
    by_file_name = {each.rsplit("/", 1)[-1].casefold(): each for each in names}
    candidates = [*by_name, *by_file_name]
    matches = get_close_matches(name.casefold(), candidates, n=2 * _SUGGESTIONS, cutoff=0.5)
    similar = dict.fromkeys(by_name.get(match) or by_file_name[match] for match in matches)
    if similar:
        advice = f"Similar names: {', '.join([*similar][:_SUGGESTIONS])}."
    elif names:
        advice = "`atende documents list` shows them all."
    else:
        advice = "There are no documents at all yet: `atende ingest PATH` reads them."
    return f"There is no document {name!r}. Nothing was changed. {advice}"


def _indexed(job: RunningJob) -> dict[str, IndexedDocument]:
    return {document.name: document for document in job.knowledge.store.documents(job.tenant)}


def _names(listing: Listing) -> list[str]:
    return [document.name for document in listing.documents]


def _document(tenant: str, indexed: IndexedDocument, out: OutOfForce) -> Document:
    return Document.from_hash(
        fields_of(indexed, out)
        | {
            "id": document_id(tenant, indexed.name),
            "tenant": tenant,
            "state": DocumentState.READY.value,
            "updated_at": f"{indexed.indexed_at.timestamp():.3f}",
        }
    )

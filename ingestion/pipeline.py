"""Documents into the knowledge base, from top to bottom: find, read, cut, embed, write, forget.

Incremental: an unchanged file costs its hash. Resumable: a document's record is written after its
chunks, so whatever a kill interrupts, the same call ends in the same state.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.chunking import CHUNKING, chunked
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.document import IndexedDocument
from ingestion.parsing import PARSING, ParseError
from ingestion.parsing.pdf.ocr import data_of
from ingestion.reading import Reader
from ingestion.report import Event, FileRow, Report, Status
from ingestion.settings import KnowledgeSettings
from ingestion.sources import Skipped, Source, digest, find, root_of

#: Is told every step; must be quick.
Progress = Callable[[Event], None]

Known = Mapping[str, IndexedDocument]


@dataclass(frozen=True, slots=True)
class Job:
    """What one ingestion is about.

    Attributes:
        path: the file or folder, absolute.
        root: the folder that names are relative to, and that documents belong to.
        tenant: the clinic.
        knowledge: where documents go.
        known: the tenant's documents before, by name.
        again: read unchanged files too.
        reader: the process that opens files.
    """

    path: Path
    root: Path
    tenant: str
    knowledge: Knowledge
    known: Known
    again: bool
    reader: Reader


def ingest(
    path: Path,
    tenant: str,
    knowledge: Knowledge,
    progress: Progress = lambda _: None,
    *,
    again: bool = False,
) -> Report:
    """Bring the knowledge base to what a file or a folder holds now.

    A file that cannot be read fails alone: the others are ingested, and what was known from it
    before is kept. A file gone from the folder is removed. A document has one name in its tenant:
    a file of the same name from another folder takes its place.

    Args:
        path: a file, or a folder with all its folders.
        tenant: the clinic that the documents belong to.
        knowledge: where they go.
        progress: told every step.
        again: read, cut and write unchanged files too (`--rebuild`).

    Raises:
        FileNotFoundError: there is nothing at `path`.
        KnowledgeError: the store fails; what was written is kept, and a repeat resumes.
    """
    started = time.monotonic()
    path = path.resolve()
    known = {document.name: document for document in knowledge.documents(tenant)}
    root = root_of(path, {Path(document.origin) for document in known.values()})
    found = list(find(path, root, knowledge.settings.max_file_mb))
    rows = []
    with Reader(knowledge.settings.reading) as reader:
        job = Job(path, root, tenant, knowledge, known, again, reader)
        for done, item in enumerate(found):
            step = Event(done=done, total=len(found), name=item.name)
            progress(step)
            rows.append(_row(item, job, step, progress))
            progress(step.model_copy(update={"done": done + 1, "row": rows[-1]}))
    rows += _forget_gone(found, job)
    return Report(
        tenant=tenant,
        path=str(path),
        rows=tuple(rows),
        seconds=time.monotonic() - started,
        version=knowledge.version(tenant),
    )


def recipe(settings: KnowledgeSettings, *, partly: bool = False) -> str:
    """How files are read and cut today: where it differs, an unchanged file is new work.

    Args:
        settings: what decides it.
        partly: of a document of which something was not read: it is read again once Tesseract's
            data is there, or more is allowed.
    """
    way = f"{PARSING}.{CHUNKING}/{settings.chunk_tokens}/{settings.embedding}"
    if not partly:
        return way
    _, languages = data_of(settings.ocr_languages) if settings.ocr == "auto" else ("", "")
    return f"{way}/{languages or 'no-ocr'}/{settings.ocr_pages}"


def _row(item: Source | Skipped, job: Job, step: Event, progress: Progress) -> FileRow:
    kept = " What was known from it before is kept." if item.name in job.known else ""
    if isinstance(item, Skipped):
        status = Status.FAILED if item.failed else Status.SKIPPED
        return FileRow(name=item.name, status=status, reason=f"{item.reason}{kept}")
    try:
        return _ingest_file(item, job, step, progress)
    except ParseError as error:
        return FileRow(name=item.name, status=Status.FAILED, reason=f"{error}{kept}")


def _ingest_file(source: Source, job: Job, step: Event, progress: Progress) -> FileRow:
    before = job.known.get(source.name)
    data = source.read()
    settings = job.knowledge.settings
    way = recipe(settings, partly=bool(before and before.notes))
    now = {"digest": digest(data), "recipe": way, "origin": str(job.root)}
    if before and not job.again and now.items() <= before.model_dump().items():
        return _file_row(before, Status.UNCHANGED)
    document = job.reader.read(data, source.name)
    chunks = chunked(document, settings.chunk_tokens, job.knowledge.embedder.count_tokens)
    record = IndexedDocument(
        name=source.name,
        title=document.title,
        pages=document.pages,
        chunks=len(chunks),
        indexed_at=datetime.now(UTC),
        notes=document.notes,
        **(now | {"recipe": recipe(settings, partly=bool(document.notes))}),
    )

    def embedded(count: int) -> None:
        progress(step.model_copy(update={"chunks_done": count, "chunks_total": len(chunks)}))

    job.knowledge.replace(job.tenant, record, chunks, embedded)
    return _file_row(record, Status.CHANGED if before else Status.NEW)


def _file_row(document: IndexedDocument, status: Status) -> FileRow:
    return FileRow(
        name=document.name,
        status=status,
        chunks=document.chunks,
        pages=document.pages,
        reason=" ".join(document.notes),
    )


def _forget_gone(items: Sequence[Source | Skipped], job: Job) -> Iterator[FileRow]:
    """Remove what came from this folder and is not there any more.

    What is below a folder that could not be entered may still be there.
    """
    found = {item.name for item in items}
    closed = tuple(
        "" if item.name == "." else f"{item.name}/"
        for item in items
        if isinstance(item, Skipped) and item.failed
    )
    gone = [
        name
        for name, document in job.known.items()
        if document.origin == str(job.root)
        and (job.root / name).is_relative_to(job.path)
        and name not in found
        and not name.startswith(closed)
    ]
    if gone and not found:
        reason = (
            f"The folder is empty, but {len(gone)} documents came from it: they are kept, in case "
            f"a network drive is not mounted. Remove them one by one if they are really gone."
        )
        yield FileRow(name=".", status=Status.FAILED, reason=reason)
        return
    for name in gone:
        job.knowledge.delete(job.tenant, name)
        yield FileRow(name=name, status=Status.REMOVED)

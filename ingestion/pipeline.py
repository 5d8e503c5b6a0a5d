"""Documents into the knowledge base, from top to bottom: find, plan, read, cut, embed, write.

Incremental: an unchanged file costs its hash, a renamed one no embedding. Resumable: a document is
noted before its chunks are written and completed after them, so whatever a kill interrupts, the
same call ends in the same state.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.ahead import ahead
from ingestion.chunking import chunked
from ingestion.knowledge.base import Knowledge, remembered
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.search.spell import terms_of
from ingestion.knowledge.stores.edge.store import EMBEDDED_LIMIT
from ingestion.knowledge.writing import Writer
from ingestion.parsing import ParseError
from ingestion.parsing.document import title_of
from ingestion.plan import (
    Known,
    Plan,
    Task,
    decide,
    failed,
    kept,
    left_out,
    now_of,
    plan_of,
    recipe,
    was,
)
from ingestion.progress import Progress, Steps
from ingestion.reading import Reader
from ingestion.report import FileRow, Report, Status
from ingestion.settings import IngestionSettings
from ingestion.sources import Skipped, digest, judge

#: The origin of uploaded documents. No folder has this path, so none forgets them.
UPLOAD = "upload"

#: Documents that are read and cut before their turn.
_READ_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Target:
    """Whose documents are ingested, where to, and how.

    Attributes:
        tenant: the clinic.
        knowledge: where they go.
        settings: how files are read and cut.
    """

    tenant: str
    knowledge: Knowledge
    settings: IngestionSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file, read and cut; or what became of it instead."""

    task: Task
    record: IndexedDocument | None = None
    chunks: tuple[Chunk, ...] = ()
    row: FileRow | None = None


def ingest(
    path: Path, target: Target, progress: Progress = lambda _: None, *, again: bool = False
) -> Report:
    """Bring the knowledge base to what a file or a folder holds now.

    A file that cannot be read fails alone: the others are ingested, and what was known from it
    before is kept. A file gone from the folder is removed. A document has one name in its tenant:
    a file of the same name from another folder takes its place. A second ingestion of the tenant
    in this process waits for the first.

    Args:
        path: a file, or a folder with all its folders.
        target: whose documents they are, where they go, how they are read and cut.
        progress: told every step, from more than one thread, but one at a time.
        again: read, cut and write unchanged files too (`--rebuild`).

    Raises:
        FileNotFoundError: there is nothing at `path`.
        BusyError: another process changes the tenant's documents.
        KnowledgeError: the store fails; what was written is kept, and a repeat resumes.
    """
    started = time.monotonic()
    tenant, knowledge = target.tenant, target.knowledge
    with knowledge.store.exclusive(tenant):
        known = _known(target)
        plan = plan_of(path, known, target.settings, again=again)
        steps = Steps(plan.total, progress)
        for row in plan.rows:
            steps.finished(row)
        _carry_out(plan, target, known, steps)
        warning = _tidied(knowledge) or _too_large(knowledge.store.size())
        return Report(
            tenant=tenant,
            path=str(path.resolve()),
            rows=tuple(sorted(steps.rows, key=lambda row: row.name)),
            seconds=time.monotonic() - started,
            version=knowledge.store.version(tenant),
            warning=warning,
        )


def plan(path: Path, target: Target) -> Report:
    """What `ingest` would do, told by digests alone: nothing is parsed, nothing is changed.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    tenant = target.tenant
    known, version = list(_known(target).values()), target.knowledge.store.version(tenant)
    return _planned(path, tenant, target.settings, known, version)


def plan_for(path: Path, tenant: str, settings: IngestionSettings) -> Report:
    """As `plan`, where no knowledge base is open: its model is not loaded, and none is made.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        KnowledgeError: the knowledge base cannot be read.
    """
    return _planned(path, tenant, settings, *remembered(settings, tenant))


def _planned(
    path: Path,
    tenant: str,
    settings: IngestionSettings,
    records: list[IndexedDocument],
    version: str,
) -> Report:
    started = time.monotonic()
    plan = plan_of(path, {record.name: record for record in records}, settings)
    return Report(
        tenant=tenant,
        path=str(path.resolve()),
        rows=plan.all_rows,
        seconds=time.monotonic() - started,
        version=version,
        dry_run=True,
    )


def ingest_upload(
    data: bytes, name: str, target: Target, progress: Progress = lambda _: None
) -> FileRow:
    """Bring one document to these bytes; the row says what became of it.

    Args:
        data: the file.
        name: the document's name, `/` between its folders; it needs not be a file's.
        target: whose document it is, where it goes, how it is read and cut.
        progress: told every step.

    Raises:
        BusyError: another process changes the tenant's documents.
        KnowledgeError: the store fails; a repeat resumes.
    """
    tenant, settings = target.tenant, target.settings
    with TemporaryDirectory(prefix="atende-") as folder, target.knowledge.store.exclusive(tenant):
        path = Path(folder, "upload")  # the name alone may be longer than the system's folders take
        path.write_bytes(data)
        item = judge(path, name, path.parent, settings.max_file_mb)
        if isinstance(item, Skipped):
            return left_out(item, {})
        known, now = _known(target), now_of(settings, UPLOAD)
        (task,) = decide([item], {name: digest(data)}, (), known, now)
        if task.before and task.status is Status.UNCHANGED:
            return kept(task.before, Status.UNCHANGED)
        steps = Steps(1, progress)
        _carry_out(Plan(Path(UPLOAD), (task,), (), (), 1), target, known, steps)
        return steps.rows[0]


def _known(target: Target) -> Known:
    return {document.name: document for document in target.knowledge.store.records(target.tenant)}


def _carry_out(plan: Plan, target: Target, known: Known, steps: Steps) -> None:
    """Renamed, new and changed files, then what is gone.

    Three threads overlap: one reads and cuts the next files, this one embeds, one writes.
    """
    tenant, knowledge = target.tenant, target.knowledge
    files = _prepared(plan, target, known)
    with closing(ahead(files, _READ_AHEAD)) as prepared, knowledge.writer(tenant) as writer:
        for each in prepared:
            if each.row is not None:
                steps.finished(each.row)
            elif each.record is not None:
                _write(each, each.record, writer, steps)
            else:
                steps.finished(_rename(each.task, tenant, knowledge))
    for name in plan.gone:
        knowledge.delete(tenant, name)
        steps.finished(FileRow(name=name, status=Status.REMOVED), counts=False)


def _prepared(plan: Plan, target: Target, known: Known) -> Iterator[Prepared]:
    with Reader(target.settings.reading) as reader:
        for task in plan.tasks:
            if task.status is Status.RENAMED:
                yield Prepared(task)
                continue
            try:
                yield _read(task, str(plan.root), target, reader)
            except ParseError as error:
                yield Prepared(task, row=failed(task.source.name, error, known))


def _read(task: Task, origin: str, target: Target, reader: Reader) -> Prepared:
    """Read and cut one file. Its bytes are those of now: it may have changed since the plan."""
    source, settings = task.source, target.settings
    data = source.read()
    document = reader.read(data, source.name)
    chunks = chunked(document, settings.chunk_tokens, target.knowledge.embedder.count_tokens)
    record = IndexedDocument(
        name=source.name,
        digest=digest(data),
        recipe=recipe(settings, partly=bool(document.notes)),
        origin=origin,
        title=document.title,
        pages=document.pages,
        chunks=len(chunks),
        indexed_at=datetime.now(UTC),
        notes=document.notes,
        terms=terms_of(chunks),
    )
    return Prepared(task, record, tuple(chunks))


def _write(each: Prepared, record: IndexedDocument, writer: Writer, steps: Steps) -> None:
    steps.at_work(record.name)
    writer.add(
        record,
        each.chunks,
        like=each.task.like,
        progress=lambda count: steps.embedded(record.name, count, record.chunks),
        done=lambda: steps.finished(kept(record, each.task.status)),
    )


def _rename(task: Task, tenant: str, knowledge: Knowledge) -> FileRow:
    """The document under its new name. A title that came from the old one follows it."""
    before, name = task.before, task.source.name
    if before is None:
        raise AssertionError("a renamed file was another document before")
    own_title = before.title != title_of(before.name)
    after = before.model_copy(
        update={"name": name, "title": before.title if own_title else title_of(name)}
    )
    knowledge.rename(tenant, before, after)
    return kept(after, Status.RENAMED, was(task))


def _tidied(knowledge: Knowledge) -> str:
    """What went wrong with the shape of the store: everything is searchable all the same."""
    try:
        knowledge.store.tidy()
    except KnowledgeError as error:
        return str(error)
    return ""


def _too_large(size: int | None) -> str:
    if size is None or size <= EMBEDDED_LIMIT:
        return ""
    return (
        f"The embedded store holds {size:,} points; it is measured up to {EMBEDDED_LIMIT:,}. "
        f"Searches get slower from here: run a Qdrant server, set ATENDE_QDRANT_URL, and ingest "
        f"again."
    )

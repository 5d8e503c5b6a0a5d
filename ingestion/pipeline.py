"""Documents into the knowledge base, from top to bottom: plan, read, cut, embed, write.

Incremental: an unchanged file costs its hash, a renamed one no embedding. Resumable: a document is
noted before its chunks are written and completed after them, so whatever a kill interrupts, the
same call ends in the same state.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.chunking import chunks_of
from ingestion.files import SkippedFile, classify, digest
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.editions import year_in
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.search.spell import terms_of
from ingestion.knowledge.stores.edge.store import EMBEDDED_LIMIT
from ingestion.knowledge.writing import Writer
from ingestion.naming import full_title
from ingestion.parsing import ParseError
from ingestion.parsing.document import title_of
from ingestion.plan import Baseline, Plan, PlannedFile, decide, plan_of
from ingestion.prefetch import Prefetch
from ingestion.progress import Progress, Steps
from ingestion.reader.reader import Reader
from ingestion.recipe import Recipe
from ingestion.report import FileRow, Report, Status
from ingestion.rows import Documents, document_row, failed_row, skipped_row
from ingestion.settings import IngestionSettings
from ingestion.validity import UNSAID, Validity
from ingestion.validity_remarks import with_validity

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
        validity: what the clinic says of these documents, as `Validity.changed` takes it; it stays
            said until it is said otherwise.
    """

    tenant: str
    knowledge: Knowledge
    settings: IngestionSettings
    validity: Mapping[str, str] = field(default_factory=dict)

    def documents(self) -> Documents:
        """The tenant's documents by name, with those that a kill left unfinished."""
        records = self.knowledge.store.records(self.tenant)
        return {document.name: document for document in records}

    def given(self, before: IndexedDocument | None) -> Validity:
        """What the clinic says of a document, now and before."""
        return (before.given if before else UNSAID).changed(self.validity)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file, read and cut; or the row of what became of it instead."""

    planned: PlannedFile
    record: IndexedDocument | None = None
    chunks: tuple[Chunk, ...] = ()
    row: FileRow | None = None


def ingest(path: Path, tenant: str, knowledge: Knowledge) -> Report:
    """`ingest_path` with the settings of the environment: for a script of a few lines."""
    return ingest_path(path, Target(tenant, knowledge, IngestionSettings()))


def ingest_path(
    path: Path, target: Target, progress: Progress = lambda _: None, *, reread: bool = False
) -> Report:
    """Bring the knowledge base to what a file or a folder holds now.

    A file that cannot be read fails alone: the others are ingested, and what was known from it
    before is kept. A file gone from the folder is removed. A document has one name in its tenant:
    a file of the same name from another folder takes its place. A second ingestion of the tenant
    in this process waits for the first.

    Args:
        path: a file, or a folder with all its folders.
        target: whose documents they are, where they go, how they are read and cut.
        progress: called at every step, from more than one thread, but one at a time.
        reread: read, cut and write unchanged files too (`--rebuild`).

    Raises:
        FileNotFoundError: there is nothing at `path`.
        ValidityError: the target's validity makes no sense. Nothing was changed.
        BusyError: another process changes the tenant's documents.
        KnowledgeError: the store fails; what was written is kept, and a repeat resumes.
    """
    started = time.monotonic()
    tenant, knowledge = target.tenant, target.knowledge
    with knowledge.store.exclusive(tenant):
        documents = target.documents()
        plan = plan_of(path, documents, target.settings, reread=reread)
        steps = Steps(plan.total, progress)
        for row in plan.rows:
            steps.finished(row)
        _carry_out(plan, target, documents, steps)
        rows = _with_validity(steps.rows, target)
        warning = _tidy(knowledge) or _too_large(knowledge.store.size())
        return Report(
            tenant=tenant,
            path=str(path.resolve()),
            rows=tuple(sorted(rows, key=lambda row: row.name)),
            seconds=time.monotonic() - started,
            version=knowledge.store.version(tenant),
            uncalibrated="" if knowledge.calibrations.of_embedding() else knowledge.embedder.name,
            warning=warning,
        )


def ingest_upload(
    data: bytes, name: str, target: Target, progress: Progress = lambda _: None
) -> FileRow:
    """Bring one document to these bytes; the row says what became of it.

    Args:
        data: the file.
        name: the document's name, `/` between its folders; no file needs to have it.
        target: whose document it is, where it goes, how it is read and cut.
        progress: called at every step.

    Raises:
        ValidityError: the target's validity makes no sense. Nothing was changed.
        BusyError: another process changes the tenant's documents.
        KnowledgeError: the store fails; a repeat resumes.
    """
    tenant, settings = target.tenant, target.settings
    with TemporaryDirectory(prefix="atende-") as folder, target.knowledge.store.exclusive(tenant):
        path = Path(folder, "upload")  # `name` may be longer than the file system allows
        path.write_bytes(data)
        file = classify(path, name, path.parent, settings.max_file_mb)
        if isinstance(file, SkippedFile):
            return skipped_row(file, {})
        documents, baseline = target.documents(), Baseline(Recipe.of(settings), UPLOAD)
        (planned,) = decide([file], {name: digest(data)}, (), documents, baseline)
        steps = Steps(1, progress)
        if planned.before and planned.status is Status.UNCHANGED:
            steps.finished(document_row(planned.before, Status.UNCHANGED))
        else:
            _carry_out(Plan(Path(UPLOAD), (planned,), (), (), 1), target, documents, steps)
        (row,) = _with_validity(steps.rows, target)
        return row


def _with_validity(rows: Sequence[FileRow], target: Target) -> list[FileRow]:
    """Say of files that were not read again what the clinic says now; complete all rows."""
    tenant, store = target.tenant, target.knowledge.store
    documents = target.documents()
    unread = (row for row in rows if row.status in {Status.UNCHANGED, Status.RENAMED})
    for row in unread if target.validity else ():
        before = documents[row.name]
        if before.given != target.given(before):
            target.knowledge.amend(tenant, row.name, given=target.given(before))
    out = store.out_of_force(tenant, fresh=True)
    return with_validity(rows, target.documents(), out, store.today())


def _carry_out(plan: Plan, target: Target, documents: Documents, steps: Steps) -> None:
    """Renamed, new and changed files, then removed ones.

    Three threads overlap: one reads and cuts the next files, this one embeds, one writes.
    """
    tenant, knowledge = target.tenant, target.knowledge
    files = _prepare(plan, target, documents)
    with (
        closing(Prefetch(files, _READ_AHEAD)) as prepared_files,
        knowledge.writer(tenant) as writer,
    ):
        for prepared in prepared_files:
            if prepared.row is not None:
                steps.finished(prepared.row)
            elif prepared.record is not None:
                _write(prepared, prepared.record, writer, steps)
            else:
                steps.finished(_rename(prepared.planned, tenant, knowledge))
    for name in plan.gone:
        knowledge.delete(tenant, name)
        steps.finished(FileRow(name=name, status=Status.REMOVED), counts=False)


def _prepare(plan: Plan, target: Target, documents: Documents) -> Iterator[Prepared]:
    with Reader(target.settings.reading) as reader:
        for planned in plan.files:
            if planned.status is Status.RENAMED:
                yield Prepared(planned)
                continue
            try:
                yield _read(planned, str(plan.root), target, reader)
            except ParseError as error:
                yield Prepared(planned, row=failed_row(planned.file.name, error, documents))


def _read(planned: PlannedFile, origin: str, target: Target, reader: Reader) -> Prepared:
    """Read and cut one file. Its bytes are those of now: it may have changed since the plan."""
    file, settings = planned.file, target.settings
    data = file.read()
    document = reader.read(data, file.name)
    day = target.knowledge.store.today()
    count = target.knowledge.embedder.count_tokens
    chunks = chunks_of(document, settings.chunk_tokens, count, file.name)
    before, file_digest = planned.before, digest(data)
    record = IndexedDocument(
        name=file.name,
        digest=file_digest,
        recipe=Recipe.of(settings).text(is_partial=bool(document.notes)),
        origin=origin,
        title=document.title,
        pages=document.pages,
        chunks=len(chunks),
        indexed_at=datetime.now(UTC),
        notes=document.notes,
        terms=terms_of(chunks),
        stated=document.validity,
        given=target.given(before),
        ruling=before.ruling if before else Ruling.NONE,
        periods=tuple(dict.fromkeys(chunk.period for chunk in chunks if chunk.period)),
        year=year_in(chunks),
        since=before.seen_on if before and before.digest == file_digest else day,
        former_names=before.former_names if before else (),
    )
    return Prepared(planned, record, tuple(chunks))


def _write(prepared: Prepared, record: IndexedDocument, writer: Writer, steps: Steps) -> None:
    steps.started(record.name)
    writer.add(
        record,
        prepared.chunks,
        donors=prepared.planned.donors,
        progress=lambda count: steps.embedded(record.name, count, record.chunks),
        done=lambda: steps.finished(document_row(record, prepared.planned.status)),
    )


def _rename(planned: PlannedFile, tenant: str, knowledge: Knowledge) -> FileRow:
    """The document under its new name. A title that came from the old one follows it."""
    before, name = planned.before, planned.file.name
    if before is None:
        raise AssertionError("a renamed file was another document before")
    has_own_title = before.title != title_of(before.name)
    after = before.model_copy(
        update={
            "name": name,
            "title": before.title if has_own_title else title_of(name),
            "former_names": (*before.former_names, before.name),
        }
    )
    knowledge.rename(tenant, before, after, full_title(after.title, name))
    return document_row(after, Status.RENAMED, planned.rename_note)


def _tidy(knowledge: Knowledge) -> str:
    """Tidy the store; what went wrong, if anything: all is searchable even so."""
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

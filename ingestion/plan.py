"""What an ingestion has to do: every file's digest against what the knowledge base remembers.

Nothing is parsed and nothing is changed here: this is also what `--dry-run` shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.chunking import CHUNKING
from ingestion.knowledge.document import IndexedDocument
from ingestion.parsing import PARSING, ParseError, suffix_of
from ingestion.parsing.pdf.ocr import tesseract_data
from ingestion.report import FileRow, Status
from ingestion.settings import IngestionSettings
from ingestion.sources import Skipped, Source, digest, find, root_of

#: The tenant's documents before, by name, with those that a kill left unfinished.
Known = Mapping[str, IndexedDocument]

Item = Source | Skipped


@dataclass(frozen=True, slots=True)
class Task:
    """A file that the knowledge base does not hold as it is.

    Attributes:
        source: the file.
        status: new, changed or renamed.
        before: the document that it was before, under this name or (renamed) under another.
        like: names of documents whose chunks may say the same, so that their vectors serve.
    """

    source: Source
    status: Status
    before: IndexedDocument | None = None
    like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Now:
    """What files are compared with.

    Attributes:
        recipe: how files are read and cut today.
        partly: likewise, of those of which something was not read.
        origin: the folder, as `IndexedDocument.origin`.
        again: nothing counts as unchanged or renamed.
    """

    recipe: str
    partly: str
    origin: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done, and what has not.

    Attributes:
        root: the folder that names are relative to.
        tasks: files to read, renamed and new ones before changed ones: these let go of chunks
            whose vectors may serve the others.
        gone: names of documents whose file is not there any more.
        rows: files that nothing has to be done for: unchanged, skipped, failed.
        total: files found.
    """

    root: Path
    tasks: tuple[Task, ...]
    gone: tuple[str, ...]
    rows: tuple[FileRow, ...]
    total: int

    @property
    def all_rows(self) -> tuple[FileRow, ...]:
        """A row per file, by name, as an ingestion would report them."""
        planned = [
            FileRow(name=task.source.name, status=task.status, reason=was(task))
            for task in self.tasks
        ]
        gone = [FileRow(name=name, status=Status.REMOVED) for name in self.gone]
        return tuple(sorted((*self.rows, *planned, *gone), key=lambda row: row.name))


def recipe(settings: IngestionSettings, *, partly: bool = False) -> str:
    """How files are read and cut today: where it differs, an unchanged file is new work.

    Args:
        settings: what decides it.
        partly: of a document of which something was not read: it is read again once Tesseract's
            data is there, or more is allowed.
    """
    way = f"{PARSING}.{CHUNKING}/{settings.chunk_tokens}/{settings.embedding}"
    if not partly:
        return way
    _, languages = tesseract_data(settings.ocr_languages) if settings.ocr == "auto" else ("", "")
    return f"{way}/{languages or 'no-ocr'}/{settings.ocr_pages}"


def now_of(settings: IngestionSettings, origin: str, *, again: bool = False) -> Now:
    """What files are compared with today."""
    return Now(recipe(settings), recipe(settings, partly=True), origin, again)


def plan_of(path: Path, known: Known, settings: IngestionSettings, *, again: bool = False) -> Plan:
    """Look at all files of a path; each costs a hash.

    Args:
        path: a file, or a folder with all its folders.
        known: the tenant's documents.
        settings: limits and recipe.
        again: unchanged and renamed files are work, too.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    path = path.resolve()
    root = root_of(path, {Path(document.origin) for document in known.values()})
    items = list(find(path, root, settings.max_file_mb))
    digests: dict[str, str] = {}
    rows = []
    for item in items:
        if isinstance(item, Skipped):
            rows.append(left_out(item, known))
            continue
        try:
            digests[item.name] = digest(item.read())
        except ParseError as error:
            rows.append(failed(item.name, error, known))
    gone, warning = _gone(path, root, items, known)
    sources = [item for item in items if isinstance(item, Source) and item.name in digests]
    now = now_of(settings, str(root), again=again)
    decided = decide(sources, digests, gone, known, now)
    renamed = {task.before.name for task in decided if task.before and _moves(task)}
    tasks = [task for task in decided if task.status is not Status.UNCHANGED]
    rows += [*_unchanged(decided), *warning]
    return Plan(
        root,
        tuple(sorted(tasks, key=lambda task: task.status is Status.CHANGED)),
        tuple(name for name in gone if name not in renamed),
        tuple(rows),
        len(items),
    )


def decide(
    sources: Iterable[Source],
    digests: Mapping[str, str],
    gone: Sequence[str],
    known: Known,
    now: Now,
) -> list[Task]:
    """What becomes of each file. Pure.

    A file whose bytes are those of a document that is gone, under a name of the same ending, is
    that document renamed. Of several such documents the first by name is taken.

    Args:
        sources: the files.
        digests: their digests by name.
        gone: names of documents whose file is gone.
        known: the tenant's documents.
        now: what the files are compared with.
    """
    same: dict[str, list[IndexedDocument]] = {}
    for document in known.values():
        same.setdefault(document.digest, []).append(document)
    free = {name for name in gone if _is_current(known[name], now)}
    tasks = []
    for source in sources:
        own = digests[source.name]
        before = known.get(source.name)
        like = tuple(each.name for each in same.get(own, ()) if each.name != source.name)
        if before is not None and before.digest:
            is_same = (before.digest, before.origin) == (own, now.origin)
            status = Status.CHANGED
            if is_same and _is_current(before, now) and not now.again:
                status = Status.UNCHANGED
            tasks.append(Task(source, status, before, (source.name, *like)))
            continue
        moved = [name for name in like if name in free and _same_kind(name, source.name)]
        if moved and not now.again:
            free.discard(moved[0])
            tasks.append(Task(source, Status.RENAMED, known[moved[0]]))
        else:
            tasks.append(Task(source, Status.NEW, None, like))
    return tasks


def was(task: Task) -> str:
    """What a renamed file was called before."""
    return f"It was {task.before.name}." if task.before and _moves(task) else ""


def failed(name: str, why: object, known: Known) -> FileRow:
    """A file that cannot be read."""
    is_known = name in known and bool(known[name].digest)
    note = " What was known from it before is kept." if is_known else ""
    return FileRow(name=name, status=Status.FAILED, reason=f"{why}{note}")


def left_out(item: Skipped, known: Known) -> FileRow:
    """A file that is no document, or one that should have been read."""
    if item.failed:
        return failed(item.name, item.reason, known)
    return FileRow(name=item.name, status=Status.SKIPPED, reason=item.reason)


def kept(document: IndexedDocument, status: Status, reason: str = "") -> FileRow:
    """A document that is in the knowledge base, and what of it was not read."""
    return FileRow(
        name=document.name,
        status=status,
        chunks=document.chunks,
        pages=document.pages,
        reason=" ".join(filter(None, (reason, *document.notes))),
    )


def _moves(task: Task) -> bool:
    return task.status is Status.RENAMED


def _is_current(document: IndexedDocument, now: Now) -> bool:
    way = now.partly if document.notes else now.recipe
    return bool(document.digest) and not document.unfinished and document.recipe == way


def _same_kind(name: str, other: str) -> bool:
    """Another ending may mean another parser."""
    return suffix_of(name) == suffix_of(other)


def _unchanged(decided: Iterable[Task]) -> Iterator[FileRow]:
    for task in decided:
        if task.before is not None and task.status is Status.UNCHANGED:
            yield kept(task.before, Status.UNCHANGED)


def _gone(
    path: Path, root: Path, items: Sequence[Item], known: Known
) -> tuple[tuple[str, ...], list[FileRow]]:
    """Documents that came from this folder and whose files are not there any more.

    What is below a folder that could not be entered may still be there.
    """
    names = {item.name for item in items}
    closed = tuple(
        "" if item.name == "." else f"{item.name}/"
        for item in items
        if isinstance(item, Skipped) and item.failed
    )
    gone = tuple(
        name
        for name, document in sorted(known.items())
        if document.origin == str(root)
        and (root / name).is_relative_to(path)
        and name not in names
        and not name.startswith(closed)
    )
    if not gone or names:
        return gone, []
    reason = (
        f"The folder is empty, but {len(gone)} documents came from it: they are kept, in case "
        f"a network drive is not mounted. Remove them one by one if they are really gone."
    )
    return (), [FileRow(name=".", status=Status.FAILED, reason=reason)]

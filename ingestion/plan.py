"""What an ingestion has to do: every file's digest against the tenant's documents.

Nothing is parsed and nothing is changed here: this is also what `--dry-run` shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.files import InputFile, SkippedFile, digest, files_at, root_of
from ingestion.knowledge.document import IndexedDocument
from ingestion.parsing import ParseError, suffix_of
from ingestion.recipe import Recipe
from ingestion.report import FileRow, Status
from ingestion.rows import Documents, document_row, failed_row, skipped_row
from ingestion.settings import IngestionSettings


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file, and what an ingestion makes of it.

    Attributes:
        file: the file.
        status: new, changed, renamed or unchanged.
        before: the document that it was before, under this name or (renamed) under another.
        donors: names of documents whose vectors serve where a chunk's text is equal.
    """

    file: InputFile
    status: Status
    before: IndexedDocument | None = None
    donors: tuple[str, ...] = ()

    @property
    def former_name(self) -> str:
        """What a renamed file was called before; else nothing."""
        return self.before.name if self.before and self.status is Status.RENAMED else ""

    @property
    def rename_note(self) -> str:
        """A renamed file's former name, as a sentence; else nothing."""
        return f"It was {self.former_name}." if self.former_name else ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What files are compared with, beside the tenant's documents.

    Attributes:
        recipe: how files are read and cut today.
        origin: the folder, as `IndexedDocument.origin`.
        reread: nothing counts as unchanged or renamed.
    """

    recipe: Recipe
    origin: str
    reread: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done, and what has not.

    Attributes:
        root: the folder that names are relative to.
        files: files to read, renamed and new ones before changed ones: these let go of chunks
            whose vectors may serve the others.
        gone: names of documents whose file is not there any more.
        rows: files that nothing has to be done for: unchanged, skipped, failed.
        total: number of files.
    """

    root: Path
    files: tuple[PlannedFile, ...]
    gone: tuple[str, ...]
    rows: tuple[FileRow, ...]
    total: int

    @property
    def all_rows(self) -> tuple[FileRow, ...]:
        """A row per file, by name, as an ingestion would report them."""
        rows = [
            FileRow(name=planned.file.name, status=planned.status, reason=planned.rename_note)
            for planned in self.files
        ]
        gone = [FileRow(name=name, status=Status.REMOVED) for name in self.gone]
        return tuple(sorted((*self.rows, *rows, *gone), key=lambda row: row.name))


def plan_of(
    path: Path, documents: Documents, settings: IngestionSettings, *, reread: bool = False
) -> Plan:
    """Look at all files of a path; each costs a hash.

    Args:
        path: a file, or a folder with all its folders.
        documents: the tenant's.
        settings: limits and recipe.
        reread: unchanged and renamed files are work, too.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    path = path.resolve()
    root = root_of(path, {Path(document.origin) for document in documents.values()})
    items = list(files_at(path, root, settings.max_file_mb))
    digests: dict[str, str] = {}
    rows = []
    for item in items:
        if isinstance(item, SkippedFile):
            rows.append(skipped_row(item, documents))
            continue
        try:
            digests[item.name] = digest(item.read())
        except ParseError as error:
            rows.append(failed_row(item.name, error, documents))
    gone, warning = _gone(path, root, items, documents)
    files = [item for item in items if isinstance(item, InputFile) and item.name in digests]
    baseline = Baseline(Recipe.of(settings), str(root), reread)
    decisions = decide(files, digests, gone, documents, baseline)
    former_names = {planned.former_name for planned in decisions}
    work = [planned for planned in decisions if planned.status is not Status.UNCHANGED]
    rows += [*_unchanged(decisions), *warning]
    return Plan(
        root,
        tuple(sorted(work, key=lambda planned: planned.status is Status.CHANGED)),
        tuple(name for name in gone if name not in former_names),
        tuple(rows),
        len(items),
    )


def decide(
    files: Iterable[InputFile],
    digests: Mapping[str, str],
    gone: Sequence[str],
    documents: Documents,
    baseline: Baseline,
) -> list[PlannedFile]:
    """What becomes of each file. Pure.

    A file whose bytes are those of a document that is gone, under a name of the same ending, is
    that document renamed. Of several such documents the first by name is taken.

    Args:
        files: those that can be read.
        digests: their digests by name.
        gone: names of documents whose file is gone.
        documents: the tenant's.
        baseline: what the files are compared with.
    """
    names_by_digest: dict[str, list[str]] = {}
    for document in documents.values():
        names_by_digest.setdefault(document.digest, []).append(document.name)
    free = {name for name in gone if baseline.recipe.matches(documents[name])}
    decisions = []
    for file in files:
        file_digest = digests[file.name]
        before = documents.get(file.name)
        copies = tuple(name for name in names_by_digest.get(file_digest, ()) if name != file.name)
        if before is not None and before.digest:
            is_same = (before.digest, before.origin) == (file_digest, baseline.origin)
            is_current = is_same and baseline.recipe.matches(before) and not baseline.reread
            status = Status.UNCHANGED if is_current else Status.CHANGED
            decisions.append(PlannedFile(file, status, before, (file.name, *copies)))
            continue
        former = [name for name in copies if name in free and _same_kind(name, file.name)]
        if former and not baseline.reread:
            free.discard(former[0])
            decisions.append(PlannedFile(file, Status.RENAMED, documents[former[0]]))
        else:
            decisions.append(PlannedFile(file, Status.NEW, None, copies))
    return decisions


def _same_kind(name: str, other: str) -> bool:
    """Another ending may mean another parser."""
    return suffix_of(name) == suffix_of(other)


def _unchanged(decisions: Iterable[PlannedFile]) -> Iterator[FileRow]:
    for planned in decisions:
        if planned.before is not None and planned.status is Status.UNCHANGED:
            yield document_row(planned.before, Status.UNCHANGED)


def _gone(
    path: Path, root: Path, items: Sequence[InputFile | SkippedFile], documents: Documents
) -> tuple[tuple[str, ...], list[FileRow]]:
    """Documents that came from this folder and whose files are not there any more.

    What is below a folder that could not be entered may still be there.
    """
    names = {item.name for item in items}
    closed = tuple(
        "" if item.name == "." else f"{item.name}/"
        for item in items
        if isinstance(item, SkippedFile) and item.failed
    )
    gone = tuple(
        name
        for name, document in sorted(documents.items())
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

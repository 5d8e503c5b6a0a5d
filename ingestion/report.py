"""An ingestion's events, one per step while it runs, and its report at the end.

Both are sent as JSON from the worker that ingests to the command that shows them.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Status(StrEnum):
    """What became of a file."""

    NEW = "new"
    CHANGED = "changed"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"
    SKIPPED = "skipped"


class FileRow(BaseModel):
    """What became of one file.

    Attributes:
        name: the document's name.
        status: what became of it.
        chunks: chunks that it has now; 0 where it failed or was skipped.
        pages: its pages, where the format has pages.
        reason: why it failed or was skipped, and what to do; where it was read, which parts of
            it were not (pages of a scan, attachments), and its former name where it was renamed;
            mostly empty.
        validity: why it is not searched, or what is to be decided of it; mostly empty.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    status: Status
    chunks: int = 0
    pages: int | None = None
    reason: str = ""
    validity: str = ""

    @property
    def is_partly_read(self) -> bool:
        """Whether it was read with a remark: a part is missing, or its name is wrong."""
        return bool(self.reason) and self.status in {Status.NEW, Status.CHANGED, Status.UNCHANGED}

    @property
    def remark(self) -> str:
        """All that is to be said of it."""
        return " ".join(filter(None, (self.reason, self.validity)))


class Event(BaseModel):
    """One step of a running ingestion.

    Attributes:
        done: files finished so far.
        total: number of files.
        name: the present file, or the one just finished.
        chunks_done: chunks of this file that are embedded.
        chunks_total: chunks of this file; 0 until it is cut.
        row: set once the file is finished.
    """

    model_config = ConfigDict(frozen=True)

    done: int
    total: int
    name: str
    chunks_done: int = 0
    chunks_total: int = 0
    row: FileRow | None = None


class Report(BaseModel):
    """The outcome of an ingestion.

    Attributes:
        tenant: the clinic.
        path: what was ingested, as given.
        rows: one per file, in the order of their names.
        seconds: wall time.
        version: the tenant's knowledge version afterwards.
        dry_run: nothing was changed; the rows say what an ingestion would do.
        uncalibrated: the embedding model, where it has no calibration; else empty.
        warning: what to look after, e.g. that the embedded store is too full; mostly empty.
    """

    model_config = ConfigDict(frozen=True)

    tenant: str
    path: str
    rows: tuple[FileRow, ...]
    seconds: float
    version: str
    dry_run: bool = False
    uncalibrated: str = ""
    warning: str = ""

    def count(self, status: Status) -> int:
        """Number of files with this status."""
        return sum(row.status is status for row in self.rows)

    @property
    def partly(self) -> int:
        """Number of files that were read with a remark."""
        return sum(row.is_partly_read or bool(row.validity) for row in self.rows)

    @property
    def chunks(self) -> int:
        """Chunks of all files of this ingestion."""
        return sum(row.chunks for row in self.rows)

    @property
    def exit_code(self) -> int:
        """1 if some file failed, else 0; a file that was read in part did not fail."""
        return int(self.count(Status.FAILED) > 0)

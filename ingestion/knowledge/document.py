"""What the knowledge base remembers of an ingested document."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from ingestion.validity import UNSAID, Validity


class Ruling(StrEnum):
    """What the clinic decided of a document, whatever it says itself."""

    NONE = ""
    RETIRED = "retired"  #: it is out of force
    RESTORED = "restored"  #: no newer edition takes its place by title alone


class IndexedDocument(BaseModel):
    """A document whose chunks are searchable. Written after its chunks: it marks them complete.

    Attributes:
        name: the document's name, unique in its tenant, e.g. `exames/colonoscopia.pdf`.
        digest: sha256 of the file's bytes, in hex.
        recipe: how it was read and cut; another recipe makes an unchanged file new work.
        origin: the folder that it came from; a file that is gone from there is removed.
        title: the document's title.
        pages: number of pages, where the format has pages.
        chunks: number of chunks.
        indexed_at: when it was written, in UTC.
        notes: what of the file was not read, or was read otherwise than its name says.
        unfinished: the store may hold other chunks than the record counts: they are being written,
            or a kill interrupted that. The next ingestion writes all of them again.
        terms: its words that are common in no language, as written: names, drugs, exams. Typing
            errors of questions are corrected to them.
        stated: what the file says of its validity.
        given: what the clinic says of it; this goes before what the file says.
        ruling: whether the clinic retired or restored it.
        periods: in which rows of it hold, as `validity.period` writes them; each once.
        year: the year that its first heading or first lines say it is of.
        since: the day on which its present content was first written; None in older records.
        former_names: what it was called before it was renamed.

    A record without a digest is of a document that is not complete yet, or is being removed.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    digest: str
    recipe: str
    origin: str
    title: str
    pages: int | None
    chunks: int
    indexed_at: datetime
    notes: tuple[str, ...] = ()
    unfinished: bool = False
    terms: tuple[str, ...] = ()
    stated: Validity = UNSAID
    given: Validity = UNSAID
    ruling: Ruling = Ruling.NONE
    periods: tuple[str, ...] = ()
    year: int | None = None
    since: date | None = None
    former_names: tuple[str, ...] = ()

    @property
    def validity(self) -> Validity:
        """What holds: the clinic's word before the file's."""
        return self.given.over(self.stated)

    @property
    def seen_on(self) -> date:
        """The day on which its present content was first written."""
        return self.since or self.indexed_at.date()

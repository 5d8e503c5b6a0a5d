"""What the knowledge base remembers of an ingested document."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


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

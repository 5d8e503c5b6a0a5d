"""What goes in and out about documents."""

import json
from datetime import date, datetime
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import BaseModel, Field

from api.problems import Problem
from api.schemas import Links, Parameters
from workers.contracts.documents import UPLOAD, Document, DocumentState, Force
from workers.contracts.jobs import Job

#: Most documents of one page of the list.
MOST = 500


class DocumentPath(Parameters):
    """The path of one document."""

    document: str = Field(description="Its id, or its name; `/` in a name stands as it is.")


class DocumentsQuery(Parameters):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(100, description="Most documents.")
    after: str = Field("", description="The `next` of the page before.")
    state: DocumentState | None = Field(None, description="Only documents in this state.")


class ProgressOut(BaseModel):
    """How far the ingestion of one document is; null until the file is read and cut."""

    chunks_done: int
    chunks_total: int

    @classmethod
    def of(cls, job: Job | None) -> Self | None:
        """Read what the worker reported last."""
        if job is None or not job.progress:
            return None
        progress = json.loads(job.progress)
        if not isinstance(progress, dict) or not progress.get("chunks_total"):
            return None
        return cls(chunks_done=progress["chunks_done"], chunks_total=progress["chunks_total"])


class ValidityOut(BaseModel):
    """Whether questions are answered from a document, and if not, why. Days are inclusive."""

    force: Force = Field(
        description="`in_force`, or why it is not searched: `retired`, `not_yet`, `ended`, or "
        "`replaced` by another document or a newer edition of the same title."
    )
    force_day: date | None = Field(
        description="Of `not_yet` the first day, of `ended` the last one; else null."
    )
    replaced_by: str | None = Field(description="Name of the document that replaces it.")
    valid_from: date | None = Field(description="Its first day, as it or the clinic says.")
    valid_until: date | None = Field(description="Its last day, likewise.")
    replaces: str | None = Field(description="Name of the document that it says it replaces.")

    @classmethod
    def of(cls, document: Document) -> Self | None:
        """What the list says; nothing of what is not indexed."""
        if document.indexed_at is None:
            return None
        return cls(
            force=document.force,
            force_day=document.force_day,
            replaced_by=document.replaced_by or None,
            valid_from=document.valid_from,
            valid_until=document.valid_until,
            replaces=document.replaces or None,
        )


class DocumentOut(BaseModel):
    """A document as it is now."""

    id: str = Field(description="The same for every upload of this name.")
    name: str
    state: DocumentState = Field(
        description="Of what was asked last. An earlier version stays searchable until a new one "
        "is `ready`: then `indexed_at` says of when it is."
    )
    reason: str | None = Field(
        description="Why it failed or waits, or what of it could not be read; and what to do."
    )
    title: str | None
    pages: int | None
    chunks: int = Field(description="Of the version that is searchable.")
    origin: str = Field(description="`upload`, or `folder` where the clinic ingests a folder.")
    digest: str | None = Field(description="SHA-256 of the version that is searchable.")
    indexed_at: datetime | None
    updated_at: datetime
    validity: ValidityOut | None = Field(
        description="Of the version that is searchable; null before the first."
    )
    progress: ProgressOut | None
    links: Links

    @classmethod
    def of(cls, document: Document, job: Job | None = None) -> Self:
        """Show a record. Where it lies on the clinic's machines is not shown."""
        uploaded = document.origin in {UPLOAD, ""}
        return cls.model_validate(
            document.model_dump(include={"id", "name", "state", "pages", "chunks"})
            | {
                "reason": document.reason or None,
                "title": document.title or None,
                "origin": UPLOAD if uploaded else "folder",
                "digest": document.digest or None,
                "indexed_at": document.indexed_at,
                "updated_at": document.updated_at,
                "validity": ValidityOut.of(document),
                "progress": ProgressOut.of(job),
                "links": Links(self=link(document.id)),
            }
        )


class UploadItemOut(BaseModel):
    """What became of one file of an upload."""

    index: int = Field(description="Its position in the request, from 0.")
    document: DocumentOut | None = None
    repeated: bool = Field(
        default=False, description="Whether the same bytes were in line already: nothing was added."
    )
    problem: Problem | None = None


class UploadOut(BaseModel):
    """A result per file, in their order."""

    accepted: int
    refused: int
    items: list[UploadItemOut]


class DocumentsOut(BaseModel):
    """A page of the list, in the order of names."""

    documents: list[DocumentOut]
    next: str | None = Field(description="`after` of the next page; null at the end.")
    knowledge_version: str | None = Field(
        description="Version of the knowledge base that the list was last compared with; null "
        "before the first time. An answer names the version that it was made from."
    )


def link(document_id: str) -> str:
    """The path of one document."""
    return f"/v1/documents/{quote(document_id)}"

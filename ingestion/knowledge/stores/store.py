"""The interface of a vector store: what both stores do, tested by one suite."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Found

#: float32, shape (n, dimensions) or (dimensions,)
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """One question to search for. The tenant is part of it: no search can leave its clinic.

    Attributes:
        tenant: the clinic whose documents are searched.
        text: the question, written out and spelt right; its words are searched.
        typed: the question as it was typed; its letters are searched.
        vector: the question's embedding, float32 of shape (dimensions,).
        elsewhere: how near it is to texts that no clinic's document answers; see `Elsewhere`.
        without: names of documents that are left out, to see what is found without them.

    Raises:
        ValueError: the tenant is empty.
    """

    tenant: str
    text: str
    typed: str
    vector: Vectors
    elsewhere: float = 0.0
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.tenant:
            raise ValueError("A question belongs to a tenant.")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with its chunks, by id, as they lie in a store: a rebuild embeds them anew."""

    tenant: str
    document: IndexedDocument
    chunks: Mapping[str, Chunk]


@dataclass(frozen=True, slots=True)
class Undrafted:
    """A chunk for which no model was asked which questions it answers."""

    tenant: str
    key: str
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a model says that a chunk answers.

    Attributes:
        key: the chunk's id.
        questions: as they are indexed; there may be none.
        vectors: float32 of shape (len(questions), dimensions).
        version: of the model and prompt.
    """

    key: str
    questions: tuple[str, ...]
    vectors: Vectors
    version: str


class KnowledgeStore(Protocol):
    """Chunks of all tenants, searchable. Reads and writes may come from different threads."""

    def search(self, queries: Sequence[Query], limit: int) -> list[Found]:
        """The best `limit` passages of each query, in one request; result i is of query i."""
        ...

    def known(self, tenant: str, name: str) -> frozenset[str]:
        """Ids of the chunks that a document has now; they need no embedding again."""
        ...

    def stored(self, tenant: str, name: str) -> dict[str, Chunk]:
        """The chunks that a document has now, by id."""
        ...

    def begin(self, tenant: str, document: IndexedDocument) -> None:
        """Note that a document's chunks will change: until it is settled it is not complete.

        Whatever a kill leaves is known by this note, and found again by the next ingestion.
        """
        ...

    def write(
        self, tenant: str, name: str, chunks: Mapping[str, Chunk], vectors: Sequence[Vectors]
    ) -> None:
        """Add chunks of a document by id, each with the vectors of its `findable` texts.

        Args:
            tenant: the clinic.
            name: the document's name.
            chunks: by id.
            vectors: for each chunk float32 of shape (len(findable), dimensions).
        """
        ...

    def copy(
        self, tenant: str, name: str, chunks: Mapping[str, tuple[str, Chunk]]
    ) -> frozenset[str]:
        """Add chunks of a document by id, each with the vectors of a stored chunk of the tenant.

        Args:
            tenant: the clinic.
            name: the document's name.
            chunks: for each new id, the id of the chunk that has its vectors, and the chunk.

        Returns:
            Ids that were written: all but those whose source is not there (any more).
        """
        ...

    def undrafted(self, limit: int, *, but: frozenset[str] | None = None) -> list[Undrafted]:
        """Some chunks of any tenants for which no model was asked yet, found by an index.

        Args:
            limit: how many at most.
            but: also those that were asked for by other versions than these. That reads through
                the chunks that are done, up to the first that is not.
        """
        ...

    def draft(self, tenant: str, drafts: Sequence[Drafted]) -> frozenset[str]:
        """Give chunks their questions, in the place of earlier drafts; the text is as it was.

        Args:
            tenant: the clinic; hold it exclusively: a chunk that goes meanwhile would come back.
            drafts: of its chunks.

        Returns:
            Ids that were written: all but those of chunks that are not there (any more).
        """
        ...

    def settle(
        self,
        tenant: str,
        document: IndexedDocument,
        keep: frozenset[str],
        instead_of: IndexedDocument | None = None,
    ) -> None:
        """Mark a document complete: its chunks outside `keep` go, then its record is written.

        Args:
            tenant: the clinic.
            document: the record.
            keep: ids of all its chunks.
            instead_of: the record of a document that goes in the same moment.
        """
        ...

    def delete(self, tenant: str, name: str) -> bool:
        """Remove a document with its chunks; whether there was one."""
        ...

    def records(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's documents, sorted by name, with those that come or go at the moment."""
        ...

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's complete documents, sorted by name."""
        ...

    def version(self, tenant: str) -> str:
        """12 hex digits that change if and only if the tenant's documents do. Cached."""
        ...

    def calibration(self, tenant: str) -> Calibration | None:
        """The gate's measure that the clinic made for this collection. Cached."""
        ...

    def calibrate(self, tenant: str, calibration: Calibration | None) -> None:
        """Keep the clinic's measure with the collection, or drop it; workers see it at once."""
        ...

    def contents(self) -> Iterator[StoredDocument]:
        """All documents of all tenants, one after the other."""
        ...

    def others(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Id and payload of all that is neither document nor chunk."""
        ...

    def add(self, key: str, payload: dict[str, Any]) -> None:
        """Write what `others` read."""
        ...

    def exclusive(self, tenant: str, *, wait: bool = True) -> AbstractContextManager[None]:
        """While it lasts, nobody else changes the tenant's documents; the same thread may nest it.

        Args:
            tenant: the clinic.
            wait: for another thread of this process.

        Raises:
            BusyError: another process changes them, or another thread that is not waited for.
        """
        ...

    def alone(self) -> AbstractContextManager[None]:
        """While it lasts, nobody else changes any tenant's documents: for a rebuild.

        Raises:
            BusyError: another process changes them.
        """
        ...

    def tenants(self) -> set[str]:
        """All tenants that have documents: for a rebuild."""
        ...

    def tidy(self) -> None:
        """Bring what was written into the shape that is searched fast, where that is due."""
        ...

    def size(self) -> int | None:
        """Points in the store, if it has a size that it should not pass; else None."""
        ...

    def close(self) -> None:
        """Write what is pending and release the store. Safe to call twice."""
        ...

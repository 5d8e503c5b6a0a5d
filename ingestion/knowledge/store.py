"""The interface of a vector store: what `edge.py` and `server.py` both do, tested by one suite."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.passage import Passage

#: float32, shape (n, dimensions) or (dimensions,)
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """One question to search for. The tenant is part of it: no search can leave its clinic.

    Attributes:
        tenant: the clinic whose documents are searched.
        text: the question as asked; BM25 reads it.
        vector: the question's embedding, float32 of shape (dimensions,).
    """

    tenant: str
    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with its chunks as they lie in a store, to be embedded anew by a rebuild."""

    tenant: str
    document: IndexedDocument
    chunks: tuple[Chunk, ...]


class KnowledgeStore(Protocol):
    """Chunks of all tenants, searchable. Reads and writes may come from different threads."""

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Passage]]:
        """The best `limit` passages of each query, in one request; result i is of query i."""
        ...

    def known(self, tenant: str, name: str) -> frozenset[str]:
        """Ids of the chunks that a document has now; they need no embedding again."""
        ...

    def write(self, tenant: str, name: str, chunks: Mapping[str, Chunk], vectors: Vectors) -> None:
        """Add chunks of a document by id, with their vectors, float32 of shape (len(chunks), d)."""
        ...

    def settle(self, tenant: str, document: IndexedDocument, keep: frozenset[str]) -> None:
        """Mark a document complete: its chunks outside `keep` go, then its record is written."""
        ...

    def delete(self, tenant: str, name: str) -> bool:
        """Remove a document with its chunks; whether there was one."""
        ...

    def documents(self, tenant: str) -> list[IndexedDocument]:
        """The tenant's complete documents, sorted by name."""
        ...

    def version(self, tenant: str) -> str:
        """12 hex digits that change if and only if the tenant's documents do. Cached."""
        ...

    def contents(self) -> Iterator[StoredDocument]:
        """Everything in the store, document by document."""
        ...

    def close(self) -> None:
        """Write what is pending and release the store. Safe to call twice."""
        ...

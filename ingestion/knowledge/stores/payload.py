"""What a point carries, alike in both stores: chunks and document records as Qdrant payloads."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.rank import Fused

#: Version of points, payloads and of how a chunk is embedded. Another one needs a rebuild.
SCHEMA: Final = 2

#: Names of the vectors: of a chunk's text and questions, of its words, of its letter groups.
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

#: No model was asked yet. A value, not a missing field: an index finds it.
UNDRAFTED: Final = "no"
#: The document brought the question: there is none to ask for.
OWN: Final = "own"

#: The kinds of points. Only a chunk has vectors: no search finds the others.
CHUNK: Final = "chunk"
RECORD: Final = "record"
#: How a clinic's own questions set the gate.
CALIBRATION: Final = "calibration"
#: What holds for a tenant as a whole: its version.
STATE: Final = "state"
#: Who writes a tenant's documents at the moment (on a server alone).
LEASE: Final = "lease"

#: Payload field of a point that says something about one embedding model's vectors, with the
#: model's name: a rebuild for another model leaves the point behind.
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
        DRAFTED: chunk.drafted or (OWN if chunk.questions else UNDRAFTED),
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
        drafted="" if (drafted := payload.get(DRAFTED, "")) in {UNDRAFTED, OWN} else drafted,
    )


def to_passage(hit: Fused, payload: Mapping[str, Any]) -> Passage:
    """A search's hit with its payload as a passage."""
    return Passage(
        id=hit.id,
        document=payload[DOCUMENT],
        title=payload["title"],
        heading=tuple(payload["heading"]),
        page=payload["page"],
        text=payload["text"],
        score=hit.score,
        similarity=hit.similarity,
        order=payload["order"],
        last=payload["order"],
    )


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
    """What holds for a tenant as a whole."""
    return {KIND: STATE, TENANT: tenant, "version": version}


def calibration_payload(tenant: str, calibration: Calibration) -> Payload:
    """A clinic's calibration as payload."""
    return {
        KIND: CALIBRATION,
        TENANT: tenant,
        MODEL: calibration.embedding,
        "calibration": calibration.model_dump(mode="json"),
    }


def to_calibration(payload: Mapping[str, Any]) -> Calibration:
    """The calibration that `calibration_payload` wrote."""
    return Calibration.model_validate(payload["calibration"])


def version_of(documents: Iterable[IndexedDocument]) -> str:
    """12 hex digits from names, digests and recipes: equal documents give an equal version."""
    return moved(f"{_weight(str(SCHEMA)):012x}", (), documents)


def moved(version: str, before: Iterable[IndexedDocument], after: Iterable[IndexedDocument]) -> str:
    """The version once some documents are others, without reading the rest.

    It is a sum of hashes (AdHash, Bellare and Micciancio 1997), which a document joins and leaves
    whatever the others are: a write costs the same in a small and in a large knowledge base.
    """
    total = int(version, 16)
    total += sum(_weight_of(each) for each in after) - sum(_weight_of(each) for each in before)
    return f"{total % _MODULUS:012x}"


_MODULUS = 1 << 48


def _weight_of(document: IndexedDocument) -> int:
    if not document.digest:
        return 0
    return _weight(f"{document.name}\0{document.digest}\0{document.recipe}")


def _weight(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big")

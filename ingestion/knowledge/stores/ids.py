"""Ids of points: UUIDs that follow from what a point is, so that a repeat overwrites itself."""

import uuid
from collections.abc import Sequence

from ingestion.knowledge.chunk import Chunk

#: Namespace of every id in the knowledge base: equal input gives equal ids on every machine.
NAMESPACE = uuid.UUID("6f1d2c5e-5a0f-5d0b-9a53-0b6f4f6e7a01")


def chunk_ids(tenant: str, document: str, chunks: Sequence[Chunk]) -> list[str]:
    """The id of each chunk, from tenant, document and content.

    Equal chunks of one document differ by how often they came before.

    Raises:
        ValueError: tenant or document hold a NUL, which would let two tenants share an id.
    """
    _check(tenant, document)
    counts: dict[str, int] = {}
    ids = []
    for chunk in chunks:
        key = "\0".join(
            (tenant, document, chunk.title, *chunk.heading, str(chunk.page), chunk.indexed)
        )
        if chunk.rows:  # it has other vectors than running text of these words
            key += "\0rows"
        counts[key] = counts.get(key, 0) + 1
        ids.append(_id(f"chunk\0{key}\0{counts[key]}"))
    return ids


def record_id(tenant: str, name: str) -> str:
    """The id of a document's record.

    Raises:
        ValueError: tenant or name are empty or hold a NUL.
    """
    _check(tenant, name)
    return _id(f"document\0{tenant}\0{name}")


def state_id(tenant: str) -> str:
    """The id of a tenant's state: what holds for it as a whole."""
    return _id(f"state\0{tenant}")


def calibration_id(tenant: str) -> str:
    """The id of a clinic's calibration."""
    return _id(f"calibration\0{tenant}")


def embedding_calibration_id(embedding: str) -> str:
    """The id of an embedding model's calibration."""
    return _id(f"embedding-calibration\0{embedding}")


def lease_id(tenant: str = "") -> str:
    """The id of the lease on a tenant's documents, or (without a tenant) on all."""
    return _id(f"lease\0{tenant}")


def _id(text: str) -> str:
    return str(uuid.uuid5(NAMESPACE, text))


def _check(*names: str) -> None:
    if not all(names) or any("\0" in name for name in names):
        raise ValueError(f"{names} hold an empty name, or one with a NUL")

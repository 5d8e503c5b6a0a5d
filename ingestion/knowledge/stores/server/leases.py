"""Leases as points of a collection on a Qdrant server."""

from dataclasses import dataclass

from qdrant_client import QdrantClient, models

from ingestion.knowledge.stores.lease import Note
from ingestion.knowledge.stores.payload import KIND, LEASE
from ingestion.knowledge.stores.server.errors import translate_errors

_FIELD = "owner"


@dataclass(frozen=True, slots=True)
class LeasePoints:
    """See `Notes`. The server applies a conditional write in one step."""

    client: QdrantClient
    collection: str

    def read(self, key: str) -> Note | None:
        """See `Notes`."""
        with translate_errors():
            points = self.client.retrieve(self.collection, [key], with_payload=True)
        return points[0].payload if points else None

    def write(self, key: str, note: Note, owner: str) -> None:
        """See `Notes`."""
        point = models.PointStruct(id=key, vector={}, payload={KIND: LEASE, **note})
        with translate_errors():
            self.client.upsert(
                self.collection,
                [point],
                wait=True,
                ordering=models.WriteOrdering.STRONG,
                update_filter=models.Filter(must=[_owned(owner)]),
            )

    def erase(self, key: str, owner: str) -> None:
        """See `Notes`."""
        own = models.Filter(must=[models.HasIdCondition(has_id=[key]), _owned(owner)])
        with translate_errors():
            self.client.delete(
                self.collection,
                models.FilterSelector(filter=own),
                wait=True,
                ordering=models.WriteOrdering.STRONG,
            )


def _owned(owner: str) -> models.FieldCondition:
    return models.FieldCondition(key=_FIELD, match=models.MatchValue(value=owner))

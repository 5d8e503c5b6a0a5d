"""The calibrations in use: of the embedding model, and of each clinic's gate.

A clinic's own gate goes before the embedding's; what the store keeps goes before what is shipped.
"""

from ingestion.knowledge.search.calibration import Calibration, EmbeddingCalibration, shipped
from ingestion.knowledge.search.rank import Hit, Weights, rank
from ingestion.knowledge.stores.ids import calibration_id, embedding_calibration_id
from ingestion.knowledge.stores.payload import (
    CALIBRATION,
    EMBEDDING_CALIBRATION,
    KIND,
    MODEL,
    TENANT,
    Payload,
)
from ingestion.knowledge.stores.query import Candidates
from ingestion.knowledge.stores.store import PointStore

_FIELD = "calibration"


class Calibrations:
    """Calibrations by clinic, and the embedding's. A reader never waits for changed documents.

    Args:
        store: keeps them beside the documents.
        embedding: the model whose cosines they must be made for.
    """

    def __init__(self, store: PointStore, embedding: str) -> None:
        self._store = store
        self._embedding = embedding
        self._own = store.cache(self._read)
        self._of_embedding = store.cache(self._read_embedding)

    def of(self, tenant: str) -> Calibration | None:
        """The gate's: the clinic's own, else the embedding's; None where it has none."""
        own = self._own.get(tenant)
        if own is not None and own.embedding == self._embedding:
            return own
        record = self.of_embedding()
        return record.gate if record else None

    def of_embedding(self) -> EmbeddingCalibration | None:
        """The stored one, else the shipped one; None for a model that nobody measured."""
        return self._of_embedding.get(self._embedding) or shipped(self._embedding)

    def weights(self) -> Weights:
        """Of the rankings; the default ones for a model that nobody measured."""
        record = self.of_embedding()
        return record.ranking if record else Weights()

    def rank(self, candidates: Candidates, limit: int) -> list[Hit]:
        """A `Ranker` with these weights."""
        return rank(candidates, limit, self.weights())

    def keep(self, tenant: str, calibration: Calibration | None) -> None:
        """Keep a clinic's own; None returns to the embedding's. Workers see it at once."""
        key = calibration_id(tenant)
        if calibration is None:
            self._store.discard(key)
        else:
            payload = {
                KIND: CALIBRATION,
                TENANT: tenant,
                MODEL: calibration.embedding,
                _FIELD: calibration.model_dump(mode="json"),
            }
            self._store.add(key, payload)
        self._own.forget(tenant)

    def keep_embedding(self, record: EmbeddingCalibration | None) -> None:
        """Keep the embedding's, for all clinics; None returns to the shipped one."""
        key = embedding_calibration_id(self._embedding)
        if record is None:
            self._store.discard(key)
        else:
            payload = {
                KIND: EMBEDDING_CALIBRATION,
                MODEL: record.embedding,
                _FIELD: record.model_dump(mode="json"),
            }
            self._store.add(key, payload)
        self._of_embedding.forget(self._embedding)

    def _read(self, tenant: str) -> Calibration | None:
        payload = self._payload(calibration_id(tenant))
        return Calibration.model_validate(payload[_FIELD]) if payload else None

    def _read_embedding(self, embedding: str) -> EmbeddingCalibration | None:
        payload = self._payload(embedding_calibration_id(embedding))
        return EmbeddingCalibration.model_validate(payload[_FIELD]) if payload else None

    def _payload(self, key: str) -> Payload | None:
        return self._store.payloads([key]).get(key)

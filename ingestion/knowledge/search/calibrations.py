"""The gate's calibration for each clinic: its own, which the store keeps, else the shipped one."""

from ingestion.knowledge.search.calibration import Calibration, shipped_calibration
from ingestion.knowledge.stores.ids import calibration_id
from ingestion.knowledge.stores.payload import CALIBRATION, KIND, MODEL, TENANT
from ingestion.knowledge.stores.store import PointStore

_FIELD = "calibration"


class Calibrations:
    """Calibrations by clinic. A reader never waits for changes of documents.

    Args:
        store: keeps them beside the documents.
        embedding: the model whose cosines they must be made for.
    """

    def __init__(self, store: PointStore, embedding: str) -> None:
        self._store = store
        self._embedding = embedding
        self._own = store.cache(self._read)

    def of(self, tenant: str) -> Calibration | None:
        """The clinic's own, else the shipped one; None for a model that nobody measured."""
        own = self._own.get(tenant)
        if own is not None and own.embedding == self._embedding:
            return own
        return shipped_calibration(self._embedding)

    def keep(self, tenant: str, calibration: Calibration | None) -> None:
        """Keep a clinic's own; None returns to the shipped one. Workers see it at once."""
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

    def _read(self, tenant: str) -> Calibration | None:
        key = calibration_id(tenant)
        payload = self._store.payloads([key]).get(key)
        return Calibration.model_validate(payload[_FIELD]) if payload else None

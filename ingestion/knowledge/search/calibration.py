"""Calibrations: what the search has to know of an embedding model, and the gate of a clinic.

The gate's goes from evidence to the log-odds that the documents hold an answer.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ingestion.knowledge.search.evidence import FEATURES, Evidence
from ingestion.knowledge.search.rank import Weights

#: The calibrations that come with Atende: a list, one for each embedding model that was measured.
SHIPPED = Path(__file__).parent / "calibrations.json"


class Feature(BaseModel):
    """One feature of the evidence in the sum.

    Attributes:
        mean: its mean where it was calibrated; it stands in for a missing value.
        scale: its standard deviation there, above 0.
        weight: of the standardised value.
    """

    model_config = ConfigDict(frozen=True)

    mean: float
    scale: float
    weight: float


class Calibration(BaseModel):
    """A weighted sum of the evidence and the threshold that it must reach.

    Attributes:
        embedding: the model whose cosines it was made for.
        features: by name, those of `evidence.FEATURES`.
        threshold: lowest score with which the model is asked.
        bias: added to the sum.
        made_at: when a clinic made it, in UTC; None for the shipped one.
        questions: how many questions with an answer it was made from; 0 for the shipped one.
        recall: share of the questions with an answer that pass, in cross-validation.
        area: area under the ROC curve, in cross-validation.
    """

    model_config = ConfigDict(frozen=True)

    embedding: str
    features: Mapping[str, Feature]
    threshold: float
    bias: float = 0.0
    made_at: datetime | None = None
    questions: int = 0
    recall: float | None = None
    area: float | None = None

    def score(self, evidence: Evidence) -> float:
        """The score of some evidence: the higher, the likelier the documents answer."""
        total = self.bias
        for name, value in zip(FEATURES, evidence.features, strict=True):
            feature = self.features.get(name)
            if feature is not None and value is not None:
                total += feature.weight * (value - feature.mean) / feature.scale
        return total

    def passes(self, evidence: Evidence) -> bool:
        """Whether the evidence is strong enough to ask the model."""
        return self.score(evidence) >= self.threshold

    def __str__(self) -> str:
        if self.made_at is None:
            return f"Atende's own for {self.embedding}"
        return f"the clinic's own of {self.made_at:%Y-%m-%d}, from {self.questions} questions"


class EmbeddingCalibration(BaseModel):
    """What the search has to know of an embedding model: its rankings' weights and its gate.

    Attributes:
        embedding: the model, as the settings name it.
        ranking: how much the cosine, the words and the letters count.
        gate: what a clinic without a calibration of its own is judged by; None: nothing is stopped.
        also_for: names of other models that it is shipped for as well.
        made_at: when `atende calibrate --embedding` made it, in UTC; None for a shipped one.
        questions: how many questions with an answer it was made from; 0 for a shipped one.
    """

    model_config = ConfigDict(frozen=True)

    embedding: str
    ranking: Weights = Weights()
    gate: Calibration | None = None
    also_for: tuple[str, ...] = ()
    made_at: datetime | None = None
    questions: int = 0

    def __str__(self) -> str:
        if self.made_at is None:
            return f"Atende's own for {self.embedding}"
        return f"made here on {self.made_at:%Y-%m-%d} from {self.questions} sample questions"


_FORMAT = TypeAdapter(list[EmbeddingCalibration])


def shipped(embedding: str) -> EmbeddingCalibration | None:
    """What comes with Atende for a model; None where nobody measured it."""
    return _shipped().get(embedding)


def shipped_calibration(embedding: str) -> Calibration | None:
    """The gate's calibration that comes with Atende; None where nobody measured the model."""
    record = shipped(embedding)
    return record.gate if record else None


def ship(record: EmbeddingCalibration) -> None:
    """Ship a model's calibration from now on: for `benchmarks/gate.py --fit`."""
    records = {each.embedding: each for each in _FORMAT.validate_json(SHIPPED.read_bytes())}
    records[record.embedding] = record
    SHIPPED.write_bytes(
        _FORMAT.dump_json(list(records.values()), indent=2, exclude_defaults=True) + b"\n"
    )
    _shipped.cache_clear()


@cache
def _shipped() -> Mapping[str, EmbeddingCalibration]:
    records = {}
    for record in _FORMAT.validate_json(SHIPPED.read_bytes()):
        records[record.embedding] = record
        for name in record.also_for:
            gate = record.gate and record.gate.model_copy(update={"embedding": name})
            records[name] = record.model_copy(update={"embedding": name, "gate": gate})
    return records

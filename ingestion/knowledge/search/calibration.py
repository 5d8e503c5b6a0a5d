"""The gate's calibration: from evidence to the log-odds that the documents hold an answer."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ingestion.knowledge.search.evidence import FEATURES, Evidence

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


_FORMAT = TypeAdapter(list[Calibration])


def shipped_calibration(embedding: str) -> Calibration | None:
    """The calibration that comes with Atende; None where nobody measured the model."""
    return _shipped().get(embedding)


def ship(calibration: Calibration) -> None:
    """Ship a calibration from now on: for `benchmarks/gate.py --fit`."""
    by_embedding = {**_shipped(), calibration.embedding: calibration}
    calibrations = list(by_embedding.values())
    SHIPPED.write_bytes(_FORMAT.dump_json(calibrations, indent=2, exclude_defaults=True))
    _shipped.cache_clear()


@cache
def _shipped() -> Mapping[str, Calibration]:
    calibrations = _FORMAT.validate_json(SHIPPED.read_bytes())
    return {calibration.embedding: calibration for calibration in calibrations}

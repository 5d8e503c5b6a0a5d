"""Whether the evidence is strong enough to ask the model at all. Pure."""

from enum import StrEnum

from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Findings


class Weakness(StrEnum):
    """Why the model is not asked; the words stand in an outcome's `reason`."""

    NO_DOCUMENTS = "no_documents"
    WEAK_EVIDENCE = "weak_evidence"


def judge(found: Findings, calibration: Calibration | None, floor: float | None) -> Weakness | None:
    """The weakness of what was found, or None where the model should be asked.

    Args:
        found: what the search found.
        calibration: the measure of the embedding model or of the clinic; None where nobody made
            one, which leaves it to the model's own word.
        floor: lowest cosine of the nearest passage; it takes the calibration's place.
    """
    if not found.passages or found.evidence is None:
        return Weakness.NO_DOCUMENTS
    if floor is not None:
        weak = found.evidence.best < floor
    else:
        weak = calibration is not None and not calibration.passes(found.evidence)
    return Weakness.WEAK_EVIDENCE if weak else None

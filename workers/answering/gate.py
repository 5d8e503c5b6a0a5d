"""Whether the evidence is strong enough to ask the model at all. Pure."""

from enum import StrEnum

from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Findings


class Weakness(StrEnum):
    """Why the model is not asked; the words stand in an outcome's `reason`."""

    NO_DOCUMENTS = "no_documents"
    WEAK_EVIDENCE = "weak_evidence"


def weakness_of(
    findings: Findings, calibration: Calibration | None, floor: float | None
) -> Weakness | None:
    """The weakness of a search's evidence, or None where the model should be asked.

    Args:
        findings: what the search found.
        calibration: of the embedding model or of the clinic; None where there is none, which
            leaves it to the model's own word.
        floor: lowest cosine of the nearest passage; it takes the calibration's place.
    """
    if not findings.passages or findings.evidence is None:
        return Weakness.NO_DOCUMENTS
    if floor is not None:
        weak = findings.evidence.best < floor
    else:
        weak = calibration is not None and not calibration.passes(findings.evidence)
    return Weakness.WEAK_EVIDENCE if weak else None

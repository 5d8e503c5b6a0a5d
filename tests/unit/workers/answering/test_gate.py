from dataclasses import replace

import pytest

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration, Feature
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.answering.gate import Weakness, weakness_of

PASSAGE = Passage("1", "a.md", "A", (), None, "texto", 0.9, 0.85)
EVIDENCE = Evidence(best=0.85, elsewhere=0.80)
FINDINGS = Findings([PASSAGE], EVIDENCE)
#: Scores 0.5 per 0.1 of cosine above 0.8; 0.85 scores 0.25.
CALIBRATION = Calibration(
    embedding="m", threshold=0.24, features={"best": Feature(mean=0.8, scale=0.1, weight=0.5)}
)


def with_best(cosine: float) -> Findings:
    return replace(FINDINGS, evidence=replace(EVIDENCE, best=cosine))


@pytest.mark.parametrize(
    ("findings", "calibration", "floor", "weakness"),
    [
        (Findings([], None), None, None, Weakness.NO_DOCUMENTS),
        (Findings([], None), CALIBRATION, 0.8, Weakness.NO_DOCUMENTS),
        (FINDINGS, CALIBRATION, None, None),
        (
            replace(FINDINGS, evidence=replace(EVIDENCE, best=0.84)),
            CALIBRATION,
            None,
            "weak_evidence",
        ),
        (FINDINGS, None, None, None),
        (FINDINGS, None, 0.86, Weakness.WEAK_EVIDENCE),
        (FINDINGS, None, 0.85, None),
        (with_best(0.7), CALIBRATION, 0.6, None),
    ],
)
def test_the_model_is_asked_only_where_the_evidence_reaches_the_threshold(
    findings: Findings, calibration: Calibration | None, floor: float | None, weakness: str | None
) -> None:
    assert weakness_of(findings, calibration, floor) == weakness

from dataclasses import replace

import pytest

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration, Feature
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.answering.gate import Weakness, judge

PASSAGE = Passage("1", "a.md", "A", (), None, "texto", 0.9, 0.85)
EVIDENCE = Evidence(best=0.85, elsewhere=0.80)
FOUND = Findings([PASSAGE], EVIDENCE)
#: Scores 0.5 per 0.1 of cosine above 0.8; 0.85 scores 0.25.
MEASURE = Calibration(
    embedding="m", threshold=0.24, features={"best": Feature(mean=0.8, scale=0.1, weight=0.5)}
)


@pytest.mark.parametrize(
    ("found", "calibration", "floor", "weakness"),
    [
        (Findings([], None), None, None, Weakness.NO_DOCUMENTS),
        (Findings([], None), MEASURE, 0.8, Weakness.NO_DOCUMENTS),
        (FOUND, MEASURE, None, None),
        (replace(FOUND, evidence=replace(EVIDENCE, best=0.84)), MEASURE, None, "weak_evidence"),
        (FOUND, None, None, None),
        (FOUND, None, 0.86, Weakness.WEAK_EVIDENCE),
        (FOUND, None, 0.85, None),
        (replace(FOUND, evidence=replace(EVIDENCE, best=0.7)), MEASURE, 0.6, None),
    ],
)
def test_the_model_is_asked_only_where_the_evidence_reaches_the_threshold(
    found: Findings, calibration: Calibration | None, floor: float | None, weakness: str | None
) -> None:
    assert judge(found, calibration, floor) == weakness

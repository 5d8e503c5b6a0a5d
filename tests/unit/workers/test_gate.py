from dataclasses import replace

import pytest

from ingestion.knowledge.passage import Passage
from workers.gate import Weakness, judge

PASSAGE = Passage("1", "a.md", "A", (), None, "texto", 0.9, 0.85)


@pytest.mark.parametrize(
    ("passages", "floor", "weakness"),
    [
        ([], None, Weakness.NO_DOCUMENTS),
        ([], 0.8, Weakness.NO_DOCUMENTS),
        ([PASSAGE], 0.86, Weakness.WEAK_EVIDENCE),
        ([PASSAGE], 0.85, None),
        ([PASSAGE, replace(PASSAGE, similarity=0.9)], 0.88, None),
        ([PASSAGE], None, None),
    ],
)
def test_the_model_is_asked_only_where_the_nearest_passage_reaches_the_floor(
    passages: list[Passage], floor: float | None, weakness: Weakness | None
) -> None:
    assert judge(passages, floor) == weakness

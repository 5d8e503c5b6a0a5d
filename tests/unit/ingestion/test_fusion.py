import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.knowledge.fusion import fuse

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1, 1), max_size=8)


def test_weights_are_of_scores_scaled_per_question() -> None:
    hits = fuse({"a": 0.90, "b": 0.85, "c": 0.80}, {"b": 12.0, "c": 6.0}, 3)
    assert [hit.id for hit in hits] == ["a", "b", "c"]
    assert [hit.score for hit in hits] == pytest.approx([0.7, 0.65, 0.15])
    assert [hit.similarity for hit in hits] == [0.90, 0.85, 0.80]


def test_nothing_and_one_are_ranked_too() -> None:
    assert fuse({}, {}, 5) == []
    assert [hit.id for hit in fuse({"a": 0.5}, {}, 5)] == ["a"]


@given(SCORES, st.integers(1, 9))
def test_scores_fall_and_stay_between_0_and_1(cosines: dict[str, float], limit: int) -> None:
    bm25 = {key: abs(value) for key, value in cosines.items() if value > 0}
    hits = fuse(cosines, bm25, limit)
    scores = [hit.score for hit in hits]
    assert len(hits) == min(limit, len(cosines))
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 + 1e-9 for score in scores)

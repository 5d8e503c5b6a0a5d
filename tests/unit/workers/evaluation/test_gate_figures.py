import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from workers.evaluation.gate_figures import area, gate_figures, roc, threshold_for

SCORES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30)


@given(SCORES, SCORES)
def test_the_area_is_the_one_that_others_compute(mine: list[float], others: list[float]) -> None:
    expected = roc_auc_score([1] * len(mine) + [0] * len(others), mine + others)
    assert area(mine, others) == pytest.approx(expected)


def test_nothing_can_be_said_of_one_side_alone() -> None:
    assert area([1.0], []) is None
    assert gate_figures([], [], 0).precision is None
    assert gate_figures([], [1.0], 2).precision is None


def test_figures_at_a_threshold() -> None:
    figures = gate_figures([1, 2, 3, 4], [0, 1, 2], 2)
    assert figures.recall == 0.75
    assert figures.precision == 0.75
    assert figures.stopped == pytest.approx(2 / 3)


@given(SCORES, st.floats(0.01, 1))
def test_a_threshold_keeps_the_share_that_was_asked(scores: list[float], share: float) -> None:
    recall = gate_figures(scores, [], threshold_for(scores, share)).recall
    assert recall is not None
    assert recall >= share - 1e-6


@given(SCORES, SCORES)
def test_a_curve_rises_from_nothing_to_all(mine: list[float], others: list[float]) -> None:
    points = roc(mine, others)
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert points == sorted(points)

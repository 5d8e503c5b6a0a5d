import pytest

from tests.unit.workers.evaluation.runs import MANY, result, run
from workers.evaluation.figures import figures


def test_figures_of_a_run() -> None:
    values = figures(MANY)
    assert values.recall_1 == pytest.approx(1 / 3)
    assert values.recall_5 == pytest.approx(1 / 3)
    assert values.mrr_10 == pytest.approx((1 + 1 / 7) / 3)
    assert values.gate_area == 1.0
    assert values.answer_f1 == pytest.approx(0.5)
    assert values.answer_exact == pytest.approx(0.5)
    assert values.search_p95 == pytest.approx(0.02)
    assert values.answer_p50 == pytest.approx(3.1)
    nothing = figures(run(result("d", None, answerable=False)))
    assert (nothing.recall_5, nothing.gate_area, nothing.answer_f1) == (None, None, None)

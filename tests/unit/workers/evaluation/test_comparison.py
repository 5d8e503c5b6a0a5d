import pytest

from tests.unit.workers.evaluation.runs import result, run
from workers.evaluation.comparison import compare


def test_a_comparison_tells_what_is_more_than_chance() -> None:
    before = run(*(result(str(number), 2) for number in range(30)), result("old", 1))
    after = run(
        *(result(str(number), 1 if number < 12 else 2) for number in range(30)), result("new", 1)
    )
    comparison = compare(before, after)
    by_name = {difference.name: difference for difference in comparison.differences}
    assert by_name["recall_1"].change == pytest.approx(0.4)
    assert by_name["recall_1"].sure
    assert by_name["recall_1"].low < 0.4 < by_name["recall_1"].high
    assert (by_name["recall_5"].change, by_name["recall_5"].chance) == (0.0, 1.0)
    assert len(comparison.changed) == 12
    assert (comparison.only_before, comparison.only_after) == (("old",), ("new",))
    few = compare(run(result("a", 2)), run(result("a", 1)))
    assert not few.differences[0].sure


def test_the_worst_loss_comes_first() -> None:
    before = run(result("a", 1), result("b", 2), result("c", 1))
    after = run(result("a", 2), result("b", 1), result("c", None))
    changed = compare(before, after).changed
    assert [question.after.asked.question for question in changed] == ["c", "a", "b"]

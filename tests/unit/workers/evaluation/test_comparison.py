import pytest

from tests.unit.workers.evaluation.runs import reply, result, run
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


def test_a_question_that_changed_its_verdict_is_named() -> None:
    facts = (("8 horas",),)
    right, wrong, worse = reply("8 horas"), reply("Depende."), reply("12 horas")
    before = run(
        result("a", 1, facts=facts, replies=(right,)),
        result("b", 1, facts=facts, replies=(wrong,)),
        result("c", 1, facts=facts, risk=True, replies=(wrong,)),
        result("d", 1, replies=(wrong,)),
        result("e", 1, facts=facts),
    )
    after = run(
        result("a", 1, facts=facts, replies=(wrong,)),
        result("b", 1, facts=facts, replies=(right,)),
        result("c", 1, facts=facts, risk=True, replies=(worse,)),
        result("d", 1, replies=(right,)),
        result("e", 1, facts=facts, replies=(right,)),
    )
    comparison = compare(before, after)
    assert [
        (each.before.asked.question, each.before.verdict, each.after.verdict)
        for each in comparison.verdicts
    ] == [("a", "right", "wrong"), ("c", "wrong", "dangerous"), ("b", "wrong", "right")]
    by_name = {difference.name: difference for difference in comparison.differences}
    assert (by_name["ended_well"].before, by_name["ended_well"].questions) == (1 / 3, 3)
    assert by_name["no_harm"].change == 0

import pytest

from tests.unit.workers.evaluation.runs import MANY, reply, result, run
from workers.evaluation.figures import figures, verdict_counts


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


FACTS = (("8 horas",),)
TO_PERSON = reply("Aguarde.", status="needs_human", reason="weak_evidence")


def test_verdicts_are_counted_each_time_and_shared_out_by_the_first() -> None:
    evaluation = run(
        result("a", 1, facts=FACTS, replies=(reply("8 horas"), TO_PERSON)),
        result("b", 1, facts=FACTS, risk=True, replies=(reply("12 horas"), reply("8 horas"))),
        result("c", 1, facts=FACTS, replies=(TO_PERSON, TO_PERSON)),
        result("d", None, answerable=False, replies=(reply("Sim."), TO_PERSON)),
        result("e", None, answerable=False, replies=(TO_PERSON, TO_PERSON)),
        result("no facts, no verdict", 1, replies=(reply("8 horas"), TO_PERSON)),
    )
    assert verdict_counts(evaluation) == {
        "right": [1, 1],
        "wrong": [1, 0],
        "dangerous": [1, 0],
        "to_person_rightly": [1, 2],
        "to_person_wrongly": [1, 2],
        "unanswered": [0, 0],
    }
    values = figures(evaluation)
    assert values.right_of_answerable == pytest.approx(1 / 3)
    assert values.wrong_of_sent == pytest.approx(2 / 3)
    assert values.dangerous_of_sent == pytest.approx(1 / 3)
    assert values.answered_without == pytest.approx(1 / 2)


def test_without_facts_no_share_of_right_and_wrong_is_claimed() -> None:
    values = figures(
        run(
            result("a", 1, replies=(reply("8 horas"),)),
            result("b", None, answerable=False, replies=(reply("Sim."),)),
        )
    )
    assert (values.right_of_answerable, values.wrong_of_sent) == (None, None)
    assert values.answered_without == 1.0


def test_recall_by_document_stands_beside_that_by_passage() -> None:
    values = figures(run(result("a", 1), result("b", None, passages=("8 horas",))))
    assert values.recall_1 == pytest.approx(1 / 2)
    assert values.document_recall_1 == 0.0  # no hit bears the document's own name
    assert figures(run(result("a", 1))).document_recall_1 is None

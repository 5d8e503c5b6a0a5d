import pytest

from tests.unit.workers.evaluation.runs import reply, result, run
from workers.evaluation.advice import MOST, next_steps
from workers.evaluation.figures import figures
from workers.evaluation.run import Result, Run

FACTS = (("8 horas",),)
RIGHT = result("right", 1, facts=FACTS, replies=(reply("8 horas"),))


def steps_of(evaluation: Run) -> dict[str, dict[str, object]]:
    steps = next_steps(evaluation, figures(evaluation))
    return {step.name: dict(step.values) for step in steps}


def clean(*results: Result, calibrated: bool = True) -> Run:
    evaluation = run(*results, calibrated=calibrated)
    return evaluation.model_copy(update={"absent": (), "name": "perguntas.csv"})


def test_where_nothing_stands_out_one_step_says_so() -> None:
    assert steps_of(clean(RIGHT)) == {"next_nothing": {}}


def test_a_gate_that_stops_too_little_is_to_be_calibrated() -> None:
    passing = result("Oi", None, answerable=False, best=0.9)
    assert steps_of(clean(RIGHT, passing))["next_stopped"] == {
        "file": "perguntas.csv",
        "share": "0 %",
    }
    stopped = result("Oi", None, answerable=False, best=0.5)
    assert steps_of(clean(RIGHT, stopped)) == {"next_nothing": {}}


def test_a_gate_without_calibration_or_with_too_low_a_recall_is_named() -> None:
    assert [*steps_of(clean(RIGHT, calibrated=False))] == ["next_no_calibration"]
    stopped = result("b", 1, best=0.5, facts=FACTS, replies=(reply("8 horas"),))
    assert steps_of(clean(RIGHT, stopped))["next_let_through"]["share"] == "50 %"


def test_a_low_recall_names_the_documents_that_lack_most() -> None:
    missed = [
        result(f"{name}{number}", None, documents=(f"{name}.pdf",), facts=FACTS)
        for name, count in {"a": 1, "b": 3}.items()
        for number in range(count)
    ]
    step = steps_of(clean(RIGHT, *missed))["next_recall"]
    assert step == {"count": 4, "documents": "b.pdf (3), a.pdf (1)"}
    anywhere = result("x", None, documents=(), passages=("jejum",), facts=FACTS)
    assert "next_recall_anywhere" in steps_of(clean(anywhere))


def test_a_dangerous_answer_comes_first_and_few_steps_are_named() -> None:
    dangerous = result("a", None, facts=FACTS, risk=True, replies=(reply("12 horas"),))
    passing = result("Oi", None, answerable=False, best=0.9)
    evaluation = clean(dangerous, passing, calibrated=False)
    steps = next_steps(evaluation, figures(evaluation))
    assert (steps[0].name, steps[0].values) == ("next_dangerous", {"count": 1})
    assert len(steps) == MOST


def test_wrong_answers_are_parted_by_whether_the_passage_was_found() -> None:
    wrong = [
        result("a", 1, facts=FACTS, replies=(reply("Depende."),)),
        result("b", 9, facts=FACTS, replies=(reply("Depende."),)),
    ]
    found = [result(f"c{number}", 1, facts=FACTS, replies=(reply("8 h"),)) for number in range(9)]
    assert steps_of(clean(*wrong, *found))["next_wrong"] == {"count": 2, "readable": 1}


@pytest.mark.parametrize(("reason", "named"), [("model_unknown", True), ("weak_evidence", False)])
def test_a_shy_model_is_told_from_a_strict_gate(reason: str, *, named: bool) -> None:
    shy = reply("Aguarde.", status="needs_human", reason=reason)
    handed_over = result("a", 1, facts=FACTS, replies=(shy,))
    assert ("next_by_model" in steps_of(clean(RIGHT, handed_over))) is named


def test_a_file_without_facts_and_a_stack_that_was_not_asked_are_named() -> None:
    assert steps_of(clean(result("a", 1)))["next_facts"] == {"count": 1}
    assert "next_answers" in steps_of(clean(result("a", 1, facts=FACTS)))


def test_absent_documents_come_before_a_low_recall() -> None:
    missed = result("a", None, facts=FACTS)
    evaluation = clean(missed).model_copy(update={"absent": ("a.pdf",)})
    steps = steps_of(evaluation)
    assert steps["next_absent"] == {"count": 1}
    assert "next_recall" not in steps

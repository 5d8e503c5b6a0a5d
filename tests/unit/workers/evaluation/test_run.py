from pathlib import Path

import pytest

from tests.unit.workers.evaluation.runs import MANY, reply, result, run
from workers.evaluation.errors import RunError
from workers.evaluation.run import FORMAT, load_run


def test_a_run_is_read_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(MANY.model_dump_json(), "utf-8")
    assert load_run(path) == MANY
    path.write_text(MANY.model_copy(update={"format": FORMAT + 1}).model_dump_json(), "utf-8")
    with pytest.raises(RunError, match="another version"):
        load_run(path)
    path.write_text("{}", "utf-8")
    with pytest.raises(RunError, match="holds no evaluation"):
        load_run(path)
    with pytest.raises(RunError, match="cannot be read"):
        load_run(tmp_path / "none.json")


FACTS = (("8 horas",),)


def test_what_was_not_found_is_named_passage_by_passage() -> None:
    late = result("a", 6, passages=("8 horas", "nem água"))
    assert late.missing == ["8 horas", "nem água"]
    half = result("b", 5, passages=("8 horas", "nem água"))
    assert half.missing == ["nem água"]
    whole = result("c", 1)
    assert whole.missing == []
    assert run(late, half, whole).misses == [late, half]


def test_documents_are_found_by_name_whatever_the_passage() -> None:
    missed = result("a", None, passages=("8 horas",), documents=("x2.pdf", "y.pdf"))
    hits = tuple(
        hit.model_copy(update={"document": f"x{place}.pdf"})
        for place, hit in enumerate(missed.searched.hits, 1)
    )
    searched = missed.searched.model_copy(update={"hits": hits})
    named = missed.model_copy(update={"searched": searched})
    assert (named.document_recall(1), named.document_recall(5), named.recall(5)) == (0, 0.5, 0)


def test_bad_answers_come_dangerous_first_and_unsteady_ones_are_named() -> None:
    wrong = result("a", 1, facts=FACTS, replies=(reply("Depende."), reply("8 horas")))
    worse = result("b", 1, facts=FACTS, risk=True, replies=(reply("12 horas"), reply("12 horas")))
    right = result("c", 1, facts=FACTS, replies=(reply("8 horas"), reply("8 horas")))
    without = result("d", 1, replies=(reply("8 horas"), reply("12 horas")))
    evaluation = run(wrong, worse, right, without)
    assert evaluation.bad_answers == [worse, wrong]
    assert evaluation.unsteady == [wrong]
    assert evaluation.judged == [wrong, worse, right]

from typing import Any

import pytest

from tests.unit.workers.evaluation.runs import reply, result, run
from workers.evaluation.texts import asking_names, figure_text, labels_of, reasons, verdict_rows
from workers.evaluation.verdicts import Verdict

FACTS = (("8 horas",),)


def test_values_are_written_as_the_reader_writes_them() -> None:
    assert figure_text("recall_5", 0.975, "pt") == "97,5 %"
    assert figure_text("search_p50", 0.0213, "en") == "21 ms"
    assert figure_text("answer_p95", 12.34, "pt") == "12,3 s"
    assert figure_text("mrr_10", 0.5, "en") == "0.500"


def test_verdicts_have_words_in_both_languages() -> None:
    for language in ("pt", "en"):
        assert {f"verdict_{verdict}" for verdict in Verdict} <= set(labels_of(language))


def test_a_verdicts_row_has_its_counts_and_its_share_of_the_first_time() -> None:
    evaluation = run(
        result("a", 1, facts=FACTS, replies=(reply("8 horas"), reply("Depende."))),
        result("b", 1, facts=FACTS, replies=(reply("8 horas"), reply("8 horas"))),
    ).model_copy(update={"at_once": (0, 4)})
    first = verdict_rows(evaluation, "en")[0]
    assert (first.name, first.counts, first.share) == ("right", [2, 1], 1.0)
    assert asking_names(evaluation, "pt") == ["todas juntas", "4 por vez"]
    assert verdict_rows(run(result("a", 1)), "en") == []


@pytest.mark.parametrize(
    ("fields", "text", "reason"),
    [
        ({}, "8 horas", []),
        ({}, "Depende.", ["not said: 8 horas"]),
        ({}, "Não são 8 horas", ["says the opposite of: 8 horas"]),
        ({"facts": (("a", "b", "c", "d"),)}, "x", ["not said: a | b | c | …"]),
        ({"never": (("já", "logo"),)}, "8 horas já", ["must not say: já"]),
        (
            {"question": "Posso dirigir?"},
            "Já pode dirigir.",
            ["allows what was asked without the facts: pode dirigir", "not said: 8 horas"],
        ),
        ({}, "8 horas, R$ 12", ["in no document expected: R$ 12"]),
        ({"facts": (), "documents": ()}, "Sim.", ["the documents have no answer"]),
    ],
)
def test_a_bad_answer_says_why(fields: dict[str, Any], text: str, reason: list[str]) -> None:
    asked = {"question": "a", "facts": FACTS} | fields
    assert reasons(result(rank=1, replies=(reply(text),), **asked), "en") == reason

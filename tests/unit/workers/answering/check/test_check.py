from collections.abc import Sequence

import pytest

from tests.unit.workers.answering.check.clinic import Case, cases, passage
from workers.answering.check.check import faults
from workers.answering.check.fault import Fault, Kind

SHEET = passage(
    "Jejum\nFique 8 horas sem comer. Água pode ser tomada até 4 horas antes.\n"
    "Telefone\nLigue (20) 5555-0149.",
    "Preparo para endoscopia",
)
#: What the model is told; the example must not be answered with.
PROMPT = "Pergunta: onde aplicam a vacina da gripe?\nResposta: Na sala 3."


def kinds(answer: str, question: str = "Qual o preparo da endoscopia?") -> set[Kind]:
    return {fault.kind for fault in faults(answer, question, [SHEET], "pt", [PROMPT])}


def found(case: Case) -> tuple[Fault, ...]:
    return faults(case.answer, case.question, case.passages, prompts=[PROMPT])


def share(wanted: Sequence[Case]) -> float:
    return sum(bool(found(case)) for case in wanted) / len(wanted)


def test_of_wrong_answers_nine_in_ten_are_caught() -> None:
    wrong = [case for case in cases() if not case.is_right]
    assert len(wrong) > 150
    assert share(wrong) >= 0.95


@pytest.mark.parametrize(
    ("trick", "caught"), [("number", 1.0), ("unit", 0.9), ("yes_no", 0.95), ("row", 0.9)]
)
def test_of_each_trick_too(trick: str, caught: float) -> None:
    assert share([case for case in cases() if case.trick == trick]) >= caught


@pytest.mark.parametrize("case", [case for case in cases() if case.is_right], ids=lambda c: c.id)
def test_a_right_answer_in_other_words_may_be_sent(case: Case) -> None:
    assert found(case) == ()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Fique 12 horas sem comer.", Kind.NUMBER),
        ("Fique 8 dias sem comer.", Kind.NUMBER),
        ("Água pode ser tomada até 8 horas antes.", Kind.ANOTHER_ROW),
        ("Fique 8 horas sem comer. Ligue (20) 5555-0194.", Kind.CONTACT),
        ("Fique 8 horas sem comer, disse a Dra. Rosa.", Kind.NAME),
        ("Água não pode ser tomada.", Kind.CONTRADICTION),
        ("Na sala 3.", Kind.PROMPT_WORDS),
        ("You must not eat anything for 8 hours.", Kind.LANGUAGE),
        ("Qual o preparo da endoscopia?", Kind.ECHO),
        ("De acordo com o trecho [1], fique 8 horas sem comer.", Kind.META),
        ("Descanse bastante e durma cedo na véspera.", Kind.UNSUPPORTED_WORDS),
        ("Sim.", Kind.UNSUPPORTED_WORDS),
        ("Não se preocupe, fique 8 horas sem comer.", Kind.UNSUPPORTED_WORDS),
        ("Abre na terça.", Kind.DATE),
    ],
)
def test_each_kind_has_its_name(answer: str, kind: Kind) -> None:
    assert kind in kinds(answer)


def test_an_answer_about_another_exam_is_none() -> None:
    assert Kind.ANOTHER_SUBJECT in kinds("Para a colonoscopia, fique 8 horas sem comer.")


def test_an_english_answer_from_an_english_sheet_is_checked_too() -> None:
    sheet = passage("Fast for 8 hours. You may drink water until 4 hours before.", "Endoscopy")
    question = "How long must I fast before the endoscopy?"
    assert faults("You must fast for 8 hours.", question, [sheet], "en") == ()
    assert faults("You must fast for 6 hours.", question, [sheet], "en")
    assert faults("You may not drink water.", "May I drink water?", [sheet], "en")


def test_without_passages_nothing_stands() -> None:
    assert faults("Fique 8 horas sem comer.", "Jejum?", []) != ()


def test_a_number_of_the_question_is_no_support_for_a_yes() -> None:
    assert kinds("Sim, 2 horas antes.", "Posso beber água 2 horas antes da endoscopia?")
    assert Kind.NUMBER not in kinds(
        "Não, 2 horas antes não: água até 4 horas antes.",
        "Posso beber água 2 horas antes da endoscopia?",
    )


@pytest.mark.parametrize("answer", ["", "?", "\x00", "²³ ٣ anos", "a" * 5000, "R$ " * 500])
def test_hostile_text_is_checked_like_any(answer: str) -> None:
    assert faults(answer, answer, [SHEET], "pt", [PROMPT])

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.fault import Fault
from workers.answering.check.subject import subject_faults
from workers.answering.check.support import Support

SHEETS = [
    passage("Jejum\nFique 8 horas sem comer.", "Preparo para endoscopia"),
    passage("Jejum\nNão precisa de jejum.", "Preparo para ecocardiograma"),
]


def found(answer: str, question: str) -> list[Fault]:
    return [*subject_faults(answer, question, Support(SHEETS))]


def test_the_sheet_of_another_exam_supports_no_answer() -> None:
    assert found("Não precisa de jejum.", "A endoscopia precisa de jejum?")
    assert not found("Fique sem comer.", "A endoscopia precisa de jejum?")


def test_a_name_of_another_exam_is_a_fault_and_another_name_of_the_same_is_none() -> None:
    assert found("Para o ecocardiograma, fique sem comer.", "Qual o jejum da endoscopia?")
    assert not found("Para a endoscopia, fique sem comer.", "qual o jejum da endo?")


def test_a_question_without_an_exam_has_none() -> None:
    assert not found("Não precisa de jejum.", "Precisa de jejum?")

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.fault import Fault
from workers.answering.check.rows import age_faults, row_faults
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms
from workers.answering.wording.words import wording_of

TABLE = passage(
    "Convênio: Saúde Ipê; Encaminhamento: só para psicologia\n"
    "Convênio: Bem-te-vi; Encaminhamento: só para cardiologia"
)
AGES = passage(
    "Adolescentes de 16 e 17 anos podem vir sozinhos.\nMenores de 12 anos vêm com os pais."
)


def rows(answer: str, question: str) -> list[Fault]:
    focus = Focus(terms(answer), terms(question))
    return [*row_faults(answer, focus, Support([TABLE]))]


def ages(answer: str, question: str) -> list[Fault]:
    focus = Focus(terms(answer), terms(question))
    asked = wording_of(question).numbers
    return [*age_faults(answer, asked, focus, Support([AGES]))]


def test_a_row_of_another_plan_than_the_question_s_is_a_fault() -> None:
    assert rows("Só para psicologia.", "O Bem-te-vi pede encaminhamento?")
    assert not rows("Só para cardiologia.", "O Bem-te-vi pede encaminhamento?")
    assert not rows("Só para psicologia.", "Quem pede encaminhamento?")


def test_what_holds_at_another_age_is_a_fault() -> None:
    assert ages("Sim, adolescentes podem vir sozinhos.", "Com 14 anos pode?")
    assert not ages("Sim, adolescentes podem vir sozinhos.", "Com 16 anos pode?")
    assert not ages("Menores vêm com os pais.", "Com 10 anos pode?")

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms

SHEET = passage("Exame: Hemograma; Jejum: não precisa\nExame: Glicemia; Jejum: 8 horas")
SUPPORT = Support([SHEET])


def test_a_rare_word_weighs_more_than_one_of_every_row() -> None:
    nearest = SUPPORT.nearest(Focus(terms("O exame de glicemia"), frozenset()))
    assert {each.text for each in nearest} == {"Exame: Glicemia; Jejum: 8 horas"}


def test_a_word_of_the_answer_weighs_more_than_one_of_the_question() -> None:
    nearest = SUPPORT.nearest(Focus(terms("glicemia"), terms("hemograma")))
    assert {each.text for each in nearest} == {"Exame: Glicemia; Jejum: 8 horas"}


def test_one_wrong_letter_is_forgiven() -> None:
    assert terms("hemograma") <= SUPPORT.known("emograma")


def test_the_documents_word_stands_for_the_patient_s() -> None:
    assert terms("hemograma") <= SUPPORT.known("exame de anemia")


def test_nothing_shared_is_no_support() -> None:
    assert SUPPORT.nearest(Focus(terms("estacionamento"), frozenset())) == []

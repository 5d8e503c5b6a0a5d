import pytest

from tests.unit.workers.answering.quoting.sheets import sheet
from workers.answering.quoting.candidates import candidates_of
from workers.answering.quoting.siblings import is_beside

PLASTERS = (
    sheet("Não pode molhar.", "Gesso e tala", "Gesso comum"),
    sheet("Pode molhar com forro próprio.", "Gesso e tala", "Gesso sintético"),
    sheet("Gesso e tala ficam secos no banho.", "Gesso e tala", "Banho"),
)
PRICES = """\
Item: Consulta por vídeo; Preço: R$ 150,00
Item: Consulta com pediatra; Preço: R$ 300,00
Item: Teleorientação; Preço: R$ 90,00
Item: Ultrassom; Preço: R$ 200,00"""


def beside(question: str, start: str, *passages: tuple[str, str]) -> bool:
    """Whether the candidate with this beginning is beside the question."""
    candidates = candidates_of([sheet(text, title) for text, title in passages])
    (best,) = (each for each in candidates if each.text.startswith(start))
    return is_beside(question, best, candidates)


def beside_plasters(question: str, start: str) -> bool:
    candidates = candidates_of(PLASTERS)
    (best,) = (each for each in candidates if each.text.startswith(start))
    return is_beside(question, best, candidates)


def test_what_is_said_of_a_sibling_is_no_answer_where_the_thing_itself_has_a_place() -> None:
    assert beside_plasters("gesso sintético pode molhar?", "Não")
    assert not beside_plasters("gesso sintético pode molhar?", "Pode")
    assert not beside_plasters("gesso comum pode molhar?", "Não")


def test_what_is_said_of_all_siblings_is_an_answer() -> None:
    assert not beside_plasters("posso tomar banho com o gesso?", "Gesso e tala ficam")


def test_where_the_thing_has_no_place_of_its_own_a_sibling_is_left_to_the_doubts() -> None:
    alone = candidates_of([PLASTERS[0]])
    assert not is_beside("gesso sintético pode molhar?", alone[0], alone)


@pytest.mark.parametrize("question", ["quanto custa a consulta", "qual o valor da consulta?"])
def test_the_price_of_one_of_several_consultations_is_not_the_price_of_a_consultation(
    question: str,
) -> None:
    assert beside(question, "Item: Consulta por vídeo", (PRICES, "Preços"))
    assert beside(question, "Item: Consulta com pediatra", (PRICES, "Preços"))
    assert beside(question, "Item: Teleorientação", (PRICES, "Preços"))


def test_the_only_consultation_s_price_is_and_so_is_the_one_that_was_named() -> None:
    only = "Item: Consulta por vídeo; Preço: R$ 150,00\nItem: Ultrassom; Preço: R$ 200,00"
    assert not beside("quanto custa a consulta", "Item: Consulta", (only, "Preços"))
    by_video = "quanto custa a consulta por vídeo?"
    assert not beside(by_video, "Item: Consulta por vídeo", (PRICES, "Preços"))
    assert not beside("quanto custa o ultrassom", "Item: Ultrassom", (PRICES, "Preços"))


def test_a_consultation_without_more_to_its_name_is_the_one_that_was_asked_for() -> None:
    rows = f"Item: Consulta; Preço: R$ 250,00\n{PRICES}"
    assert not beside("quanto custa a consulta", "Item: Consulta;", (rows, "Preços"))


@pytest.mark.parametrize(
    "question", ["quais dentistas atendem criança", "qual médico opera joelho?", "quais pediatras?"]
)
def test_who_asks_for_people_by_profession_is_told_a_name_or_nothing(question: str) -> None:
    passages = ("Atendemos bebês desde cedo. Dra. Lorena Reis atende crianças.", "Equipe")
    assert beside(question, "Atendemos", passages)
    assert not beside(question, "Dra. Lorena", passages)


def test_another_question_about_professionals_needs_no_name() -> None:
    passages = ("Atendemos bebês desde cedo.", "Equipe")
    assert not beside("tem dentista de criança?", "Atendemos", passages)

"""Passages about another exam are set back."""

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.subject import OTHER, about


def passage(title: str, text: str, score: float, heading: tuple[str, ...] = ()) -> Passage:
    return Passage(
        id=title,
        document=f"{title}.md",
        title=title,
        heading=heading,
        page=None,
        text=text,
        score=score,
        similarity=0.9,
    )


ECHO = passage("Ecocardiograma", "Não precisa de jejum.", 4.0)
ECG = passage("Eletrocardiograma", "Evite creme no peito.", 3.0)
PRICES = passage("Preços", "Exame: Eletrocardiograma; Preço: R$ 90", 2.5)
PARKING = passage("Estacionamento", "A primeira hora é grátis.", 2.0)


def test_the_sheet_of_the_exam_that_is_asked_for_comes_first() -> None:
    ranked = about("eletrocardiograma precisa de jejum?", [ECHO, ECG, PRICES, PARKING])
    assert [each.title for each in ranked] == [
        "Eletrocardiograma",
        "Preços",
        "Ecocardiograma",
        "Estacionamento",
    ]
    assert ranked[2].score == ECHO.score - OTHER


def test_a_heading_and_a_plural_name_a_subject_too() -> None:
    sheet = passage("Preparos", "Jejum de 8 horas.", 1.0, ("Mamografias",))
    assert about("mamografia", [PARKING, sheet])[0] is sheet


def test_nothing_moves_where_no_title_has_a_term_of_the_question() -> None:
    ranked = [ECHO, PRICES]
    assert about("quanto custa o eletrocardiograma?", ranked) == ranked
    assert about("onde estaciono?", ranked) == ranked
    assert about("eletrocardiograma", []) == []

import pytest

from tests.unit.workers.answering.quoting.broad.documents import chunks
from tests.unit.workers.answering.quoting.sheets import sheet
from workers.answering.quoting.broad.places import is_place, places_of
from workers.answering.quoting.candidates import candidates_of

CENTRE = "Unidade: Centro; Sábado: 7h às 12h; Exames: sangue"
GARDEN = "Unidade: Jardim; Sábado: 8h às 13h; Exames: mamografia"
VIEW = "Unidade: Mirante; Sábado: o mesmo do Centro; Exames: sangue"
ROWS = (CENTRE, GARDEN, VIEW)
HOURS = chunks("Unidades", Horário=ROWS, Telefone="Ligue (20) 5555-0140.")
NOTHING = "no more than the row"


def told(question: str, row: str = CENTRE) -> str:
    """The names of the places that are quoted where this row was picked."""
    (best,) = candidates_of([sheet(row, "Unidades", "Horário")])
    excerpt = places_of(question, best, lambda _: HOURS)
    return excerpt.text if excerpt else NOTHING


@pytest.mark.parametrize(
    "question", ["horário no sábado?", "qual o horário do Centro e do Jardim?"]
)
def test_where_no_place_or_several_are_named_their_rows_are_quoted(question: str) -> None:
    text = told(question)
    assert text.startswith("- Centro \u2013 Sábado: 7h às 12h")
    assert "- Jardim \u2013 Sábado: 8h às 13h" in text
    assert ("- Mirante" in text) is ("Centro" not in question)


def test_the_one_that_was_named_is_quoted_alone() -> None:
    assert told("horário do Centro no sábado?") == NOTHING


def test_where_another_one_was_named_it_comes_along() -> None:
    assert "- Jardim" in told("horário do Jardim no sábado?")


def test_what_tells_one_place_from_the_others_is_as_good_as_its_name() -> None:
    assert told("onde fazem mamografia?", GARDEN) == NOTHING


def test_rows_of_other_things_and_sentences_are_left_alone() -> None:
    assert not is_place("Exame: Mamografia; Unidade: Jardim")
    assert told("quanto custa?", "Exame: Mamografia; Unidade: Jardim") == NOTHING
    assert told("qual o telefone?", "Ligue (20) 5555-0140.") == NOTHING


def test_a_row_that_its_document_has_no_more_is_left_alone() -> None:
    assert told("horário no sábado?", CENTRE.replace("7h", "9h")) == NOTHING


def test_where_no_plan_is_named_the_rows_of_all_plans_are_quoted() -> None:
    rows = ("Convênio: Ipê; Encaminhamento: não pede", "Convênio: Cais; Encaminhamento: sempre")
    (best,) = candidates_of([sheet(rows[0], "Autorização", "Encaminhamento")])
    referrals = chunks("Autorização", Encaminhamento=rows)

    def quoted(question: str) -> str:
        excerpt = places_of(question, best, lambda _: referrals)
        return excerpt.text if excerpt else NOTHING

    assert "- Cais" in quoted("preciso de encaminhamento?")
    assert quoted("o Ipê pede encaminhamento?") == NOTHING

from dataclasses import replace

import pytest

from ingestion.knowledge.passage import Passage, Turn
from tests.unit.workers.answering.quoting.sheets import sheet
from workers.answering.quoting.candidates import candidates_of
from workers.answering.quoting.quote import Excerpt, Quote, Remainder, excerpt_of, together


def excerpt(passage: Passage, start: str) -> Excerpt:
    """The excerpt around the sentence that begins so."""
    candidates = candidates_of([passage])
    (best,) = (each for each in candidates if each.text.startswith(start))
    return excerpt_of(best, candidates)


def test_a_short_answer_of_a_pair_is_quoted_whole_whichever_sentence_was_best() -> None:
    answer = "Não. Deixe em casa. Temos um armário com chave, e a recepção guarda o que é grande."
    pair = sheet(f"Posso ir de brinco?\n{answer}", "Perguntas", is_pair=True)
    for start in ("Não.", "Deixe", "Temos"):
        assert excerpt(pair, start).text == answer
    assert excerpt(pair, "Não.").heading == "Posso ir de brinco?"


def test_an_answer_of_a_pair_over_two_lines_is_quoted_in_one() -> None:
    pair = sheet("Como chego?\nDe ônibus: linha 12.\nDe carro: pela avenida.", is_pair=True)
    assert excerpt(pair, "De carro").text == "De ônibus: linha 12. De carro: pela avenida."


def test_of_a_long_answer_what_stands_around_the_best_sentence_is_quoted() -> None:
    sentences = [f"Frase {number} com {'x' * 70}." for number in range(9)]
    quote = excerpt(sheet("Como é?\n" + " ".join(sentences), is_pair=True), "Frase 4")
    assert len(quote.text) <= 300
    assert "Frase 4" in quote.text
    assert "Frase 0" not in quote.text


@pytest.mark.parametrize("start", ["Retire", "Venha"])
def test_short_neighbours_of_one_paragraph_come_along(start: str) -> None:
    passage = sheet("Retire brincos e relógio. Venha com um acompanhante.")
    assert excerpt(passage, start).text == "Retire brincos e relógio. Venha com um acompanhante."


def test_neighbours_come_along_up_to_120_characters() -> None:
    first, best, last = "A" * 49 + ".", "B" * 49 + ".", "C" * 30 + "."
    assert excerpt(sheet(f"{first} {best} {last}"), "B").text == f"{best} {last}"
    fitting = f"{best} {'C' * 67}."
    assert len(fitting) == 119
    assert excerpt(sheet(fitting + " D."), "B").text == fitting
    assert excerpt(sheet(f"{best} {'C' * 69}."), "B").text == best


def test_a_sentence_that_is_long_itself_stands_whole_and_alone() -> None:
    long = f"Retire {'brincos, ' * 20}e relógio."
    assert excerpt(sheet(f"Bom dia. {long} Obrigado."), "Retire").text == long


def test_no_paragraph_is_crossed() -> None:
    passage = sheet("Retire brincos.\nAdultos: 8 horas. Crianças: 4 horas.\nTraga o pedido.")
    assert excerpt(passage, "Retire").text == "Retire brincos."
    assert excerpt(passage, "Adultos").text == "Adultos: 8 horas. Crianças: 4 horas."


def test_a_row_stands_alone_and_is_no_neighbour() -> None:
    passage = sheet("Exame: Raio X; Preço: R$ 90\nExame: Tomografia; Preço: R$ 400\nTraga RG.")
    assert excerpt(passage, "Exame: Raio X").text == "Exame: Raio X; Preço: R$ 90"
    assert excerpt(passage, "Traga").text == "Traga RG."


def test_sentences_under_another_heading_are_no_neighbours() -> None:
    text = "Retire brincos. O laudo sai em 5 dias."
    joined = replace(
        sheet(text), turns=(Turn(0, 1, ("Preparo",)), Turn(text.index("O"), 3, ("Resultado",)))
    )
    quote = excerpt(joined, "O laudo")
    assert quote.text == "O laudo sai em 5 dias."
    assert (quote.citation.heading, quote.citation.page) == ("Resultado", 3)


def test_the_citation_says_where_the_excerpt_stands_in_its_own_words() -> None:
    passage = sheet("Retire\n   brincos.", "Ressonância", "Exames", "Preparo")
    citation = Excerpt(passage, 0, len(passage.text), "Ressonância").citation
    assert citation.document == "Ressonância.md"
    assert citation.title == "Ressonância"
    assert citation.heading == "Exames > Preparo"
    assert citation.page == 2
    assert citation.quote == "Retire brincos."
    assert Excerpt(sheet("Oi."), 0, 3, "").citation.heading is None


def test_no_neighbour_comes_along_over_what_was_left_out() -> None:
    passage = sheet("Abrimos sábado até 12h. No Natal de 2020 abrimos até 8h. Traga documento.")
    assert excerpt(passage, "Abrimos").text == "Abrimos sábado até 12h."


def test_a_sentence_is_quoted_with_the_one_that_it_leans_on() -> None:
    first = f"Avise até as 18h da véspera, por mensagem ou telefone, {'com o seu nome ' * 8}."
    text = f"{first} Depois disso, cobramos metade da taxa."
    quote = excerpt(sheet(text, "Coleta"), "Depois")
    assert quote.text == text
    assert not quote.leans


@pytest.mark.parametrize(
    "start", ["Depois disso, pode dirigir.", "Nesse caso, remarque.", "Caso contrário, venha."]
)
def test_a_sentence_that_leans_on_what_is_not_there_says_so(start: str) -> None:
    assert excerpt(sheet(f"{start} Traga o pedido.", "Coleta"), start[:6]).leans
    assert not excerpt(sheet("Se não houver febre, pode vir.", "Coleta"), "Se").leans


def test_what_two_questions_get_is_said_once_and_as_surely_as_the_less_sure() -> None:
    retire = excerpt(sheet("Retire brincos."), "Retire")
    again = excerpt(replace(sheet("Retire brincos."), score=0.5), "Retire")
    laudo = excerpt(sheet("O laudo fica pronto em 5 dias.", "Laudos"), "O laudo")
    both = together([Quote((retire,), 0.9), Quote((again, laudo), 0.8)])
    assert [each.text for each in both.excerpts] == [
        "Retire brincos.",
        "O laudo fica pronto em 5 dias.",
    ]
    assert both.probability == 0.8


def test_what_else_a_document_says_is_told_of_one_document_alone() -> None:
    whole = Quote((excerpt(sheet("Retire brincos."), "Retire"),), 1.0, Remainder("A", ("Jejum",)))
    assert together([whole, replace(whole, rest=None)]).rest == whole.rest
    assert together([whole, whole]).rest is None

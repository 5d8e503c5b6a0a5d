from workers.answering.check.statements import Statement, sentences, statements_of
from workers.answering.check.terms import terms
from workers.answering.wording.words import Number


def read(text: str, title: str = "", *heading: str) -> tuple[Statement, ...]:
    return statements_of(title, heading, text)


def test_a_cell_stands_with_the_words_that_name_its_row() -> None:
    cell = read("Exame: Mamografia; Valor: R$ 260,00; Duração: 15 minutos")[1]
    assert cell.column == "Valor"
    assert cell.numbers == {Number("260", "real")}
    assert terms("mamografia") <= cell.terms
    assert cell.label == terms("mamografia")


def test_the_header_says_what_is_money() -> None:
    cell = read("exame: Mamografia; particular (R$): 260,00")[1]
    assert cell.numbers == {Number("260", "real")}


def test_a_cell_that_denies_its_header_is_read_with_it() -> None:
    assert "Jejum não precisa" in read("Exame: Glicemia; Jejum: não precisa")[0].text


def test_a_sentence_that_leans_on_the_one_before_is_read_with_it() -> None:
    text = "Não carregue peso. Isso inclui crianças no colo."
    assert [each.text for each in read(text)] == ["Não carregue peso.", text]


def test_a_heading_states_nothing_and_stands_above() -> None:
    only = read("Jejum\nFique 8 horas sem comer.", "Preparo", "Endoscopia")
    assert [each.text for each in only] == ["Fique 8 horas sem comer."]
    assert terms("Preparo Endoscopia Jejum") <= only[0].above


def test_an_answer_has_sentences() -> None:
    assert sentences("Sim. A Dra. Ana atende.") == ("Sim.", "A Dra. Ana atende.")

from dataclasses import replace

from ingestion.knowledge.passage import Passage, Turn
from workers.answering.cite import cite


def passage(document: str, text: str, heading: tuple[str, ...] = ()) -> Passage:
    return Passage(document, document, document.title(), heading, 2, text, 0.5, 0.9)


FASTING = passage(
    "preparo.pdf",
    "Leve os documentos. Faça jejum de 8 horas antes da colonoscopia. Água é permitida.",
    ("Colonoscopia", "Jejum"),
)
PARKING = passage("unidades.html", "O estacionamento é gratuito por duas horas.")


def test_the_passage_that_holds_the_answers_words_is_cited_and_the_other_is_not() -> None:
    citations = cite("O jejum é de 8 horas.", [PARKING, FASTING])
    assert [citation.document for citation in citations] == ["preparo.pdf"]


def test_the_quote_is_the_sentence_that_supports_the_answer() -> None:
    (citation,) = cite("O jejum é de 8 horas.", [FASTING])
    assert citation.quote == "Faça jejum de 8 horas antes da colonoscopia."
    assert (citation.heading, citation.page) == ("Colonoscopia > Jejum", 2)


def test_page_and_heading_are_those_of_the_quote_where_a_passage_is_several_chunks() -> None:
    end = "Faça jejum de 8 horas."
    turns = (Turn(0, 2, ("Colonoscopia",)), Turn(20, 3, ("Colonoscopia", "Véspera")))
    joined = replace(FASTING, text=f"Leve os documentos.\n{end}", turns=turns)
    (later,) = cite("O jejum é de 8 horas.", [joined])
    (earlier,) = cite("Leve documentos.", [joined])
    assert (later.page, later.heading) == (3, "Colonoscopia > Véspera")
    assert (earlier.page, earlier.heading) == (2, "Colonoscopia")


def test_accents_and_case_do_not_hide_support() -> None:
    assert cite("AGUA PERMITIDA", [PARKING, FASTING])[0].document == "preparo.pdf"


def test_an_ordinal_supports_in_either_spelling_and_is_quoted_as_written() -> None:
    copies = passage("vias.pdf", "A 10ª via é paga. A 11ª via é gratuita.")
    for answer in ("A 10ª via é paga.", "A 10a via é paga."):
        (citation,) = cite(answer, [PARKING, copies])
        assert (citation.document, citation.quote) == ("vias.pdf", "A 10ª via é paga.")


def test_an_answer_without_any_support_still_says_what_the_model_was_given() -> None:
    assert len(cite("sim", [PARKING, FASTING])) == 2


def test_a_long_quote_ends_at_a_word_and_says_that_it_was_cut() -> None:
    (citation,) = cite("jejum", [passage("a.md", "jejum " * 200)])
    assert len(citation.quote) <= 240
    assert citation.quote.endswith("jejum…")


def test_a_row_is_quoted_whole_and_it_is_that_of_what_the_answer_names() -> None:
    rows = [
        f"Exame: {name}; Valor: {price}; Unidade: Jardim; Observação: traga o pedido do médico"
        for name, price in (("Ressonância sem contraste", "R$ 890,00"), ("Holter", "R$ 270,00"))
    ]
    (citation,) = cite("O Holter custa R$ 270,00.", [passage("precos.csv", "\n".join(rows))])
    assert citation.quote == rows[1]


def test_no_quote_is_cut_after_an_abbreviation() -> None:
    sentence = (
        "A Dra. Lúcia atende na Av. Brasil, 1.240, e a consulta custa R$ 1.240,00 (p. ex. hoje)."
    )
    (citation,) = cite(
        "A Dra. Lúcia cobra R$ 1.240,00.", [passage("a.md", f"Olá. {sentence} Até.")]
    )
    assert citation.quote == sentence


def test_of_two_equal_sentences_the_one_under_the_heading_asked_for_is_cited() -> None:
    text = "Mamografia\nNão precisa de jejum.\nUltrassom\nNão precisa de jejum."
    second = text.index("Ultrassom")
    sheet = replace(
        passage("preparo.pdf", text),
        turns=(Turn(0, 1, ("Mamografia",)), Turn(second, 2, ("Ultrassom",))),
    )
    (citation,) = cite("Não precisa de jejum.", [sheet], "O ultrassom precisa de jejum?")
    assert (citation.page, citation.heading) == (2, "Ultrassom")
    (citation,) = cite("Não precisa de jejum.", [sheet], "A mamografia precisa de jejum?")
    assert (citation.page, citation.heading) == (1, "Mamografia")


def test_each_fact_of_an_answer_is_cited() -> None:
    citations = cite("Jejum de 8 horas. O estacionamento é gratuito.", [PARKING, FASTING])
    assert [citation.document for citation in citations] == ["preparo.pdf", "unidades.html"]


def test_sentences_that_follow_each_other_are_one_quote() -> None:
    (citation,) = cite("Jejum de 8 horas antes da colonoscopia. Água é permitida.", [FASTING])
    assert citation.quote == "Faça jejum de 8 horas antes da colonoscopia. Água é permitida."


def test_the_passage_with_the_number_is_cited_and_not_the_one_with_more_of_the_words() -> None:
    wordy = passage("a.md", "O jejum da colonoscopia antes do exame é importante.")
    (citation,) = cite("O jejum da colonoscopia antes do exame é de 8 horas.", [wordy, FASTING])
    assert citation.document == "preparo.pdf"

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

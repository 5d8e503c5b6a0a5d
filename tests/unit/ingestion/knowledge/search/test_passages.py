"""Ranked chunks become the passages of a prompt."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.passages import CROWDED, JOINED, assemble, mix


def passage(text: str, order: int = 0, document: str = "a.md", heading: str = "Preparo") -> Passage:
    return Passage(
        id=f"{document}:{order}:{text[:20]}",
        document=document,
        title="",
        heading=(heading,),
        page=order + 1,
        text=text,
        score=0.0,
        similarity=0.9,
        order=order,
        last=order,
    )


def test_neighbours_under_one_heading_are_joined_in_reading_order() -> None:
    best, after, before = passage("meio", 5), passage("fim", 6), passage("início", 4)
    (joined,) = assemble([best, after, before], 3)
    assert joined.text == "início\nmeio\nfim"
    assert (joined.id, joined.page, joined.order, joined.last) == (best.id, 5, 4, 6)
    assert joined.pages == {5, 6, 7}
    for word, page in (("início", 5), ("meio", 6), ("fim", 7)):
        assert joined.page_at(joined.text.index(word)) == page


def test_no_more_characters_are_joined_than_a_long_chunk_has() -> None:
    ranked = [passage(f"{order} " + "palavra " * 40, order) for order in range(4)]
    first, second = assemble(ranked, 4)
    assert (first.order, first.last) == (0, 1)
    assert (second.order, second.last) == (2, 3)
    assert max(len(first.text), len(second.text)) <= JOINED + len("\n")


def test_the_next_section_is_joined_under_its_own_heading() -> None:
    ranked = [
        replace(passage("Vão ao portal.", 2), heading=("Resultados", "Exames")),
        replace(passage("Leve o documento.", 3), heading=("Resultados", "Laudos")),
        replace(passage("Em 7 dias.", 1), heading=("Resultados",)),
    ]
    (joined,) = assemble(ranked, 4)
    assert joined.heading == ("Resultados",)
    assert joined.text == "Em 7 dias.\nExames\nVão ao portal.\nLaudos\nLeve o documento."
    assert joined.page_at(joined.text.index("Exames")) == 3
    assert joined.page_at(joined.text.index("Laudos")) == 4


def test_a_text_back_under_an_outer_heading_says_so() -> None:
    headings = [("Preparos",), ("Preparos", "Endoscopia"), ("Preparos",)]
    ranked = [
        replace(passage(text, order), heading=heading)
        for order, (text, heading) in enumerate(zip(("um", "dois", "três"), headings, strict=True))
    ]
    (joined,) = assemble(ranked, 4)
    assert joined.text == "um\nEndoscopia\ndois\nPreparos\ntrês"
    assert joined.heading_at(joined.text.index("dois")) == ("Preparos", "Endoscopia")
    assert joined.heading_at(joined.text.index("três")) == ("Preparos",)


def test_passages_apart_or_of_other_documents_are_not_joined() -> None:
    ranked = [passage("um", 1), passage("três", 3), passage("quatro", 2, document="b.md")]
    assert assemble(ranked, 4) == ranked


def test_pairs_of_question_and_answer_stand_alone() -> None:
    ranked = [replace(passage(f"Pergunta {order}?", order), is_pair=True) for order in range(3)]
    assert assemble(ranked, 4) == ranked


def test_what_a_better_passage_says_is_dropped() -> None:
    text = "Para a colonoscopia o jejum é de oito horas e a dieta da véspera é líquida e clara."
    other = passage(text.replace("líquida", "liquida") + " ", 9, document="copia.md")
    assert [each.document for each in assemble([passage(text), other], 4)] == ["a.md"]


def test_passages_that_differ_in_a_number_or_a_negation_both_stay() -> None:
    text = "Para a colonoscopia o jejum é de oito horas, a dieta da véspera é clara, e pode 2 copos"
    for changed in (text.replace("2", "3"), text.replace("pode", "não pode")):
        other = passage(changed, document="b.md")
        assert len(assemble([passage(text), other], 4)) == 2


@pytest.mark.parametrize(
    ("said", "instead"),
    [("segundas", "quintas"), ("Ana", "Paula"), ("manhã", "tarde"), ("mediante", "só mediante")],
)
def test_passages_that_differ_in_a_day_a_name_or_a_condition_both_stay(
    said: str, instead: str
) -> None:
    text = (
        "A consulta de cardiologia da unidade Centro acontece às segundas pela manhã com a doutora "
        "Ana, mediante agendamento prévio pelo telefone ou pelo site da clínica, e o paciente deve "
        "trazer documento e carteirinha."
    )
    other = passage(text.replace(said, instead), document="b.md")
    assert len(assemble([passage(text), other], 4)) == 2


def test_equal_words_under_another_heading_are_of_another_matter() -> None:
    ranked = [
        passage("8 horas.", heading="Endoscopia"),
        passage("8 horas.", 4, heading="Tomografia"),
    ]
    assert assemble(ranked, 4) == ranked


def test_a_part_of_a_better_passage_is_dropped_and_one_that_says_more_is_not() -> None:
    part = passage("O jejum é de oito horas.")
    more = passage("O jejum é de oito horas. A dieta da véspera é líquida.", document="b.md")
    assert assemble([more, part], 4) == [more]
    assert assemble([part, more], 4) == [part, more]


def test_no_more_than_asked_for() -> None:
    ranked = [passage(f"texto {number}", document=f"{number}.md") for number in range(9)]
    assert assemble(ranked, 4) == ranked[:4]


def test_chunks_of_one_document_do_not_crowd_the_others_out() -> None:
    scored = [("a.md", 2.0), ("a.md", 1.9), ("a.md", 1.8), ("b.md", 1.85), ("c.md", 0.1)]
    ranked = [
        replace(passage(f"texto {order}", order, document), score=score)
        for order, (document, score) in enumerate(scored)
    ]
    assert [each.order for each in mix(ranked)] == [0, 3, 1, 2, 4]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.1, 0.2, 0.25, 1.0]))))
def test_the_next_one_is_always_the_best_after_what_its_document_has_lost(
    drawn: list[tuple[str, float]],
) -> None:
    rest = [
        replace(passage("", order, document), score=score)
        for order, (document, score) in enumerate(drawn)
    ]
    taken: Counter[str] = Counter()
    for each in mix(rest):
        best = max(rest, key=lambda one: one.score - CROWDED * taken[one.document])
        assert each is best  # the first of equals
        rest.remove(best)
        taken[best.document] += 1
    assert not rest

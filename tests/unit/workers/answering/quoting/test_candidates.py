from dataclasses import replace

from ingestion.knowledge.passage import Turn
from tests.unit.workers.answering.quoting.sheets import sheet
from workers.answering.quoting.candidates import Candidate, candidates_of
from workers.answering.sentences import Kind

PREPARATION = sheet(
    "Retire brincos e relógio. Venha com um acompanhante.\n"
    "- Traga o pedido médico.\n"
    "Exame: Ressonância; Preço: R$ 900,00",
    "Ressonância",
    "Exames",
    "Preparo",
)


def texts(*candidates: Candidate) -> list[str]:
    return [candidate.text for candidate in candidates]


def test_sentences_items_and_rows_are_candidates_in_the_order_of_the_text() -> None:
    candidates = candidates_of([PREPARATION])
    assert texts(*candidates) == [
        "Retire brincos e relógio.",
        "Venha com um acompanhante.",
        "Traga o pedido médico.",
        "Exame: Ressonância; Preço: R$ 900,00",
    ]
    assert [candidate.span.kind for candidate in candidates] == [
        Kind.SENTENCE,
        Kind.SENTENCE,
        Kind.ITEM,
        Kind.ROW,
    ]
    assert [candidate.place for candidate in candidates] == [0, 0.25, 0.5, 0.75]


def test_a_heading_in_the_text_is_no_candidate() -> None:
    assert texts(*candidates_of([sheet("Jejum\nFique 8 horas sem comer.")])) == [
        "Fique 8 horas sem comer."
    ]


def test_a_candidate_stands_under_its_title_and_innermost_heading() -> None:
    first, *_ = candidates_of([PREPARATION])
    assert first.heading == "Ressonância \u2013 Preparo"
    assert first.indexed == "Ressonância \u2013 Preparo: Retire brincos e relógio."


def test_a_title_that_is_the_heading_too_is_said_once_and_none_leaves_the_words_alone() -> None:
    assert candidates_of([sheet("Traga o pedido.", "Preparo", "Preparo")])[0].heading == "Preparo"
    (bare,) = candidates_of([sheet("Traga o pedido.", "")])
    assert bare.indexed == "Traga o pedido."


def test_in_joined_passages_each_candidate_has_the_heading_of_its_own_place() -> None:
    text = "Retire brincos.\nO laudo sai em 5 dias."
    joined = replace(
        sheet(text, "Ressonância", "Preparo"),
        turns=(Turn(0, 1, ("Preparo",)), Turn(text.index("O laudo"), 2, ("Resultado",))),
    )
    assert [candidate.heading for candidate in candidates_of([joined])] == [
        "Ressonância \u2013 Preparo",
        "Ressonância \u2013 Resultado",
    ]


def test_the_question_of_a_pair_is_what_its_answer_is_about_and_no_answer() -> None:
    pair = sheet("Posso ir de brinco?\nNão. Deixe em casa.", "Perguntas", is_pair=True)
    first, second = candidates_of([pair])
    assert texts(first, second) == ["Não.", "Deixe em casa."]
    assert first.heading == second.heading == "Posso ir de brinco?"


def test_nor_is_one_that_does_not_look_like_a_question() -> None:
    pair = sheet("Quero ir de brinco. Tem problema.\nDeixe em casa.", "Perguntas", is_pair=True)
    assert texts(*candidates_of([pair])) == ["Deixe em casa."]


def test_what_two_passages_say_of_the_same_is_a_candidate_once_with_the_better_s_rank() -> None:
    other = sheet("Venha com um acompanhante.", "Ultrassom")
    again = sheet("Retire brincos e relógio.", "Ressonância", "Preparo")
    candidates = candidates_of([PREPARATION, other, again])
    assert texts(*candidates).count("Retire brincos e relógio.") == 1
    assert texts(*candidates).count("Venha com um acompanhante.") == 2  # of another exam
    assert candidates[0].rank == 0
    assert candidates[-1].rank == 1


def test_no_passages_have_no_candidates() -> None:
    assert candidates_of([]) == []


def test_what_stands_above_a_document_s_first_heading_is_no_answer_by_itself() -> None:
    above = "Versão 2026. Orientações gerais, que o médico pode mudar.\n"
    headed = replace(
        sheet(f"{above}Água até 4 horas antes.", "Endoscopia"),
        turns=(Turn(start=len(above), heading=("Jejum",), page=1),),
    )
    assert texts(*candidates_of([headed])) == ["Água até 4 horas antes."]
    plain = sheet("Aceitamos cartão.", "Pagamento")
    assert texts(*candidates_of([plain])) == ["Aceitamos cartão."]


def test_a_row_that_says_it_by_another_row_is_no_answer() -> None:
    rows = (
        "Plano: Essencial; Cobre: consulta e canal",
        "Plano: Ideal; Cobre: o do Essencial e siso",
        "Plano: Prime; Cobre: o mesmo do Ideal; Obs: nenhuma",
        "Plano: Top; Cobre: tudo; Obs: idem",
    )
    assert texts(*candidates_of([sheet("\n".join(rows), "Planos")])) == [rows[0]]

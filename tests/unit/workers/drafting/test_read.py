import pytest

from workers.drafting.read import MOST_CHARACTERS, read_drafts

TEXT = "Faça jejum de 8 horas antes do exame. Pode beber água? Sim, água pode."


@pytest.mark.parametrize(
    "raw",
    [
        " quantas horas de jejum? o que posso comer antes?",
        "1. quantas horas de jejum?\n2) o que posso comer antes?",
        "- Quantas horas de jejum?\n• O que posso comer antes?\n",
        "Pergunta 1: quantas horas de jejum?\nPergunta 2: o que posso comer antes?",
        '"quantas horas de jejum?"\n"o que posso comer antes?"',
        "**Quantas horas de jejum?**\n\n**O que posso comer antes?**",
    ],
)
def test_questions_are_read_from_a_line_or_a_list(raw: str) -> None:
    questions = read_drafts(raw, TEXT, 3)
    assert [each.lower() for each in questions] == [
        "quantas horas de jejum?",
        "o que posso comer antes?",
    ]


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "O exame pede jejum de 8 horas.",
        "Jejum?",
        "por que???",
        "e\u202eu posso comer antes?",
        "quantas " * MOST_CHARACTERS + "horas?",
        "Pode beber água?",
        "pode beber AGUA?",
    ],
)
def test_what_is_no_question_or_stands_in_the_chunk_is_dropped(junk: str) -> None:
    assert read_drafts(junk, TEXT, 3) == ()


def test_a_repeat_counts_once_and_a_loop_ends_at_the_count() -> None:
    loop = "o que é o exame? O que é o exáme? " * 5
    assert read_drafts(loop, TEXT, 3) == ("o que é o exame?",)
    many = " ".join(f"quanto custa o exame {place}?" for place in range(9))
    assert read_drafts(many, TEXT, 2) == ("quanto custa o exame 0?", "quanto custa o exame 1?")


def test_a_cut_question_at_the_end_is_dropped() -> None:
    assert read_drafts("onde fica a clínica? quanto cus", TEXT, 3) == ("onde fica a clínica?",)

"""Bubbles in the terminal."""

import pytest

from workers.commands.support.phone.bubbles import formatted, line_of
from workers.simulation.whatsapp.chat import Bubble, State


@pytest.mark.parametrize(
    ("content", "plain", "styles"),
    [
        ("*Sim*, das 8 h", "Sim, das 8 h", ["bold"]),
        ("_não_ e ~antes~", "não e antes", ["italic", "strike"]),
        ("2*3*4 e a_b_c", "2*3*4 e a_b_c", []),
        ("* item", "* item", []),
    ],
)
def test_words_are_marked_as_whatsapp_marks_them(
    content: str, plain: str, styles: list[str]
) -> None:
    text = formatted(content)
    assert text.plain == plain
    assert [span.style for span in text.spans] == styles


def test_a_bubble_shows_who_wrote_what_it_quotes_and_its_ticks() -> None:
    question = Bubble("1", "patient", "text", "Abre sábado?", 0.0, State.SENT)
    answer = Bubble("2", "assistant", "text", "Sim.\nDas 8 às 12 h.", 0.0, replies_to="1")
    assert line_of(question).plain.endswith("você     Abre sábado?  ✓")
    question.state = State.READ
    assert line_of(question).plain.endswith("  ✓✓")
    shown = line_of(answer, question).plain
    assert shown.splitlines()[0].endswith("clínica  | Abre sábado?")
    assert [line.strip() for line in shown.splitlines()[1:]] == ["Sim.", "Das 8 às 12 h."]


def test_media_and_buttons_have_words() -> None:
    audio = Bubble("1", "patient", "audio", "", 0.0)
    menu = Bubble("2", "assistant", "interactive", "Mais?", 0.0, choices=(("s", "Sim"),))
    assert "[áudio]" in line_of(audio).plain
    assert "| [áudio]" in line_of(menu, audio).plain
    assert line_of(menu).plain.endswith("[ Sim ]")


def test_a_long_answer_is_cut_at_its_words_below_where_it_began() -> None:
    answer = Bubble(
        "1", "assistant", "text", "*Sim*, o jejum é de oito horas.\n\nTraga o pedido.", 0.0
    )
    lines = line_of(answer, width=36).plain.splitlines()
    assert [line[16:] for line in lines] == [
        "Sim, o jejum é de",
        "oito horas.",
        "",
        "Traga o pedido.",
    ]

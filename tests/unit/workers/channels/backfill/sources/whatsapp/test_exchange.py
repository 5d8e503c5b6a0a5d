from datetime import datetime, timedelta

import pytest

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.whatsapp.exchange import (
    ANSWER_SECONDS,
    BUBBLE_SECONDS,
    BURST_SECONDS,
    Asker,
    Bubble,
    Burst,
)

NOON = datetime(2026, 9, 19, 12, tzinfo=ZONE)


def bubble(text: str, seconds: float = 0) -> Bubble:
    return Bubble(text, NOON + timedelta(seconds=seconds))


def ask(asker: Asker, text: str, seconds: float = 0) -> None:
    asker.ask(text, Burst([bubble(text, seconds)]))


@pytest.mark.parametrize(
    ("seconds", "takes"), [(0, True), (BURST_SECONDS, True), (BURST_SECONDS + 1, False)]
)
def test_a_burst_takes_what_comes_within_two_minutes(seconds: float, takes: bool) -> None:  # noqa: FBT001 - a table
    assert Burst([bubble("qual o valor")]).takes(bubble("da consulta?", seconds)) is takes


def test_a_burst_has_an_end_however_fast_somebody_types() -> None:
    burst = Burst()
    while burst.takes(bubble("oi")):
        burst.add(bubble("oi"))
    assert len(burst.bubbles) == 100


def test_a_question_waits_three_days_for_its_answer_and_half_an_hour_for_more_of_it() -> None:
    asker = Asker("Ana")
    ask(asker, "qual o valor?")
    assert not asker.hear(bubble("tarde demais", ANSWER_SECONDS + 1))
    assert asker.hear(bubble("R$ 20", ANSWER_SECONDS))
    assert asker.hear(bubble("à vista", ANSWER_SECONDS + BUBBLE_SECONDS))
    assert not asker.hear(bubble("lembrete", ANSWER_SECONDS + 2 * BUBBLE_SECONDS + 1))
    (exchange,) = asker.open
    assert exchange.later_answer == "R$ 20\nà vista"


def test_an_answered_question_is_over_with_the_next_one() -> None:
    asker = Asker("Ana")
    ask(asker, "qual o valor?")
    asker.hear(bubble("R$ 20"))
    ask(asker, "e o retorno?", 60)
    asker.hear(bubble("30 dias", 120))
    first, second = asker.past
    assert (first.later_answer, second.later_answer) == ("R$ 20", "30 dias")
    assert [turn.answer for turn in second.context] == ["R$ 20"]


def test_a_question_that_is_over_stays_so_whatever_is_asked_next() -> None:
    asker = Asker("Ana")
    ask(asker, "tem estacionamento?")
    asker.open[0].is_over = True
    ask(asker, "quanto custa a consulta?", 60)
    asker.hear(bubble("R$ 20", 120))
    first, second = asker.past
    assert (first.later_answer, second.later_answer) == ("", "R$ 20")


def test_turns_behind_half_an_hour_of_silence_are_no_context() -> None:
    asker = Asker("Ana")
    ask(asker, "tem estacionamento?")
    asker.hear(bubble("tem", 60))
    ask(asker, "quanto custa a consulta?", 86_400)
    asker.hear(bubble("R$ 20", 86_500))
    ask(asker, "e o retorno?", 86_600)
    assert [turn.answer for turn in asker.past[-1].context] == ["R$ 20"]


def test_an_answer_to_two_open_questions_is_both_s() -> None:
    asker = Asker("Ana")
    ask(asker, "qual o valor da consulta?")
    ask(asker, "qual o endereço da clínica?", 600)
    asker.hear(bubble("R$ 20, Rua das Acácias", 900))
    assert {each.later_answer for each in asker.past} == {"R$ 20, Rua das Acácias"}


def test_an_answer_without_end_is_cut_and_says_so() -> None:
    asker = Asker("Ana")
    ask(asker, "qual o valor?")
    for _ in range(10):
        asker.hear(bubble("x" * 1_000))
    (exchange,) = asker.open
    assert len(exchange.later_answer) == 4_000
    assert exchange.later_answer.endswith("…")


def test_a_row_has_the_same_key_each_time_and_no_name_in_it() -> None:
    one, other = Asker("Ana"), Asker("Ana")
    ask(one, "qual o valor?")
    ask(other, "qual o valor?")
    other.hear(bubble("R$ 20"))
    row = one.past[0].row("")
    assert row.key == other.past[0].row("").key
    assert "Ana" not in row.key
    assert row.place == "mensagem de 19/09/2026 12:00"
    assert row.columns == {"nome": "Ana"}
    assert one.past[0].row("Ana").columns == {"nome": "Ana", "conversa": "Ana"}

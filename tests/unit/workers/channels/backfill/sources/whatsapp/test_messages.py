from collections.abc import Container

import pytest

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.whatsapp.heads import head_of
from workers.channels.backfill.sources.whatsapp.messages import (
    LONGEST_TEXT,
    ChatForm,
    Message,
    messages,
    sender_of,
)

FIRST = "19/09/2026 10:00 - Ana: oi"


def form(senders: Container[str] = ()) -> ChatForm:
    head = head_of(FIRST)
    assert head is not None
    return ChatForm(frozenset({head.shape}), "dmy", ZONE, senders)


def texts(*lines: str, senders: Container[str] = ()) -> list[str]:
    return [
        each if isinstance(each, str) else f"{each.sender}|{each.text}"
        for each in messages(lines, form(senders))
    ]


def test_lines_without_a_beginning_belong_to_the_message_before() -> None:
    assert texts(FIRST, "", "tudo bem?", "19/09/2026 10:01 - Bia: sim") == [
        "Ana|oi\n\ntudo bem?",
        "Bia|sim",
    ]


def test_lines_before_the_first_message_come_as_they_stand() -> None:
    assert texts("Exportado", "", FIRST) == ["Exportado", "", "Ana|oi"]


def test_a_line_of_another_telephone_s_form_is_a_part_of_the_text() -> None:
    assert texts(FIRST, "[19/09/2026, 10:00:00] Bia: colado") == [
        "Ana|oi\n[19/09/2026, 10:00:00] Bia: colado"
    ]


def test_a_list_of_appointments_is_a_part_of_the_text() -> None:
    lines = [
        "19/09/2026 10:00 - Clínica: Temos:",
        "13/10/2026 14:30 - Dra. Ana: retorno",
        "15/10/2026 14:30 - encaixe",
        "20/10/2026 14:30 - Dr. Beto: exame",
        "19/09/2026 10:05 - Ana: o primeiro",
        "25/12/2026 10:00 - Ana: feliz natal",
    ]
    assert texts(*lines) == [
        "Clínica|" + "\n".join(["Temos:", *lines[1:4]]),
        "Ana|o primeiro",
        "Ana|feliz natal",
    ]


def test_a_date_of_the_past_in_a_text_begins_no_message() -> None:
    past = "01/02/2020 09:00 - Dr. Beto: consulta"
    assert texts(FIRST, past, "19/09/2026 10:01 - Ana: lembra?") == [
        f"Ana|oi\n{past}",
        "Ana|lembra?",
    ]


def test_who_writes_here_is_believed_whatever_the_time_is() -> None:
    lines = (FIRST, "25/09/2026 10:00 - Bia: atrasada", "20/09/2026 10:00 - Ana: oi?")
    assert texts(*lines, senders={"Ana", "Bia"}) == ["Ana|oi", "Bia|atrasada", "Ana|oi?"]


def test_a_clock_that_was_wrong_for_good_loses_nothing() -> None:
    lines = ["01/01/2030 10:00 - Ana: a", "19/09/2026 10:00 - Ana: b", "20/09/2026 10:00 - Ana: c"]
    assert texts(*lines) == ["Ana|a", "Ana|b", "Ana|c"]


def test_a_message_has_the_telephone_s_time() -> None:
    (message,) = messages([FIRST], form())
    assert isinstance(message, Message)
    assert message.sent_at.isoformat() == "2026-09-19T10:00:00-03:00"


def test_a_text_without_end_is_kept_in_part() -> None:
    (text,) = texts(FIRST, *["x" * 1_000] * 1_000)
    assert len(text) <= LONGEST_TEXT + 1_100


@pytest.mark.parametrize(
    ("body", "sender", "text"),
    [
        ("Ana: oi: tudo?", "Ana", "oi: tudo?"),
        ("~\u202fAna: oi", "Ana", "oi"),
        ("Ana:", "Ana", ""),
        ("Ana: ", "Ana", ""),
        ("Ana saiu", "", "Ana saiu"),
        ('Ana mudou o assunto de "a: b" para "c"', "", 'Ana mudou o assunto de "a: b" para "c"'),
        (": oi", "", ": oi"),
        ("x" * 101 + ": oi", "", "x" * 101 + ": oi"),
    ],
)
def test_who_writes_stands_before_the_first_colon(body: str, sender: str, text: str) -> None:
    assert sender_of(body) == (sender, text)

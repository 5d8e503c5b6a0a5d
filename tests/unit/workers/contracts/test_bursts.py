"""Turns are read from a transcript."""

import time

import pytest

from workers.contracts.bursts import Burst, turns_of
from workers.contracts.conversation import Entry, PatientMessage
from workers.contracts.errors import RecordError


def patient(text: str, question: str | None = None, at: float = 0.0) -> Entry:
    return Entry(by="patient", text=text, at=at, question=question)


def assistant(text: str, question: str | None = None, at: float = 0.0) -> Entry:
    return Entry(by="assistant", text=text, at=at, question=question)


def person(text: str, at: float = 0.0) -> Entry:
    return Entry(by="person", text=text, at=at, question="said")


def turns(*entries: Entry) -> list[tuple[str, str, str]]:
    return [(turn.question, turn.answer, turn.by) for turn in turns_of(entries)]


def test_the_bubbles_of_a_question_are_one_turn() -> None:
    assert turns(
        patient("Bom dia", "q1"), patient("Qual o preparo?", "q1"), assistant("Jejum.", "q1"),
        patient("E quanto custa?", "q2"), assistant("R$ 40.", "q2"),
    ) == [
        ("Bom dia\nQual o preparo?", "Jejum.", "assistant"),
        ("E quanto custa?", "R$ 40.", "assistant"),
    ]  # fmt: skip


def test_a_fixed_text_beside_a_question_in_flight_is_a_turn_of_its_own() -> None:
    assert turns(
        patient("Qual o preparo?", "q1"), patient("Obrigada", "q2"), assistant("De nada.", "q2"),
        assistant("Jejum.", "q1"),
    ) == [
        ("Obrigada", "De nada.", "assistant"),
        ("Qual o preparo?", "Jejum.", "assistant"),
    ]  # fmt: skip


def test_what_was_merged_belongs_to_the_question_that_took_it_in() -> None:
    assert turns(
        patient("Qual o preparo", "merged"), patient("de sangue?", "q2"), assistant("Jejum.", "q2")
    ) == [("Qual o preparo\nde sangue?", "Jejum.", "assistant")]


def test_a_persons_words_answer_what_was_written_while_he_had_it() -> None:
    assert turns(patient("Posso ir?"), person("Pode sim."), person("Até as 18h.")) == [
        ("Posso ir?", "Pode sim.\nAté as 18h.", "person")
    ]


def test_words_before_any_question_are_no_turn() -> None:
    assert turns(person("Bom dia!")) == []
    assert turns(person("Bom dia!"), patient("Oi", "q1"), assistant("Olá!", "q1")) == [
        ("Oi", "Olá!", "assistant")
    ]


def test_media_without_a_word_is_no_turn() -> None:
    assert turns(
        patient("Oi", "q1"), assistant("Olá!", "q1"), patient("", "q2"),
        assistant("Não ouço áudios.", "q2"), patient("Qual o preparo?", "q3"),
        assistant("Jejum.", "q3"),
    ) == [
        ("Oi", "Olá!", "assistant"), ("Qual o preparo?", "Jejum.", "assistant"),
    ]  # fmt: skip


def row(entries: list[str], members: list[str], takes: str = "1") -> list[object]:
    fields = {
        "id": "c1", "tenant": "t", "channel": "recepcao", "kind": "whatsapp",
        "contact": "user:BR.1", "recipient": "{}", "opened_at": "1", "last_message_at": "1",
        "revision": "7", "takes": takes,
    }  # fmt: skip
    return [[part for field in fields.items() for part in field], members, entries, "", ""]


def test_a_burst_goes_on_from_three_turns_of_the_last_half_hour() -> None:
    now = time.time()
    ages = (1900, 1700, 300, 200, 100)
    entries = [
        entry.model_dump_json()
        for age in ages
        for entry in (patient(str(age), f"q{age}"), assistant("Sim.", f"q{age}", now - age))
    ]
    burst = Burst.from_row(row(entries, []))
    assert [turn.question for turn in burst.turns] == ["300", "200", "100"]
    burst = Burst.from_row(row(entries[:4], []))
    assert [turn.question for turn in burst.turns] == ["1700"]
    assert (burst.fence, burst.waiting, burst.busy) == (7, None, False)


def test_a_bubble_is_read_behind_the_number_of_its_arrival() -> None:
    message = PatientMessage(id="wamid.1", text="Oi tudo bem", sent_at=5.0)
    member = f"0000000000000001 {message.model_dump_json(exclude_defaults=True)}"
    assert Burst.from_row(row([], [member])).messages == (message,)


def test_a_damaged_bubble_is_an_error_for_a_while_and_then_a_medium() -> None:
    with pytest.raises(RecordError, match="c1"):
        Burst.from_row(row([], ["0001 {"]))
    burst = Burst.from_row(row([], ["0001 {"], takes="4"))
    assert burst.is_stuck
    assert [(bubble.kind, bubble.media) for bubble in burst.messages] == [("media", "unreadable")]


def test_a_damaged_entry_hides_no_other() -> None:
    whole = [
        entry.model_dump_json()
        for entry in (patient("Oi", "q", time.time()), assistant("Olá", "q", time.time()))
    ]
    (turn,) = Burst.from_row(row(["{", whole[0], '{"by": "robot"}', whole[1]], [])).turns
    assert (turn.question, turn.answer) == ("Oi", "Olá")

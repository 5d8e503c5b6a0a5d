"""Made-up chats of any order: nothing is lost, nothing is said twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.source import LeftOut, SourceOptions
from workers.channels.backfill.sources.whatsapp import dialogue
from workers.channels.backfill.sources.whatsapp.dialogue import Dialogue, Item
from workers.channels.backfill.sources.whatsapp.messages import Message
from workers.contracts.backfill import BackfillRow

BEGINNING = datetime(2026, 9, 19, 10, tzinfo=ZONE)
CLINIC = frozenset({"Clínica", "Dra. Eva"})
LEFT_OUT = ("<Mídia oculta>", "Esta mensagem foi apagada", "\u200eAna adicionou você", "")
WORDS = (
    "qual o valor da consulta {}",
    "Ana, atendemos {}",
    "e precisa de jejum {}?",
    "bom dia {}",
    "vou verificar {}",
    "Qual o seu nome? {}",
    "{}",
    "sim {}",
    "mensagem automática {}",
)
COURTESIES = ("obrigada", "bom dia", "👍", "?", "ok")

senders = st.sampled_from(["Ana", "Bia", "+55 41 99876-1234", *sorted(CLINIC)])
gaps = st.sampled_from([0, 1, 90, 120, 121, 1_000, 2_000, 10_000, 300_000, -60, -90_000])


@st.composite
def chats(draw: st.DrawFn, *others: str) -> list[Message]:
    """Messages, each with a word of its own, but for those of others' texts."""
    now, chat = BEGINNING, []
    for place in range(draw(st.integers(0, 25))):
        now += timedelta(seconds=draw(gaps))
        text = draw(st.sampled_from([*WORDS, *others])).format(f"marca{place}x")
        chat.append(Message(draw(senders), text, now))
    return chat


def items(chat: Sequence[Message | str], options: SourceOptions | None = None) -> list[Item]:
    return [*Dialogue(CLINIC, options or SourceOptions()).items(chat)]


def said(rows: Sequence[Item]) -> str:
    return "\n".join(
        f"{row.question}\n{row.later_answer}" for row in rows if isinstance(row, BackfillRow)
    )


@given(chats(*LEFT_OUT))
@settings(max_examples=150, deadline=None)
def test_each_message_is_in_a_question_or_an_answer_or_left_out(chat: list[Message]) -> None:
    everything = items(chat)
    words = said(everything)
    present = sum(f"marca{place}x" in words for place in range(len(chat)))
    left_out = sum(isinstance(item, LeftOut) for item in everything)
    assert present + left_out == len(chat)


@given(chats(*LEFT_OUT, *COURTESIES))
@settings(max_examples=60, deadline=None)
def test_no_patient_s_word_is_an_answer_and_none_of_the_clinic_s_a_question(
    chat: list[Message],
) -> None:
    for item in items(chat):
        if isinstance(item, BackfillRow):
            for place, message in enumerate(chat):
                mark = f"marca{place}x"
                is_clinic = message.sender in CLINIC
                assert not (mark in item.question and is_clinic)
                assert not (mark in item.later_answer and not is_clinic)
                assert mark not in item.question or item.columns["nome"] == message.sender


@given(chats(*LEFT_OUT, *COURTESIES))
@settings(max_examples=60, deadline=None)
def test_rows_come_in_the_order_of_asking_and_the_same_each_time(chat: list[Message]) -> None:
    chat.sort(key=lambda message: message.sent_at)
    everything = items(chat)
    assert everything == items(chat)
    asked = [item.asked_at for item in everything if isinstance(item, BackfillRow)]
    for sender in {message.sender for message in chat}:
        own = [
            item.asked_at
            for item in everything
            if isinstance(item, BackfillRow) and item.columns["nome"] == sender
        ]
        assert own == sorted(own, key=lambda moment: moment or 0)
    assert None not in asked


@given(chats(), st.integers(0, 25))
@settings(max_examples=60, deadline=None)
def test_a_chat_that_has_grown_has_the_old_questions_under_their_keys(
    chat: list[Message], size: int
) -> None:
    chat.sort(key=lambda message: message.sent_at)
    part = chat[:size]
    if part and len(chat) > size and chat[size].sent_at - part[-1].sent_at < timedelta(minutes=3):
        return  # a burst was cut through: its question is another one
    keys = [item.key for item in items(part) if isinstance(item, BackfillRow)]
    grown = [item.key for item in items(chat) if isinstance(item, BackfillRow)]
    assert not Counter(keys) - Counter(grown)


def later(minutes: float) -> datetime:
    return BEGINNING + timedelta(minutes=minutes)


def test_what_only_begins_a_burst_is_no_part_of_its_question() -> None:
    chat = [
        Message("Clínica", "Confirma sua consulta?", BEGINNING),
        Message("Ana", "sim", later(1)),
        Message("Ana", "boa tarde", later(1)),
        Message("Ana", "tem estacionamento?", later(1)),
        Message("Ana", "obrigada", later(1)),
    ]
    clinic, reply, courtesy, row = items(chat)
    assert (clinic, reply, courtesy) == (LeftOut("clinic"), LeftOut("reply"), LeftOut("courtesy"))
    assert isinstance(row, BackfillRow)
    assert row.question == "tem estacionamento?\nobrigada"


def test_what_follows_a_patient_s_voice_is_no_part_of_the_answer_before() -> None:
    chat = [
        Message("Ana", "tem estacionamento?", BEGINNING),
        Message("Clínica", "Temos", later(5)),
        Message("Ana", "áudio ocultado", later(6)),
        Message("Clínica", "Pode trazer o seu marido", later(7)),
    ]
    media, row, clinic = items(chat)
    assert (media, clinic) == (LeftOut("media"), LeftOut("clinic"))
    assert isinstance(row, BackfillRow)
    assert row.later_answer == "Temos"


def test_a_picture_with_a_question_leaves_it_open() -> None:
    chat = [
        Message("Ana", "vcs fazem esse exame?", BEGINNING),
        Message("Ana", "<Mídia oculta>", later(1)),
        Message("Clínica", "Fazemos", later(7)),
    ]
    _, row = items(chat)
    assert isinstance(row, BackfillRow)
    assert row.later_answer == "Fazemos"


def test_what_was_asked_before_a_day_is_left_out_whole() -> None:
    chat = [
        Message("Ana", "qual o valor?", BEGINNING),
        Message("Clínica", "R$ 20", BEGINNING),
        Message("Ana", "e o retorno?", BEGINNING + timedelta(days=5)),
    ]
    since = (BEGINNING + timedelta(days=2)).date()
    first, second, row = items(chat, SourceOptions(since=since))
    assert (first, second) == (LeftOut("older"), LeftOut("older"))
    assert isinstance(row, BackfillRow)


def test_a_question_of_any_length_is_a_row_with_its_fault() -> None:
    (row,) = items([Message("Ana", "qual " * 2_000, BEGINNING)])
    assert isinstance(row, BackfillRow)
    assert row.fault == "too_long"


def test_many_who_ask_and_get_no_answer_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = {"_MOST_WAITING": 10, "_MOST_WRITING": 10, "_MOST_ASKERS": 40}
    for name, bound in bounds.items():
        monkeypatch.setattr(dialogue, name, bound)
    many = [
        Message(f"Pessoa {place}", f"qual o valor do exame {place}?", BEGINNING)
        for place in range(200)
    ]
    chat = Dialogue(CLINIC, SourceOptions())
    rows = sum(isinstance(item, BackfillRow) for item in chat.items(iter(many)))
    assert rows == len(many)
    assert len(chat._askers) <= bounds["_MOST_ASKERS"]  # noqa: SLF001 - what is kept

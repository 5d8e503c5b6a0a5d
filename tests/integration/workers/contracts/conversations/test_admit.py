"""Bubbles come in: once, in order, to the right conversation."""

import threading
import time

import pytest

from tests.chat import Chat
from workers.contracts import keys
from workers.contracts.conversations import Admitted, AskVerdict

pytestmark = pytest.mark.integration


def test_a_burst_is_in_the_order_of_the_senders_time_then_of_arrival(chat: Chat) -> None:
    for text, sent_at in (("c", 20.0), ("a", 10.0), ("d", 20.0), ("b", 15.0)):
        chat.write(text, sent_at=sent_at)
    assert [message.text for message in chat.take().messages] == ["a", "b", "c", "d"]


def test_a_burst_is_due_after_the_quiet_of_its_last_bubble(chat: Chat) -> None:
    conversation = chat.write("Bom dia", wait=5).conversation
    assert chat.due_in(conversation) == pytest.approx(5, abs=0.5)
    chat.write("qual o preparo", wait=8)
    assert chat.due_in(conversation) == pytest.approx(8, abs=0.5)
    assert chat.store.take_due(10) == []
    chat.write("do exame de sangue?", wait=0)
    assert len(chat.take().messages) == 3


def test_who_goes_on_writing_is_asked_after_20_seconds(chat: Chat) -> None:
    conversation = chat.write("a", wait=60).conversation
    assert chat.due_in(conversation) == pytest.approx(20, abs=0.5)
    before = int(time.time() * 1000) - 19_000
    chat.bench.redis.hset(keys.conversation(conversation), "burst_at", before)
    chat.write("b", wait=8)
    assert chat.due_in(conversation) == pytest.approx(1, abs=0.5)


def test_20_bubbles_are_asked_at_once_and_no_more_of_them(chat: Chat) -> None:
    conversation = ""
    for n in range(19):
        conversation = chat.write(str(n), wait=8, sent_at=n).conversation
    assert chat.store.take_due(10) == []
    chat.write("19", wait=8, sent_at=19)
    chat.write("20", wait=8, sent_at=20)
    question = chat.ask()
    assert chat.text(question).split("\n") == [str(n) for n in range(20)]
    drain = chat.drain
    assert drain.settle(drain.claim_one()) == [True]
    chat.pass_time()
    assert [message.text for message in chat.take().messages] == ["20"]
    assert chat.read(conversation).question is None


def test_4000_characters_are_asked_at_once_and_no_more_of_them(chat: Chat) -> None:
    chat.write("á" * 3999, wait=8, sent_at=1)
    assert chat.store.take_due(10) == []
    chat.write("bc", wait=8, sent_at=2)
    (message,) = chat.take().messages
    assert message.text == "á" * 3999


def test_a_bubble_that_is_longer_is_asked_alone(chat: Chat) -> None:
    chat.write("a" * 5000, wait=8, sent_at=1)
    chat.write("b", wait=8, sent_at=2)
    assert [len(message.text) for message in chat.take().messages] == [5000]


def test_a_message_that_comes_again_changes_nothing(chat: Chat) -> None:
    first = chat.write("Oi", message="wamid.x")
    again = chat.write("Oi", message="wamid.x")
    assert (again.verdict, again.conversation) == (Admitted.REPEATED, first.conversation)
    chat.ask()
    assert chat.write("Oi", message="wamid.x").verdict is Admitted.REPEATED
    assert chat.store.take_due(10) == []


def test_a_message_is_remembered_for_8_days(chat: Chat) -> None:
    chat.write("Oi")
    (name,) = chat.bench.redis.keys("atende:1:seen:*")
    assert chat.bench.redis.ttl(name) == pytest.approx(8 * 24 * 3600, abs=5)


def test_of_one_message_in_many_threads_at_once_one_is_new(chat: Chat) -> None:
    verdicts: list[Admitted] = []
    barrier = threading.Barrier(8)

    def admit() -> None:
        barrier.wait()
        verdicts.append(chat.write("Oi", message="wamid.x").verdict)

    threads = [threading.Thread(target=admit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdicts) == ["new", *["repeated"] * 7]
    assert len(chat.take().messages) == 1


def test_the_same_id_on_two_channels_is_two_messages(chat: Chat) -> None:
    here = chat.write("Oi", message="wamid.x")
    there = chat.write("Oi", message="wamid.x", channel="convenios")
    assert there.verdict is Admitted.NEW
    assert there.conversation != here.conversation


def test_a_text_that_is_edited_before_it_is_asked_is_asked_as_it_is_now(chat: Chat) -> None:
    conversation = chat.write("exame de sange", message="wamid.x").conversation
    taken = chat.take()
    assert chat.store.amend("recepcao", "wamid.x", "exame de sangue?")
    assert chat.try_to_ask(taken).verdict is AskVerdict.CHANGED  # it holds the old text
    assert chat.text(chat.ask()) == "exame de sangue?"
    assert chat.lines(conversation) == [("patient", "exame de sangue?")]


def test_a_text_that_is_edited_later_is_noted_once(chat: Chat) -> None:
    conversation = chat.write("exame de sange", message="wamid.x").conversation
    chat.ask()
    assert not chat.store.amend("recepcao", "wamid.x", "exame de sangue?")
    assert not chat.store.amend("recepcao", "wamid.x", "exame de sangue?")
    entries = chat.store.transcript(conversation)
    assert [(entry.kind, entry.text) for entry in entries] == [
        ("text", "exame de sange"),
        ("edit", "exame de sangue?"),
    ]
    assert chat.store.take_due(10) == []


def test_a_bubble_that_is_taken_back_leaves_the_burst(chat: Chat) -> None:
    conversation = chat.write("Oi", message="wamid.x").conversation
    chat.write("Qual o preparo?")
    taken = chat.take()
    assert chat.store.revoke("recepcao", "wamid.x")
    assert chat.try_to_ask(taken).verdict is AskVerdict.CHANGED
    assert chat.text(chat.ask()) == "Qual o preparo?"
    assert chat.lines(conversation) == [("patient", "Qual o preparo?")]
    assert not chat.store.revoke("recepcao", "wamid.x")


def test_a_burst_whose_only_bubble_is_taken_back_is_not_asked(chat: Chat) -> None:
    conversation = chat.write("Oi", message="wamid.x").conversation
    assert chat.store.revoke("recepcao", "wamid.x")
    assert chat.store.take_due(10) == []
    assert chat.due_in(conversation) is None


def test_what_is_said_of_an_unknown_message_changes_nothing(chat: Chat) -> None:
    assert not chat.store.amend("recepcao", "wamid.x", "?")
    assert chat.bench.redis.keys("*") == []


def test_what_is_taken_back_before_it_comes_is_not_asked(chat: Chat) -> None:
    assert not chat.store.revoke("recepcao", "wamid.x")
    assert chat.write("?", message="wamid.x").verdict is Admitted.REPEATED
    assert chat.store.take_due(10) == []


def test_the_window_of_24_hours_begins_with_the_senders_time(chat: Chat) -> None:
    late = time.time() - 3600
    conversation = chat.write("a", sent_at=late).conversation
    assert chat.read(conversation).last_message_at == pytest.approx(late, abs=0.01)
    now = time.time()
    chat.write("b", sent_at=now + 10_000)  # a clock that is wrong opens it no longer
    assert chat.read(conversation).last_message_at == pytest.approx(now, abs=5)
    chat.write("c", sent_at=late)
    assert chat.read(conversation).last_message_at == pytest.approx(now, abs=5)


def test_media_that_is_not_read_stands_in_the_transcript(chat: Chat) -> None:
    conversation = chat.write("", media="audio").conversation
    entries = chat.store.transcript(conversation)
    assert [(entry.kind, entry.media) for entry in entries] == [("media", "audio")]
    chat.ask()
    asked = chat.store.transcript(conversation)
    assert [(entry.kind, entry.media) for entry in asked] == [("media", "audio")]

"""A person takes over: the assistant is silent, one attendant has the conversation."""

import threading
import time

import pytest

from tests.chat import BY_PERSON, EMERGENCY, GREETING, Chat
from workers.contracts import keys
from workers.contracts.conversation import Conversation, Entry
from workers.contracts.conversations import Admitted, AskVerdict, Conflict
from workers.contracts.errors import NoConversationError
from workers.contracts.question import Delivery, Outcome, Status

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("claimed", [False, True])
def test_a_pause_drops_what_is_in_flight(chat: Chat, *, claimed: bool) -> None:
    conversation = chat.open("Qual o preparo?")
    question = chat.ask()
    claims = chat.drain.claim() if claimed else []
    assert chat.store.pause(conversation, 12, "echo")
    record = chat.bench.read(question)
    assert (record.status, record.delivery) == (Status.CANCELLED, Delivery.NONE)
    assert record.outcome is not None
    assert record.outcome.reason == "person_took_over"
    assert chat.drain.settle(*claims) == [False] * len(claims)
    assert chat.read(conversation).question is None
    assert chat.lines(conversation) == [("patient", "Qual o preparo?")]


def test_what_waits_when_a_person_takes_over_is_the_persons(chat: Chat) -> None:
    conversation = chat.write("Qual o preparo?", wait=8, sent_at=2).conversation
    chat.write("Oi", wait=8, sent_at=1)
    chat.pass_time()
    burst = chat.take()
    chat.store.pause(conversation, 12, "ana")
    assert chat.try_to_ask(burst).verdict is AskVerdict.CHANGED
    assert chat.due_in(conversation) is None
    assert chat.lines(conversation) == [("patient", "Oi"), ("patient", "Qual o preparo?")]


def test_what_is_written_while_a_person_has_it_is_not_asked(chat: Chat) -> None:
    conversation = chat.open()
    chat.store.pause(conversation, 12, "ana")
    paused = chat.read(conversation)
    assert paused.paused_by == "ana"
    assert paused.paused_until == pytest.approx(time.time() + 12 * 3600, abs=5)
    assert chat.write("Está aí?").verdict is Admitted.PAUSED
    assert chat.store.take_due(10) == []
    assert chat.lines(conversation) == [("patient", "Oi"), ("patient", "Está aí?")]


def test_a_pause_ends_by_itself_or_is_ended(chat: Chat) -> None:
    conversation = chat.open()
    chat.store.pause(conversation, 0.05 / 3600, "ana")
    time.sleep(0.1)
    assert chat.write("E agora?").verdict is Admitted.NEW
    assert chat.read(conversation).paused_until is None
    chat.store.pause(conversation, 12, "ana")
    assert chat.store.resume(conversation, "ana")
    assert chat.write("E agora?").verdict is Admitted.NEW
    assert chat.text(chat.ask()) == "E agora?"


def test_a_persons_words_go_out_and_stand_in_the_transcript(chat: Chat) -> None:
    conversation = chat.open("Posso ir às 9h?")
    chat.store.pause(conversation, 12, "ana")
    request = chat.request_of(conversation, "")
    said = chat.store.say(conversation, request, BY_PERSON)
    assert chat.bench.outbox.lease(1, 10) == [said]
    assert chat.bench.read(said).outcome == BY_PERSON
    assert chat.lines(conversation)[-1] == ("person", "Pode vir às 9h.")
    chat.store.resume(conversation, "ana")
    chat.write("E de tarde?")
    (turn,) = chat.take().turns
    assert (turn.question, turn.answer, turn.by) == (
        "Posso ir às 9h?", "Pode vir às 9h.", "person",
    )  # fmt: skip


def test_the_systems_words_may_call_a_person(chat: Chat) -> None:
    conversation = chat.open()
    late = Outcome(status=Status.NEEDS_HUMAN, text="Uma pessoa vai ler.", reason="late")
    chat.store.say(conversation, chat.request_of(conversation, ""), late)
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    assert handoff.reason == "late"


def test_what_was_said_elsewhere_is_noted_and_not_sent(chat: Chat) -> None:
    conversation = chat.open("Posso ir?")
    chat.ask(GREETING)
    entry = Entry(by="person", text="Pode sim", at=time.time())
    assert chat.store.note(conversation, entry)
    assert chat.lines(conversation)[-1] == ("person", "Pode sim")
    assert chat.bench.redis.zcard(keys.OUTBOX) == 1


def test_of_two_attendants_at_once_one_has_it(chat: Chat) -> None:
    conversation = chat.open()
    chat.ask(EMERGENCY)
    replies: dict[str, object] = {}
    barrier = threading.Barrier(2)

    def claim(attendant: str) -> None:
        barrier.wait()
        replies[attendant] = chat.store.claim(conversation, attendant)

    threads = [threading.Thread(target=claim, args=[name]) for name in ("ana", "bia")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    winner = handoff.attendant
    assert winner in replies
    (loser,) = {"ana", "bia"} - {winner}
    assert isinstance(replies[winner], Conversation)
    assert replies[loser] == Conflict(winner)
    again = chat.store.claim(conversation, winner)
    assert isinstance(again, Conversation)


def test_a_claimed_conversation_is_silent_until_it_is_closed(chat: Chat) -> None:
    conversation = chat.open()
    chat.ask(EMERGENCY)
    chat.store.claim(conversation, "ana")
    assert chat.write("Alô?").verdict is Admitted.PAUSED
    assert chat.store.close(conversation, "bia") == Conflict("ana")
    closed = chat.store.close(conversation, "ana")
    assert isinstance(closed, Conversation)
    assert (closed.handoff, closed.paused_until) == (None, None)
    assert chat.bench.redis.zcard(keys.handoffs("clinica-a")) == 0
    assert chat.write("Obrigada").verdict is Admitted.NEW


def test_once_a_person_has_answered_nobody_is_called_any_more(chat: Chat) -> None:
    conversation = chat.open("Dor no peito")
    chat.ask(EMERGENCY)
    assert chat.read(conversation).handoff is not None
    chat.store.say(conversation, chat.request_of(conversation, ""), BY_PERSON)
    assert chat.read(conversation).handoff is None


def test_what_an_attendant_has_claimed_stays_his_after_an_answer(chat: Chat) -> None:
    conversation = chat.open("Dor no peito")
    chat.ask(EMERGENCY)
    chat.store.claim(conversation, "Joana")
    chat.store.say(conversation, chat.request_of(conversation, ""), BY_PERSON)
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    assert (handoff.reason, handoff.attendant) == ("emergency", "Joana")


def test_one_that_is_given_back_waits_for_anybody(chat: Chat) -> None:
    conversation = chat.open()
    chat.ask(EMERGENCY)
    chat.store.claim(conversation, "ana")
    assert chat.store.release(conversation, "bia") == Conflict("ana")
    released = chat.store.release(conversation, "ana")
    assert isinstance(released, Conversation)
    assert released.handoff is not None
    assert (released.handoff.attendant, released.paused_until) == (None, None)
    assert isinstance(chat.store.claim(conversation, "bia"), Conversation)


def test_to_give_back_what_nobody_has_does_not_end_a_pause(chat: Chat) -> None:
    conversation = chat.open()
    chat.store.pause(conversation, 12, "echo")
    chat.store.release(conversation, "ana")
    assert chat.read(conversation).paused_by == "echo"


def test_an_attendant_may_take_what_nobody_called_him_for(chat: Chat) -> None:
    conversation = chat.open()
    claimed = chat.store.claim(conversation, "ana")
    assert isinstance(claimed, Conversation)
    assert claimed.handoff is not None
    assert claimed.handoff.reason == "person_took_over"


def test_an_emergency_is_shown_above_the_reason_that_came_first(chat: Chat) -> None:
    conversation = chat.open()
    asked = EMERGENCY.model_copy(update={"reason": "person_asked"})
    chat.ask(asked)
    chat.write("dor no peito")
    chat.ask(EMERGENCY)
    chat.write("atendente")
    chat.ask(asked)
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    assert handoff.reason == "emergency"


def test_marks_are_kept(chat: Chat) -> None:
    conversation = chat.open()
    assert chat.store.opt_out(conversation, 5.0)
    assert chat.store.disclosed(conversation, 6.0)
    marked = chat.read(conversation)
    assert (marked.opted_out_at, marked.disclosed_at) == (5.0, 6.0)
    assert chat.store.opt_in(conversation)
    assert chat.read(conversation).opted_out_at is None
    assert chat.write("Qual o preparo?").verdict is Admitted.NEW


def test_an_unknown_conversation_is_made_by_nothing(chat: Chat) -> None:
    store = chat.store
    assert store.get("c") is None
    assert not store.pause("c", 1, "ana")
    assert not store.resume("c", "ana")
    assert not store.opt_out("c", 1)
    assert not store.note("c", Entry(by="person", text="?", at=1))
    assert store.claim("c", "ana") is None
    assert store.close("c", "ana") is None
    assert store.erase("c") is None
    with pytest.raises(NoConversationError):
        store.say("c", chat.request_of("c", ""), BY_PERSON)
    assert chat.bench.redis.keys("*") == []

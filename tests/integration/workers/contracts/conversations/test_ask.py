"""Bursts become questions: each once, one in flight, those in line merged."""

import pytest

from tests.chat import EMERGENCY, GREETING, Chat
from workers.contracts import keys
from workers.contracts.claims import Settlement
from workers.contracts.conversations import AskVerdict, ConversationStore
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Lane, Outcome, Status

pytestmark = pytest.mark.integration


def test_a_burst_is_one_question_in_the_lane(chat: Chat) -> None:
    conversation = chat.open("Bom dia")
    chat.write("Qual o preparo?")
    question = chat.ask()
    record = chat.bench.read(question)
    assert record.request.question == "Bom dia\nQual o preparo?"
    assert record.status is Status.QUEUED
    assert chat.read(conversation).question == question
    assert chat.store.take_due(10) == []
    assert [claim.id for claim in chat.drain.claim()] == [question]


def test_its_answer_stands_in_the_transcript_and_waits_to_be_delivered(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo?")
    question = chat.ask()
    assert chat.drain.settle(chat.drain.claim_one()) == [True]
    assert chat.read(conversation).question is None
    assert chat.lines(conversation) == [("patient", "Qual o preparo?"), ("assistant", "Sim.")]
    assert {entry.question for entry in chat.store.transcript(conversation)} == {question}
    assert chat.bench.read(question).delivery is Delivery.PENDING


def test_a_taken_burst_is_nobody_elses_until_its_lease_ends(chat: Chat) -> None:
    conversation = chat.open()
    chat.take()
    assert chat.store.take_due(10) == []
    assert chat.due_in(conversation) == pytest.approx(10, abs=0.5)
    chat.pass_time()
    assert chat.take().conversation.id == conversation


def test_of_two_that_hold_a_burst_one_asks_it(chat: Chat) -> None:
    chat.open()
    one = chat.take()
    chat.pass_time()
    two = chat.take()
    assert chat.try_to_ask(two).verdict is AskVerdict.ASKED
    assert chat.try_to_ask(one).verdict is AskVerdict.CHANGED
    assert chat.bench.store.waiting()[Lane.INTERACTIVE] == 1


def test_what_is_written_after_it_was_taken_is_asked_with_it(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo")
    burst = chat.take()
    chat.write("do exame de sangue?", wait=2)
    assert chat.try_to_ask(burst).verdict is AskVerdict.CHANGED
    assert chat.due_in(conversation) == pytest.approx(2, abs=0.5)
    chat.pass_time()
    assert chat.text(chat.ask()) == "Qual o preparo\ndo exame de sangue?"


def test_what_is_written_before_the_claim_is_merged(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo?")
    first = chat.ask()
    chat.write("Do exame de sangue")
    burst = chat.take()
    assert (burst.waiting, burst.busy) == ("Qual o preparo?", False)
    second = chat.try_to_ask(burst).id
    merged = chat.bench.read(first)
    assert (merged.status, merged.delivery) == (Status.CANCELLED, Delivery.NONE)
    assert merged.outcome is not None
    assert merged.outcome.reason == "merged"
    assert chat.text(second) == "Qual o preparo?\nDo exame de sangue"
    assert chat.read(conversation).question == second
    assert [claim.id for claim in chat.drain.claim()] == [second]
    assert len(chat.lines(conversation)) == 2


def test_what_is_written_after_the_claim_is_asked_next(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo?")
    chat.ask()
    claim = chat.drain.claim_one()
    chat.write("E no sábado?")
    burst = chat.take()
    assert (burst.waiting, burst.busy) == (None, True)
    assert chat.try_to_ask(burst).verdict is AskVerdict.BUSY
    assert chat.store.take_due(10) == []
    assert chat.drain.settle(claim) == [True]
    burst = chat.take()
    assert not burst.busy
    assert [(turn.question, turn.answer) for turn in burst.turns] == [("Qual o preparo?", "Sim.")]
    assert chat.try_to_ask(burst).verdict is AskVerdict.ASKED
    assert [by for by, _ in chat.lines(conversation)] == ["patient", "assistant", "patient"]


def test_a_quiet_window_that_is_open_when_an_answer_comes_is_kept(chat: Chat) -> None:
    conversation = chat.open()
    chat.ask()
    claim = chat.drain.claim_one()
    chat.write("E quanto", wait=8)
    chat.drain.settle(claim)
    assert chat.due_in(conversation) == pytest.approx(8, abs=0.5)


def test_a_question_that_is_claimed_after_the_burst_was_taken_is_not_cancelled(chat: Chat) -> None:
    chat.open("a")
    first = chat.ask()
    chat.write("b")
    burst = chat.take()
    chat.drain.claim_one()
    assert chat.try_to_ask(burst).verdict is AskVerdict.BUSY
    assert chat.bench.read(first).status is Status.CLAIMED


def test_one_that_is_given_back_by_its_worker_is_merged_with_its_text(chat: Chat) -> None:
    chat.open("a")
    first = chat.ask()
    claim = chat.drain.claim_one()
    chat.write("b")
    burst = chat.take()
    chat.drain.release(claim)
    assert chat.try_to_ask(burst).verdict is AskVerdict.BUSY  # the burst holds no text of it
    assert chat.bench.read(first).status is Status.QUEUED
    chat.pass_time()
    assert chat.text(chat.ask()) == "a\nb"


def test_one_that_ends_after_the_burst_was_taken_is_not_asked_twice(chat: Chat) -> None:
    chat.open("a")
    chat.ask()
    chat.write("b")
    burst = chat.take()
    assert burst.waiting == "a"
    chat.drain.settle(chat.drain.claim_one())
    assert chat.try_to_ask(burst).verdict is AskVerdict.CHANGED
    assert chat.text(chat.ask()) == "b"


def test_a_question_in_line_takes_in_no_more_than_fits(chat: Chat) -> None:
    chat.open("a" * 3000)
    chat.ask()
    chat.write("b" * 900, sent_at=1)
    chat.write("c" * 200, sent_at=2)
    burst = chat.take()
    assert [message.text[0] for message in burst.messages] == ["b"]
    second = chat.try_to_ask(burst).id
    assert chat.take().busy  # the rest waits until that one has ended
    chat.drain.settle(chat.drain.claim_one())
    assert chat.bench.read(second).status is Status.ANSWERED
    assert chat.text(chat.ask()) == "c" * 200


def test_merging_again_and_again_ends_at_20_bubbles(chat: Chat) -> None:
    for n in range(20):
        chat.write(str(n))
        chat.ask()
    chat.write("20")
    burst = chat.take()
    assert burst.busy
    assert chat.try_to_ask(burst).verdict is AskVerdict.BUSY
    (claim,) = chat.drain.claim()
    assert claim.request.question.split("\n") == [str(n) for n in range(20)]


def test_a_full_lane_keeps_the_burst(chat: Chat) -> None:
    settings = chat.bench.settings.model_copy(update={"queue_limit": 1})
    chat.store = ConversationStore(chat.bench.redis, settings)
    other = chat.bench.ask()
    conversation = chat.open("Qual o preparo?")
    assert chat.try_to_ask(chat.take()).verdict is AskVerdict.FULL
    assert chat.due_in(conversation) == pytest.approx(10, abs=0.5)
    chat.bench.store.cancel(other)
    chat.pass_time()
    chat.ask()
    chat.write("Do exame de sangue")
    assert chat.text(chat.ask()) == "Qual o preparo?\nDo exame de sangue"  # one for one: it fits


def test_a_fixed_text_ends_in_the_same_step(chat: Chat) -> None:
    conversation = chat.open("Oi")
    question = chat.ask(GREETING)
    record = chat.bench.read(question)
    assert (record.status, record.outcome) == (Status.ANSWERED, GREETING)
    assert record.delivery is Delivery.PENDING
    assert chat.bench.outbox.lease(1, 10) == [question]
    assert chat.bench.store.waiting()[Lane.INTERACTIVE] == 0
    assert chat.drain.claim() == []
    assert chat.lines(conversation) == [("patient", "Oi"), ("assistant", "Olá!")]
    assert chat.read(conversation).question is None
    assert chat.bench.counter("accepted:interactive") == 1
    assert chat.bench.counter("ended:interactive:answered") == 1


def test_an_emergency_waits_for_no_answer_and_calls_a_person(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo?")
    first = chat.ask()
    claim = chat.drain.claim_one()
    chat.write("Estou com dor no peito")
    chat.ask(EMERGENCY)
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    assert (handoff.reason, handoff.attendant) == ("emergency", None)
    assert chat.read(conversation).question == first
    assert chat.drain.settle(claim) == [True]
    assert [by for by, _ in chat.lines(conversation)] == [
        "patient", "patient", "assistant", "assistant",
    ]  # fmt: skip


def test_the_text_of_an_emergency_is_sent_before_all_others(chat: Chat) -> None:
    chat.write("Oi", aliases=["user:BR.2"])
    chat.ask(GREETING)
    chat.write("dor no peito")
    question = chat.ask(EMERGENCY)
    assert Outbox(chat.bench.redis, chat.bench.settings).lease(5, 1) == [question]


def test_a_fixed_text_beside_a_question_in_line_leaves_it_there(chat: Chat) -> None:
    conversation = chat.open("Qual o preparo?")
    first = chat.ask()
    chat.write("Obrigada")
    chat.ask(GREETING)
    assert chat.bench.read(first).status is Status.QUEUED
    assert chat.read(conversation).question == first


@pytest.mark.parametrize("status", [Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED])
def test_a_question_without_an_answer_calls_a_person(chat: Chat, status: Status) -> None:
    conversation = chat.open()
    chat.ask()
    outcome = Outcome(status=status, text="Uma pessoa vai responder.", reason="weak_evidence")
    claims = chat.drain.claims
    chat.bench.runner.run(claims.settle([Settlement(chat.drain.claim_one(), outcome)]))
    handoff = chat.read(conversation).handoff
    assert handoff is not None
    assert handoff.reason == "weak_evidence"
    assert chat.lines(conversation)[-1] == ("assistant", "Uma pessoa vai responder.")


def test_one_that_its_asker_cancels_says_nothing(chat: Chat) -> None:
    conversation = chat.open()
    chat.bench.store.cancel(chat.ask())
    assert chat.read(conversation).question is None
    assert chat.read(conversation).handoff is None
    assert chat.lines(conversation) == [("patient", "Oi")]


def test_a_question_that_does_not_end_since_its_record_is_gone_stops_nobody(chat: Chat) -> None:
    conversation = chat.open("a")
    chat.bench.redis.delete(keys.question(chat.ask()))
    chat.write("b")
    chat.ask()
    assert chat.read(conversation).question is not None


def test_a_damaged_conversation_does_not_keep_its_question_from_ending(chat: Chat) -> None:
    conversation = chat.open()
    question = chat.ask()
    chat.bench.redis.delete(keys.conversation(conversation))
    chat.bench.redis.set(keys.conversation(conversation), "?")
    assert chat.drain.settle(chat.drain.claim_one()) == [True]
    assert chat.bench.read(question).status is Status.ANSWERED
    assert chat.bench.counter("conversations_damaged") == 1


def test_a_damaged_conversation_does_not_hold_up_the_others(chat: Chat) -> None:
    damaged = chat.open()
    chat.bench.redis.delete(keys.conversation(damaged))
    chat.bench.redis.set(keys.conversation(damaged), "?")
    unreadable = chat.write("Oi", aliases=["user:BR.3"]).conversation
    chat.bench.redis.hset(keys.conversation(unreadable), "recipient", "?")
    whole = chat.write("Oi", aliases=["user:BR.2"]).conversation
    assert [burst.conversation.id for burst in chat.store.take_due(10)] == [whole]


def test_a_question_without_a_conversation_ends_as_ever(chat: Chat) -> None:
    chat.bench.ask()
    assert chat.drain.settle(chat.drain.claim_one()) == [True]
    assert chat.bench.redis.keys("atende:1:conversation*") == []

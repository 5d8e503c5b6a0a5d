"""Whatever fails on the way to an answer, the patient is told that a person answers, and one is."""

import time
from typing import NoReturn

import pytest

from tests.intake_bench import IntakeBench
from workers.contracts import channel_files, keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversations import Asked, AskVerdict
from workers.contracts.question import Delivery, Question, Status

pytestmark = pytest.mark.integration


def reason(bench: IntakeBench) -> str | None:
    """Why a person is called; None: nobody is."""
    handoff = bench.conversation().handoff
    return handoff.reason if handoff else None


def reload(bench: IntakeBench, **fields: object) -> None:
    """Change the channel's file; its intake starts anew."""
    bench.channel = bench.channel.model_copy(update=fields)
    channel_files.save(bench.channel, bench.folder)
    bench.book = ChannelBook(bench.folder, {})
    bench.intake = bench.worker("w1")


def pass_takes(bench: IntakeBench) -> None:
    """Let a burst be taken until it counts as stuck."""
    for _ in range(4):
        bench.quiet()


def sweep(bench: IntakeBench) -> None:
    """What the task does, once every deadline has passed."""
    for question in bench.redis.zrange(keys.DEADLINES, 0, -1):
        bench.redis.zadd(keys.DEADLINES, {str(question): 0})
    for question_id in bench.questions.past_deadline(10):
        bench.questions.expire(question_id, "Uma pessoa responde.")


# -- a drain that is down -------------------------------------------------------------------------


def test_a_question_waits_no_longer_than_its_channel_s_patience(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    expires_at = question.request.expires_at
    assert expires_at == pytest.approx(time.time() + 30 * 60, abs=10)
    reload(bench, patience_minutes=5)
    (question,) = bench.say("E o retorno?")
    assert question.request.expires_at == pytest.approx(time.time() + 5 * 60, abs=10)


def test_a_question_that_nobody_takes_ends_with_a_word_and_a_person(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    sweep(bench)
    ended = bench.question(question.id)
    assert (ended.status, ended.delivery) == (Status.EXPIRED, Delivery.PENDING)
    assert bench.lines()[-1] == ("assistant", "Uma pessoa responde.")
    assert reason(bench) == "expired"


def test_who_goes_on_writing_is_told_as_soon_as_who_does_not(bench: IntakeBench) -> None:
    (first,) = bench.say("Quanto custa a consulta?")
    due = bench.redis.zscore(keys.DEADLINES, first.id)
    assert due is not None
    bench.redis.zadd(keys.DEADLINES, {first.id: due - 60_000})
    (second,) = bench.say("Aceitam convênio?")
    assert bench.question(first.id).status is Status.CANCELLED  # merged
    assert bench.redis.zscore(keys.DEADLINES, second.id) == due - 60_000


def test_a_lane_that_stays_full_is_a_person_s(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = bench.conversations.ask

    def full(*args: object) -> Asked:
        return ask(*args) if args[2] else Asked(AskVerdict.FULL)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.conversations, "ask", full)
    now = int(time.time())
    bench.post(bench.text("Quanto custa a consulta?", timestamp=str(now)))
    bench.quiet()
    assert bench.asked == []
    reload(bench, patience_minutes=0.01)
    bench.post(bench.text("Alguém?", timestamp=str(now - 5)))
    bench.quiet()
    assert told(bench) == ["lane_full"]
    assert reason(bench) == "lane_full"


# -- what cannot be read or asked -----------------------------------------------------------------


def told(bench: IntakeBench) -> list[str | None]:
    """The reasons of what patients were told, each to be delivered."""
    outcomes = [
        (question, question.outcome) for question in bench.asked_questions() if question.outcome
    ]
    assert all(question.delivery is Delivery.PENDING for question, _ in outcomes)
    return [outcome.reason for _, outcome in outcomes]


def open_questions(bench: IntakeBench) -> list[Question]:
    return [question for question in bench.asked_questions() if question.outcome is None]


@pytest.mark.parametrize("member", ["{", "7", '{"id": "x", "text": 3, "sent_at": "y"}'])
def test_a_bubble_that_nobody_can_read_goes_to_a_person_and_the_rest_goes_on(
    bench: IntakeBench, member: str
) -> None:
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    pending = keys.pending(bench.conversation().id)
    bench.redis.zadd(pending, {f"0000000000000000 {member}": 0})
    bench.quiet()
    assert bench.asked == []  # another version's worker may read it
    pass_takes(bench)
    assert told(bench) == ["unreadable"]
    assert reason(bench) == "unreadable"
    assert ("patient", "Quanto custa a consulta?") in bench.lines()
    bench.say("Aceitam convênio?")
    assert [q.request.question for q in open_questions(bench)] == ["Aceitam convênio?"]


@pytest.mark.parametrize("line", ["{", '{"by": "robot", "text": "", "at": 1}'])
def test_a_line_of_the_transcript_that_nobody_can_read_stops_nothing(
    bench: IntakeBench, line: str
) -> None:
    bench.say("Quanto custa a consulta?")
    bench.redis.rpush(keys.transcript(bench.conversation().id), line)
    bench.say("Aceitam convênio?")
    assert len(bench.asked) == 2
    assert [text for _, text in bench.lines()] == ["Quanto custa a consulta?", "Aceitam convênio?"]


def test_a_burst_whose_asking_always_fails_goes_to_a_person(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = bench.conversations.ask

    def failing(*args: object) -> Asked:
        if not args[2]:
            raise ValueError
        return ask(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(bench.conversations, "ask", failing)
        bench.say("Quanto custa a consulta?")
        assert bench.asked == []
        pass_takes(bench)
    assert told(bench) == ["unreadable"]
    assert reason(bench) == "unreadable"
    assert len(bench.say("Aceitam convênio?")) == 1


def test_a_burst_that_nothing_can_end_is_given_up_and_its_patient_told(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> NoReturn:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(bench.conversations, "ask", failing)
        bench.say("Quanto custa a consulta?")
        pass_takes(bench)
    assert told(bench) == ["unreadable"]
    assert [by for by, _ in bench.lines()] == ["patient", "assistant"]
    assert len(bench.say("Aceitam convênio?")) == 1


def test_a_transcript_that_is_none_goes_to_a_person_and_the_conversation_goes_on(
    bench: IntakeBench,
) -> None:
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    name = keys.transcript(bench.conversation().id)
    bench.redis.delete(name)
    bench.redis.set(name, "?")
    pass_takes(bench)
    assert reason(bench) == "unreadable"
    assert len(bench.say("Aceitam convênio?")) == 1


def test_a_lane_that_is_full_for_a_while_is_no_failure(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bench.conversations, "_limit", 0)
        bench.say("Quanto custa a consulta?")
        pass_takes(bench)
        assert bench.asked == []
    bench.quiet()
    assert [question.outcome for question in bench.asked_questions()] == [None]


# -- a channel that is gone -----------------------------------------------------------------------


def test_what_waits_for_a_channel_that_stays_away_is_a_person_s(bench: IntakeBench) -> None:
    now = int(time.time())
    bench.post(bench.text("Quanto custa a consulta?", timestamp=str(now - 29 * 60)))
    bench.turn()
    channel_files.path_of(bench.folder, "recepcao").unlink()
    bench.book = ChannelBook(bench.folder, {})
    bench.intake = bench.worker("w1")
    for _ in range(6):
        bench.quiet()
    assert bench.asked == []
    pending = keys.pending(bench.conversation().id)
    (member,) = bench.redis.zrange(pending, 0, -1)
    bench.redis.delete(pending)
    older = str(member).replace(f"{now - 29 * 60}", f"{now - 31 * 60}")
    bench.redis.zadd(pending, {older: 0})
    bench.quiet()
    assert told(bench) == ["channel_gone"]
    assert reason(bench) == "channel_gone"

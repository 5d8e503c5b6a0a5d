"""Whatever fails on the way to an answer, the patient is told that a person answers, and one is."""

import time
from typing import NoReturn

import pytest

from tests.intake_bench import MARIA, IntakeBench
from workers.contracts import channel_files, keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversations import Asked, AskVerdict
from workers.contracts.question import Delivery, Outcome, Question, Request, Status, Way

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


# -- while a person has the conversation ----------------------------------------------------------


def echo(text: str = "Já respondo", ago: float = 0) -> dict[str, object]:
    sent_at = str(int(time.time() - ago))
    to = {"to": MARIA["from"], "to_user_id": MARIA["from_user_id"]}
    own = {"id": f"wamid.E{text}", "timestamp": sent_at, "type": "text", "text": {"body": text}}
    return {"from": "554133334444", **to, **own}


def waiting(bench: IntakeBench) -> list[str]:
    """Who stands in the list of those that wait for a person."""
    page = bench.conversations.page("clinica", needs_human=True, limit=10)
    return [each.handoff.reason for each in page.conversations if each.handoff]


def test_who_writes_to_a_silent_assistant_waits_for_a_person_until_one_answers(
    bench: IntakeBench,
) -> None:
    bench.post(message_echoes=[echo()])
    bench.turn()
    assert waiting(bench) == []
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    assert waiting(bench) == ["waiting"]
    bench.post(message_echoes=[echo("R$ 200")])
    bench.turn()
    assert waiting(bench) == []
    bench.post(bench.text("Obrigada!"))
    bench.turn()
    assert waiting(bench) == []


def test_who_waits_when_the_pause_ends_still_waits(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo()])
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    bench.conversations.resume(bench.conversation().id, "ana")
    assert waiting(bench) == ["waiting"]


def test_an_answer_from_the_phone_that_came_late_answers_nothing_newer(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo()])
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.post(message_echoes=[echo("Bom dia", ago=20)])
    bench.turn()
    assert waiting(bench) == ["waiting"]


def test_a_question_that_a_pause_drops_is_waited_for(bench: IntakeBench) -> None:
    bench.say("Quanto custa a consulta?")
    bench.conversations.pause(bench.conversation().id, 12, "ana")
    assert waiting(bench) == ["waiting"]


def test_who_waits_for_an_attendant_stays_that_attendant_s(bench: IntakeBench) -> None:
    bench.say("Quero falar com atendente")
    conversation = bench.conversation().id
    bench.conversations.close(conversation, "ana")
    bench.conversations.claim(conversation, "ana")
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    handoff = bench.conversation().handoff
    assert handoff is not None
    assert (handoff.reason, handoff.attendant) == ("waiting", "ana")
    outcome = Outcome(status=Status.ANSWERED, text="R$ 200", way=Way.PERSON)
    request = Request(tenant="clinica", question="", asked_at=time.time())
    bench.conversations.say(conversation, request, outcome)
    handoff = bench.conversation().handoff
    assert handoff is not None
    assert (handoff.reason, handoff.attendant) == ("person_took_over", "ana")


@pytest.mark.parametrize("claimed", [False, True])
def test_an_emergency_in_several_bubbles_is_seen_while_a_person_has_the_conversation(
    bench: IntakeBench, *, claimed: bool
) -> None:
    bench.post(message_echoes=[echo()])
    bench.turn()
    if claimed:
        bench.conversations.claim(bench.conversation().id, "ana")
    for _ in range(2):  # Meta may send it again
        for text, ago in [("estou com dor", 40), ("muito forte", 20), ("no peito", 0)]:
            message = bench.text(text, id=f"wamid.{text}", timestamp=str(int(time.time()) - ago))
            bench.post(message)
            bench.turn()
    bench.post(bench.text("por favor"))
    bench.turn()
    assert told(bench) == ["emergency"]
    assert waiting(bench) == ["emergency"]


def test_what_was_written_minutes_ago_makes_no_emergency(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo(ago=600)])
    bench.post(bench.text("estou com dor", timestamp=str(int(time.time()) - 120)))
    bench.post(bench.text("no peito"))
    bench.turn()
    assert told(bench) == []
    assert waiting(bench) == ["waiting"]


def test_an_emergency_in_several_bubbles_is_seen_though_a_person_takes_over_meanwhile(
    bench: IntakeBench,
) -> None:
    bench.post(bench.text("estou com dor"), bench.text("no peito"))
    bench.post(message_echoes=[echo()])
    bench.turn()
    assert told(bench) == ["emergency"]

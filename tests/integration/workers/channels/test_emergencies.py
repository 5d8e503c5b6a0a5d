"""An emergency is told what to do at once, whatever else goes on: nobody's silence stops that."""

import time
from typing import Any

import pytest

from tests.intake_bench import MARIA, IntakeBench
from workers.contracts.question import Question, Status

pytestmark = pytest.mark.integration
WORDS = "estou com dor no peito"


def urgent(bench: IntakeBench) -> list[Question]:
    """What was told because of an emergency."""
    outcomes = [(each, each.outcome) for each in bench.asked_questions()]
    return [each for each, outcome in outcomes if outcome and outcome.reason == "emergency"]


def echo(number: int = 1) -> dict[str, Any]:
    to = {"to": MARIA["from"], "to_user_id": MARIA["from_user_id"]}
    text = {"type": "text", "text": {"body": "Já respondo"}, "timestamp": str(int(time.time()))}
    return {"from": "554133334444", "id": f"wamid.E{number}", **to, **text}


def edit(original: str, body: str) -> dict[str, Any]:
    change = {
        "original_message_id": original,
        "message": {"type": "text", "text": {"body": body}},
    }
    return {**MARIA, "id": f"{original}.edit", "type": "edit", "edit": change}


def test_while_a_person_has_the_conversation(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo()])
    bench.post(bench.text("Obrigada, Carla"), bench.text(WORDS), bench.text("Por favor"))
    bench.turn()
    (question,) = urgent(bench)
    assert (question.delivery, question.request.question) == ("pending", WORDS)
    conversation = bench.conversation()
    assert conversation.paused_until is not None
    assert conversation.handoff is not None
    assert conversation.handoff.reason == "emergency"
    said = [text for by, text in bench.lines() if by == "patient"]
    assert sorted(said) == sorted(["Obrigada, Carla", WORDS, "Por favor"])


def test_where_a_person_takes_over_in_the_same_moment(bench: IntakeBench) -> None:
    bench.post(bench.text("Quanto custa a consulta?"), bench.text(WORDS))
    bench.post(message_echoes=[echo()])
    bench.turn()
    assert len(urgent(bench)) == 1
    assert len(bench.asked) == 1  # what else waited is the person's
    assert [text for by, text in bench.lines() if by == "patient"][-1] == WORDS


def test_what_is_written_after_it_does_not_put_it_off(bench: IntakeBench) -> None:
    bench.post(bench.text(WORDS), bench.text("queria saber"))
    bench.turn()
    assert len(urgent(bench)) == 1


def test_what_stands_around_it_takes_nothing_back(bench: IntakeBench) -> None:
    bench.post(bench.text("minha mãe teve um infarto"), bench.text("em 2015, posso ir?"))
    bench.turn()
    assert len(urgent(bench)) == 1


def test_beside_an_answer_in_flight_and_with_a_drain_that_is_down(bench: IntakeBench) -> None:
    (waiting,) = bench.say("Quanto custa a consulta?")
    bench.post(bench.text(WORDS))
    bench.turn()
    assert len(urgent(bench)) == 1
    assert bench.question(waiting.id).status is Status.QUEUED


def test_as_a_caption(bench: IntakeBench) -> None:
    bench.post(bench.media("image", image={"id": "1", "caption": WORDS}))
    bench.turn()
    assert len(urgent(bench)) == 1


@pytest.mark.parametrize("state", ["waiting", "asked", "paused", "unseen"])
def test_as_an_edit(bench: IntakeBench, state: str) -> None:
    message = bench.text("Quanto custa a consulta?")
    if state == "paused":
        bench.post(message_echoes=[echo()])
    if state != "unseen":
        bench.post(message)
    bench.turn()
    if state == "asked":
        bench.quiet()
    for _ in range(2):  # Meta may send it again
        bench.post(edit(message["id"], WORDS))
        bench.turn()
    (question,) = urgent(bench)
    address = question.request.reply_to
    assert address is not None
    assert address.kind == "whatsapp"
    assert address.message == message["id"]  # an edit cannot be quoted
    assert len(bench.asked) == (2 if state == "asked" else 1)


def test_behind_more_than_fits_into_one_question(bench: IntakeBench) -> None:
    bench.say(*(f"pergunta {number}" for number in range(20)))  # in line, as long as it may be
    bench.post(*(bench.text(f"mais {number}") for number in range(25)), bench.text(WORDS))
    bench.turn()
    assert len(urgent(bench)) == 1

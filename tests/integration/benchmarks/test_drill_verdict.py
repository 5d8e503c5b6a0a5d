"""A drill's verdict sees what should not be: it is no use where it always says that all is well."""

import random
import time

import pytest
from redis import Redis

from benchmarks.drill_patients import Patients
from benchmarks.drill_verdict import Examination
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.question import Outcome, Request, Status
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.settings import QueueSettings
from workers.simulation.whatsapp.chat import Bubble
from workers.simulation.whatsapp.graph import StrictGraph

pytestmark = pytest.mark.integration


@pytest.fixture
def patients(graph: StrictGraph) -> Patients:
    return Patients(graph, 2, random.Random(1))  # noqa: S311 - no secret


def ask(redis: Redis, settings: QueueSettings, text: str) -> str:
    """A patient's text, asked and answered; the question's id."""
    store = ConversationStore(redis, settings)
    message = PatientMessage(id=text, text=text, sent_at=time.time())
    store.admit(ChannelKey("clinica", "recepcao"), ["user:BR.1"], {}, None, message, 0)
    (burst,) = store.take_due(1)
    conversation = burst.conversation.id
    address = WhatsAppAddress(channel="recepcao", conversation=conversation, message=text)
    request = Request(
        tenant="clinica",
        question=text,
        asked_at=time.time(),
        conversation_id=conversation,
        reply_to=address,
    )
    return store.ask(burst, request, Outcome(status=Status.ANSWERED, text="Sim.")).id


def shows(graph: StrictGraph, place: int, question: str) -> None:
    """An answer comes to a patient's phone."""
    patient, _ = list(graph.exchange.chats(graph.number))[place]
    bubble = Bubble(f"wamid.{time.time_ns()}", "assistant", "text", "Sim.", 0.0, opaque=question)
    graph.exchange.sends(graph.number, patient, bubble)


def test_a_bubble_that_nobody_stored_is_missed(
    redis: Redis, queue_settings: QueueSettings, graph: StrictGraph, patients: Patients
) -> None:
    patients.sent[0].append("pedido c0000n00000")
    verdict = Examination(redis, queue_settings, graph, patients).verdict()
    assert set(verdict.faults) == {"bubble lost", "bubble in no question or several"}


def test_what_was_never_sent_and_not_settled_is_seen(
    redis: Redis, queue_settings: QueueSettings, graph: StrictGraph, patients: Patients
) -> None:
    patients.sent[0].append("pedido c0000n00000")
    ask(redis, queue_settings, "pedido c0000n00000")
    verdict = Examination(redis, queue_settings, graph, patients).verdict()
    assert set(verdict.faults) == {
        "answer neither on the phone nor with a person",
        "not settled",
    }


def test_a_message_that_came_twice_or_to_another_is_seen(
    redis: Redis, queue_settings: QueueSettings, graph: StrictGraph, patients: Patients
) -> None:
    patients.sent[0].append("pedido c0000n00000")
    question = ask(redis, queue_settings, "pedido c0000n00000")
    shows(graph, 0, question)
    examination = Examination(redis, queue_settings, graph, patients)
    assert set(examination.verdict().faults) == {"not settled"}
    shows(graph, 1, question)
    verdict = examination.verdict()
    assert verdict.count("message twice", "message on another's phone") == 2


def test_a_text_that_was_asked_twice_is_seen(
    redis: Redis, queue_settings: QueueSettings, graph: StrictGraph, patients: Patients
) -> None:
    patients.sent[0].append("pedido c0000n00000")
    ask(redis, queue_settings, "pedido c0000n00000")
    ask(redis, queue_settings, "De novo: pedido c0000n00000")
    verdict = Examination(redis, queue_settings, graph, patients).verdict()
    assert {"bubble twice", "bubble in no question or several"} <= set(verdict.faults)

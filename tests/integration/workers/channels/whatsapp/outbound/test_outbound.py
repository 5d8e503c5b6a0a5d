"""The whole way out as the callbacks worker has it: composed, sent, and told once who answers."""

from typing import TYPE_CHECKING

import pytest

from tests.stand_ins import NoEmail
from workers.channels.whatsapp.outbound import Outbound
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.channels.whatsapp.outbound.conftest import Counter

pytestmark = pytest.mark.integration


def test_the_first_answer_says_that_a_machine_answers_and_the_second_does_not(
    counter: "Counter", ana: Phone
) -> None:
    settings = counter.settings.model_copy(update={"channels_dir": counter.folder})
    outbound = Outbound.open(counter.redis, settings)
    client = CallbackClient(allow_private=True, timeout=1.0, per_host=1)
    senders = Senders(WebhookSender(client, "unused"), outbound.sender, NoEmail())
    for _ in range(2):
        question_id = counter.answer(ana)
        dispatch(
            counter.outbox,
            settings,
            lambda one: deliver(one, counter.questions, counter.outbox, senders, settings),
        )
    first, second = ana.inbox().answers
    assert "O jejum é de 8 horas." in first
    assert len(first) > len(second)
    assert second == "O jejum é de 8 horas."
    assert counter.conversation(question_id).disclosed_at is not None
    assert outbound.typing.mark(question_id, 1) is False

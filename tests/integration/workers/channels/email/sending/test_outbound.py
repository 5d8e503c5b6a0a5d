"""The whole way out as the callbacks worker has it."""

from typing import TYPE_CHECKING

import pytest

from tests.integration.workers.channels.email.sending.conftest import text_of
from workers.channels.email.sending.outbound import open_sender
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import NoSender, Senders
from workers.delivery.webhook import WebhookSender

if TYPE_CHECKING:
    from tests.integration.workers.channels.email.sending.conftest import MailCounter

pytestmark = pytest.mark.integration


def test_an_answer_goes_out_through_the_parts_that_a_worker_opens(counter: "MailCounter") -> None:
    settings = counter.settings.model_copy(update={"channels_dir": counter.folder})
    client = CallbackClient(allow_private=True, timeout=1.0, per_host=1)
    senders = Senders(
        WebhookSender(client, "unused"), NoSender(), open_sender(counter.redis, settings)
    )
    question_id = counter.answer()
    dispatch(
        counter.outbox,
        settings,
        lambda one: deliver(one, counter.questions, counter.outbox, senders, settings),
    )
    [mail] = counter.inbox
    assert "O jejum é de *8 horas*." in text_of(mail)
    assert counter.conversation(question_id).disclosed_at is not None

"""Answers that wait in the mailbox for a person to send them."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.integration.workers.channels.email.sending.conftest import (
    ANA,
    NAME,
    UNSURE,
    mail_of,
    text_of,
)
from workers.contracts.channels import ChannelBook
from workers.contracts.question import Delivery

if TYPE_CHECKING:
    from tests.integration.workers.channels.email.sending.conftest import MailCounter

pytestmark = pytest.mark.integration


def test_in_draft_mode_an_answer_waits_for_a_person_to_send_it(counter: "MailCounter") -> None:
    counter.configure(mode="draft")
    question_id = counter.answer()
    counter.run()
    assert not counter.office.envelopes
    [draft] = counter.waiting()
    assert draft.kind == "draft"
    mail = mail_of(draft)
    assert mail["In-Reply-To"] == "<m1@paciente.example>"
    assert mail["To"] == ANA
    assert mail["Auto-Submitted"] is None  # whoever sends it is a person
    assert "assistente automático" not in text_of(mail)
    assert "Fonte: Preparo, p. 2" in text_of(mail)
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.run_all()  # it lies there now
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    assert counter.waiting() == []
    assert counter.conversation(question_id).disclosed_at is None


def test_a_draft_that_no_mailbox_takes_for_a_day_calls_a_person(counter: "MailCounter") -> None:
    counter.configure(mode="draft")
    question_id = counter.answer()
    counter.run()
    counter.age(question_id, 23 * 60)
    counter.run_all()
    assert (counter.read(question_id).delivery, counter.reason(question_id)) == (
        Delivery.PENDING,
        None,
    )
    counter.age(question_id, 61)
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert counter.reason(question_id) == "draft_failed"
    assert "draft" in {errand.kind for errand in counter.waiting()}, "it may still be laid there"


def test_a_draft_whose_channel_is_removed_is_a_person_s(counter: "MailCounter") -> None:
    counter.configure(mode="draft")
    question_id = counter.answer()
    counter.run()
    (counter.folder / f"{NAME}.json").unlink()
    counter.book = ChannelBook(counter.folder, {})
    counter.later = timedelta(days=2)
    counter.run_all()
    assert counter.reason(question_id) == "channel_gone"


def test_in_draft_mode_nobody_is_told_that_a_person_answers(counter: "MailCounter") -> None:
    counter.configure(mode="draft")
    counter.answer(UNSURE)
    counter.run()
    assert not counter.office.envelopes
    assert [errand.kind for errand in counter.waiting()] == ["flag"]


def test_a_person_s_own_words_are_sent_in_draft_mode_too(counter: "MailCounter") -> None:
    counter.configure(mode="draft")
    conversation_id, _ = counter.hear()
    counter.say(conversation_id)
    counter.run()
    assert len(counter.inbox) == 1

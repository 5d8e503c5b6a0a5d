"""What becomes of a letter at its server: taken, refused, held, come back, or nobody knows."""

from typing import TYPE_CHECKING

import pytest

from tests.integration.workers.channels.email.sending.conftest import (
    CLINIC,
    NAME,
)
from workers.contracts import keys
from workers.contracts.question import Delivery
from workers.contracts.send import Notice, SendState
from workers.simulation.email.faults import Fault, Stage

if TYPE_CHECKING:
    from tests.integration.workers.channels.email.sending.conftest import MailCounter

pytestmark = pytest.mark.integration


def test_a_server_that_wants_a_sender_gets_one_and_is_asked_once(counter: "MailCounter") -> None:
    counter.office.desk.null_sender = False
    for number in range(2):
        counter.answer(address=f"p{number}@paciente.example")
    counter.run()
    assert [envelope.sender for envelope in counter.taken] == [CLINIC, CLINIC]
    assert counter.office.desk.logins == 3  # one for `<>`, which is not tried again


def test_refused_credentials_pause_the_channel_and_keep_all(counter: "MailCounter") -> None:
    counter.configure(password="errada")
    ids = [counter.answer(address=f"p{number}@paciente.example") for number in range(3)]
    counter.run()
    counter.run_all()
    assert counter.office.desk.logins == 1
    assert NAME in counter.sends.paused_channels()
    assert {counter.read(each).delivery for each in ids} == {Delivery.PENDING}
    assert {counter.read(each).delivery_attempts for each in ids} == {0}
    counter.configure()  # repaired
    counter.run_all()
    assert len(counter.taken) == 3
    assert NAME not in counter.sends.paused_channels()


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_every_refused_log_in_is_a_pause(counter: "MailCounter", code: int) -> None:
    counter.office.fail_next(Fault(Stage.LOGIN, code, "no"))
    question_id = counter.answer()
    counter.run()
    assert counter.sends.paused_channels()[NAME].code == code
    assert counter.read(question_id).delivery_attempts == 0
    assert counter.send(question_id).state is SendState.OPEN


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_what_may_pass_is_tried_again(counter: "MailCounter", stage: Stage, code: int) -> None:
    counter.office.fail_next(Fault(stage, code, "later"))
    question_id = counter.answer()
    counter.run()
    assert not counter.taken
    assert counter.send(question_id).state is SendState.OPEN
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.redis.delete(keys.pace(NAME))  # the wait that 421 asks of everybody
    counter.run_all()
    assert len(counter.inbox) == 1


@pytest.mark.parametrize("code", [550, 551, 552, 553, 554])
def test_a_receiver_that_does_not_exist_is_a_person_s(counter: "MailCounter", code: int) -> None:
    counter.office.fail_next(Fault(Stage.RCPT, code, "5.1.1 no such user"))
    question_id = counter.answer()
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert counter.reason(question_id) == "undeliverable"
    assert [errand.kind for errand in counter.waiting()] == ["flag"]
    counter.run_all()
    assert not counter.taken


def test_a_person_is_called_to_what_was_tried_in_vain(counter: "MailCounter") -> None:
    counter.office.fail_next(Fault(Stage.RCPT, 451, "greylisted"), times=None)
    question_id = counter.answer()
    for _ in range(3):
        counter.run_all()
    assert counter.reason(question_id) == "delivery_delayed"
    counter.office.desk.faults.clear()
    counter.run_all()
    assert len(counter.inbox) == 1


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@x.example, bia@x.example", "a@b.example\r\nBcc: c@d.example"]
)
def test_what_is_no_address_is_not_written_to(counter: "MailCounter", address: str) -> None:
    question_id = counter.answer(address=address)
    counter.run()
    assert not counter.office.envelopes
    assert counter.reason(question_id) == "undeliverable"


def test_a_domain_beyond_ascii_is_written_to(counter: "MailCounter") -> None:
    counter.answer(address="ana@clínica-irmã.example")
    counter.run()
    assert counter.taken[0].recipients == ("ana@" + "clínica-irmã.example".encode("idna").decode(),)


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY])
def test_a_connection_lost_before_the_final_dot_has_sent_nothing(
    counter: "MailCounter", stage: Stage
) -> None:
    counter.office.drop_next(stage)
    question_id = counter.answer(text="Qual o jejum? " * 20_000)  # more than a socket takes
    counter.run()
    assert counter.send(question_id).state in {SendState.OPEN, SendState.AMBIGUOUS}
    if stage is not Stage.BODY:  # there a short letter is written before anybody notices
        assert counter.send(question_id).state is SendState.OPEN
        counter.run_all()
        assert len(counter.inbox) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_lost_after_it_is_never_followed_by_a_second_letter(
    counter: "MailCounter", *, kept: bool
) -> None:
    counter.office.drop_next(Stage.DOT, kept=kept)
    question_id = counter.answer()
    counter.run()
    assert counter.send(question_id).state is SendState.AMBIGUOUS
    counter.run_all()
    assert counter.reason(question_id) is None
    counter.age(question_id, 6)
    counter.run_all()
    assert counter.reason(question_id) == "delivery_unknown"
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert len(counter.office.envelopes) == 1
    assert [errand.kind for errand in counter.waiting()] == ["flag"]


def test_a_reply_that_comes_too_late_is_no_reply(counter: "MailCounter") -> None:
    counter.office.fail_next(Fault(Stage.DOT, 250, "OK", kept=True, seconds=1.5))
    question_id = counter.answer()
    counter.run()
    assert counter.send(question_id).state is SendState.AMBIGUOUS


def test_a_letter_of_unknown_fate_is_sent_once_more_where_the_channel_says_so(
    counter: "MailCounter",
) -> None:
    counter.configure(ambiguous="resend")
    counter.office.drop_next(Stage.DOT, times=None)
    question_id = counter.answer()
    counter.run()
    for _ in range(3):
        counter.age(question_id, 6)
        counter.run_all()
    first, second = counter.office.envelopes
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert counter.reason(question_id) == "delivery_unknown"


def test_what_lies_among_what_was_sent_was_sent(counter: "MailCounter") -> None:
    counter.office.drop_next(Stage.DOT, kept=True)
    question_id = counter.answer()
    counter.run()
    message = keys.hashed(f"<{question_id}.1@clinica.example>")
    counter.sends.settle(
        Notice(channel=NAME, message=message, question_id=question_id, state=SendState.SENT)
    )
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    assert counter.reason(question_id) is None
    assert [errand.kind for errand in counter.waiting()] == ["answered", "copy"]


@pytest.mark.parametrize("unclear", [True, False])
def test_a_bounce_calls_a_person_and_nothing_is_sent_again(
    counter: "MailCounter", *, unclear: bool
) -> None:
    if unclear:
        counter.office.drop_next(Stage.DOT, kept=True)
    question_id = counter.answer()
    counter.run()
    message_id = f"<{question_id}.1@clinica.example>"
    assert counter.sends.question_of(NAME, message_id) == question_id
    counter.sends.notice(
        Notice(
            channel=NAME,
            message=keys.hashed(message_id),
            question_id=question_id,
            state=SendState.FAILED,
        )
    )
    counter.run_all()
    assert counter.reason(question_id) == "undeliverable"
    assert counter.conversation(question_id).disclosed_at is None
    assert len(counter.office.envelopes) == 1

"""What goes out by mail, to whom, how often, and what does not."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.integration.workers.channels.email.sending.conftest import (
    ANA,
    ANSWER,
    BY_PERSON,
    CLINIC,
    EMERGENCY,
    NAME,
    UNSURE,
    mail_of,
    text_of,
)
from workers.channels.email.sending.limits import MailPace
from workers.channels.email.threads import subject_alias, thread_alias
from workers.contracts import keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.question import Delivery, Outcome, Status
from workers.contracts.send import SendState
from workers.simulation.email.faults import Fault, Stage

if TYPE_CHECKING:
    from tests.integration.workers.channels.email.sending.conftest import MailCounter

pytestmark = pytest.mark.integration


def test_an_answer_is_one_mail_in_its_thread_from_nobody_to_the_patient_alone(
    counter: "MailCounter",
) -> None:
    first = "<primeiro@paciente.example>"
    question_id = counter.answer(thread=first)
    counter.run()
    [envelope] = counter.taken
    assert (envelope.sender, envelope.recipients) == ("", (ANA,))
    [mail] = counter.inbox
    assert mail["From"] == f"Clínica Exemplo <{CLINIC}>"
    assert mail["To"] == ANA
    assert mail["Cc"] is None
    assert mail["Subject"] == "Re: Jejum"
    assert mail["Message-ID"] == f"<{question_id}.1@clinica.example>"
    assert mail["In-Reply-To"] == "<m1@paciente.example>"
    assert mail["References"].split() == [first, "<m1@paciente.example>"]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Content-Language"] == "pt-BR"
    assert "O jejum é de *8 horas*." in text_of(mail)
    assert "<strong>8 horas</strong>" in text_of(mail, "html")
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    assert counter.send(question_id).state is SendState.ACCEPTED
    assert counter.reason(question_id) is None


def test_what_is_left_to_do_in_the_mailbox_is_written_down_once(counter: "MailCounter") -> None:
    question_id = counter.answer()
    counter.run()
    answered, copy = counter.waiting()
    assert (answered.kind, answered.uid, answered.validity) == ("answered", 1, 7)
    assert answered.message == "<m1@paciente.example>"
    assert copy.kind == "copy"
    assert mail_of(copy)["Message-ID"] == copy.message == f"<{question_id}.1@clinica.example>"
    assert copy.conversation == answered.conversation == counter.conversation(question_id).id
    assert mail_of(copy).as_bytes() == counter.taken[0].message.as_bytes()


def test_a_provider_that_keeps_what_is_sent_gets_no_copy(counter: "MailCounter") -> None:
    counter.configure(sent_copy=False)
    counter.answer()
    counter.run()
    assert [errand.kind for errand in counter.waiting()] == ["answered"]


def test_the_disclosure_stands_in_the_first_answer_of_a_thread_alone(
    counter: "MailCounter",
) -> None:
    question_id = counter.answer()
    counter.run()
    assert counter.conversation(question_id).disclosed_at is not None
    counter.answer(thread="<m1@paciente.example>")
    counter.run()
    first, second = (text_of(mail) for mail in counter.inbox)
    assert "assistente automático" in first
    assert "assistente automático" not in second
    assert "*atendente*" in second


def test_an_answer_to_our_answer_finds_its_conversation(counter: "MailCounter") -> None:
    question_id = counter.answer()
    counter.run()
    ours, conversation = f"<{question_id}.1@clinica.example>", counter.conversation(question_id)
    for number, alias in enumerate((thread_alias(ANA, ours), subject_alias(ANA, "Re: Jejum"))):
        assert alias is not None
        admission = counter.conversations.admit(
            ChannelKey("clinica", NAME, "email"),
            [thread_alias(ANA, f"<n{number}@x>"), alias],
            conversation.recipient,
            None,
            PatientMessage(id=f"<n{number}@x>", text="E café?", sent_at=0.0),
            0,
        )
        assert admission.conversation == conversation.id


def test_a_person_s_words_go_out_as_a_person_s_mail(counter: "MailCounter") -> None:
    conversation_id, _ = counter.hear("Posso ir às 9h?")
    counter.say(conversation_id)
    counter.run()
    [envelope] = counter.taken
    assert envelope.sender == CLINIC
    [mail] = counter.inbox
    assert mail["Auto-Submitted"] is None
    assert mail["In-Reply-To"] == "<m1@paciente.example>"
    assert text_of(mail).startswith("Pode vir às 9h.\n\nEm ")
    assert "assistente" not in text_of(mail)


@pytest.mark.parametrize("reason", ["thanks", "acknowledged"])
def test_thanks_are_not_answered(counter: "MailCounter", reason: str) -> None:
    thanks = Outcome(status=Status.ANSWERED, text="De nada!", reason=reason)
    question_id = counter.answer(thanks)
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert not counter.office.envelopes


def test_that_a_person_answers_is_told_once_in_a_conversation(counter: "MailCounter") -> None:
    first = counter.answer(UNSURE)
    counter.run()
    second = counter.answer(UNSURE, thread="<m1@paciente.example>")
    counter.run()
    [mail] = counter.inbox
    assert UNSURE.text.split(".", maxsplit=1)[0] in text_of(mail)
    assert counter.read(first).delivery is Delivery.DELIVERED
    assert counter.read(second).delivery is Delivery.DROPPED
    kinds = [(errand.kind, errand.uid) for errand in counter.waiting()]
    assert sorted(kinds) == [("copy", 0), ("flag", 1), ("flag", 2)]


def test_nobody_is_told_where_the_channel_acknowledges_nothing(counter: "MailCounter") -> None:
    counter.configure(acknowledge=False)
    question_id = counter.answer(UNSURE)
    counter.run()
    assert not counter.office.envelopes
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert [errand.kind for errand in counter.waiting()] == ["flag"]


def test_an_emergency_s_text_is_always_sent(counter: "MailCounter") -> None:
    counter.configure(acknowledge=False, mode="draft", hourly_cap=1, daily_cap=1)
    for _ in range(3):
        counter.answer(EMERGENCY)
        counter.run()
    assert len(counter.inbox) == 3
    assert all("192" in text_of(mail) for mail in counter.inbox)
    assert [errand.kind for errand in counter.waiting()].count("flag") == 3


def test_two_robots_in_an_emergency_end_after_three_mails_in_an_hour_and_all_are_a_person_s(
    counter: "MailCounter",
) -> None:
    addresses = [ANA, "ana+1@paciente.example", "ANA+2@paciente.example"] * 2
    ids = [
        counter.answer(EMERGENCY, address=address, subject=f"Socorro {number}")
        for number, address in enumerate(addresses)
    ]
    counter.run()
    assert len(counter.taken) == 3
    assert {counter.reason(question_id) for question_id in ids} == {"emergency"}
    assert [errand.kind for errand in counter.waiting()].count("flag") == 6


def test_an_emergency_is_forwarded_also_where_the_patient_is_not_told_again(
    counter: "MailCounter",
) -> None:
    staff = "secretaria@clinica.example"
    counter.office.mailbox(staff)
    counter.configure(handoff="forward", forward_to=staff)
    for _ in range(5):
        counter.answer(EMERGENCY)
        counter.run()
    assert len(counter.inbox) == 3
    assert len(counter.office.read(staff)) == 5


def test_what_needs_a_person_is_forwarded_once(counter: "MailCounter") -> None:
    staff = "secretaria@clinica.example"
    counter.office.mailbox(staff)
    counter.configure(handoff="forward", forward_to=staff)
    counter.answer(UNSURE, text="O resultado do meu exame saiu?")
    counter.run()
    counter.answer(UNSURE, text="E agora?", thread="<m1@paciente.example>")
    counter.run()
    first, second = (stored.message for stored in counter.office.read(staff))
    assert first["Subject"] == "Enc: Jejum"
    assert first["Reply-To"] == ANA
    assert first["Auto-Submitted"] == "auto-generated"
    assert "O resultado do meu exame saiu?" in text_of(first)
    assert ANA in text_of(first)
    assert "E agora?" in text_of(second)
    assert len(counter.inbox) == 1
    counter.run_all()
    assert len(counter.taken) == 3


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.LOGIN])
def test_a_forward_that_fails_is_tried_again(counter: "MailCounter", stage: Stage) -> None:
    staff = "secretaria@clinica.example"
    counter.office.mailbox(staff)
    counter.configure(handoff="forward", forward_to=staff, acknowledge=False)
    counter.office.drop_next(stage)
    question_id = counter.answer(UNSURE)
    counter.run()
    assert counter.read(question_id).delivery is Delivery.PENDING
    assert not counter.taken
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert len(counter.office.read(staff)) == 1


def test_a_forward_of_unknown_fate_is_not_sent_again(counter: "MailCounter") -> None:
    counter.configure(handoff="forward", forward_to="secretaria@clinica.example", acknowledge=False)
    counter.office.drop_next(Stage.DOT)
    question_id = counter.answer(UNSURE)
    counter.run()
    counter.run_all()
    assert len(counter.office.envelopes) == 1
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert counter.reason(question_id) == "weak_evidence"


def test_a_fourth_answer_in_an_hour_is_a_loop_and_calls_a_person(counter: "MailCounter") -> None:
    ids = []
    for number in range(5):
        ids.append(counter.answer(subject=f"Assunto {number}"))
        counter.run()
    assert len(counter.taken) == 3
    assert [counter.reason(each) for each in ids] == [None, None, None, "loop", "loop"]
    assert counter.read(ids[-1]).delivery is Delivery.DEAD
    assert [errand.uid for errand in counter.waiting() if errand.kind == "flag"] == [4, 5]


def test_a_person_is_not_bound(counter: "MailCounter") -> None:
    conversation_id, _ = counter.hear()
    for _ in range(6):
        counter.say(conversation_id)
    counter.run()
    assert len(counter.inbox) == 6


def test_what_is_too_much_for_a_minute_waits(counter: "MailCounter") -> None:
    counter.configure(minute_cap=1)
    ids = [counter.answer(address=f"p{number}@paciente.example") for number in range(2)]
    counter.run()
    assert len(counter.taken) == 1
    pending = [each for each in ids if counter.read(each).delivery is Delivery.PENDING]
    assert len(pending) == 1
    assert counter.read(pending[0]).delivery_attempts == 0
    counter.later = timedelta(minutes=1, seconds=1)
    counter.run_all()
    assert len(counter.taken) == 2


def test_letters_of_one_account_go_no_faster_than_its_server_bears(
    counter: "MailCounter",
) -> None:
    counter.pace = MailPace(rate=0.01, burst=2)
    for number in range(3):
        counter.answer(address=f"p{number}@paciente.example")
    counter.run()
    assert len(counter.taken) == 2


def test_an_answer_is_dropped_once_a_person_has_the_conversation(counter: "MailCounter") -> None:
    question_id = counter.answer()
    counter.conversations.pause(counter.conversation(question_id).id, 12, "bia")
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert not counter.office.envelopes


def test_an_erased_conversation_is_not_written_to(counter: "MailCounter") -> None:
    question_id = counter.answer()
    counter.redis.delete(keys.conversation(counter.conversation(question_id).id))
    counter.run()
    assert not counter.office.envelopes


def test_a_channel_whose_file_is_gone_keeps_its_answers_for_a_day(counter: "MailCounter") -> None:
    question_id = counter.answer()
    (counter.folder / f"{NAME}.json").unlink()
    counter.book = ChannelBook(counter.folder, {})
    counter.run()
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.later = timedelta(days=2)
    counter.run_all()
    assert counter.reason(question_id) == "channel_gone"


def test_a_channel_that_is_another_clinic_s_now_answers_no_patient_of_the_one_before(
    counter: "MailCounter",
) -> None:
    question_id = counter.answer()
    counter.configure(tenant="outra")
    counter.run()
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.later = timedelta(days=2)
    counter.run_all()
    assert counter.reason(question_id) == "channel_gone"
    assert not counter.office.envelopes


def test_secrets_and_patients_stand_in_no_name_and_no_log(
    counter: "MailCounter", caplog: pytest.LogCaptureFixture
) -> None:
    counter.office.fail_next(Fault(Stage.RCPT, 550, f"5.1.1 {ANA} unknown"))
    counter.answer()
    counter.answer(ANSWER, address="bia@paciente.example")
    counter.answer(BY_PERSON, address="caio@paciente.example")
    counter.answer(UNSURE, address="davi@paciente.example")
    counter.run()
    words = [str(name) for name in counter.redis.scan_iter()] + [caplog.text]
    for secret in ("paciente.example", counter.clinic.password, "Jejum", "jejum"):
        assert not [word for word in words if secret in word]

"""What the clinic sends from its own mail program: a person has the conversation then."""

import time

import pytest

from tests.mail_bench import MailBench
from workers.channels.email.threads import thread_alias
from workers.contracts import keys
from workers.contracts.question import Outcome, Request, Status
from workers.contracts.reply import address_of
from workers.contracts.send import Change, SendState

pytestmark = pytest.mark.integration

QUESTION = "Qual é o preparo da colonoscopia?"
CLINIC = "Clínica Aurora <recepcao@clinica.example>"


def sends(mails: MailBench, text: str, **headers: str) -> None:
    """A person of the clinic writes from its mail program."""
    age = float(headers.pop("age", 0))
    mail = mails.mail(text, **{"from": CLINIC, "to": "ana@paciente.example"} | headers)
    received_at = time.time() - age
    mails.post(mail, sent="1", folder="Sent", received_at=received_at)
    mails.turn()


def test_a_person_s_mail_silences_the_assistant_and_stands_in_the_transcript(
    mails: MailBench,
) -> None:
    asked = mails.write(QUESTION)
    sends(
        mails,
        "Ana, o jejum é de 8 horas.\n\nAtt,\nJoana\n\nEm qui., 26 de nov. de 2026 às 10:00, Ana "
        f"Souza <ana@paciente.example> escreveu:\n\n> {QUESTION}\n",
        subject="Re: Dúvida",
        in_reply_to=asked["Message-ID"],
    )
    conversation = mails.conversation()
    assert conversation.paused_until is not None
    assert conversation.paused_until > time.time() + 11 * 3600
    assert mails.lines()[-1] == ("person", "Ana, o jejum é de 8 horas.")
    assert mails.question().status is Status.CANCELLED
    assert conversation.recipient["message"] == asked["Message-ID"]
    assert mails.count("echo") == 1


def test_nobody_waits_any_more_once_a_person_has_written(mails: MailBench) -> None:
    asked = mails.write(QUESTION)
    mails.conversations.pause(mails.conversation().id, 12, "phone")
    named = {"subject": "Re: Dúvida", "in_reply_to": asked["Message-ID"]}
    mails.write("Ainda espero uma resposta.", **named)
    assert mails.reason() == "waiting"
    sends(mails, "Desculpe a demora: pode vir às 9h.", **named)
    assert mails.reason() is None


def test_the_reply_to_a_mail_that_the_clinic_began_is_not_answered(mails: MailBench) -> None:
    sends(mails, "Ana, seu exame está pronto.", subject="Exame", message_id="<c1@clinica.example>")
    mails.write("Que horas posso buscar?", subject="Re: Exame", in_reply_to="<c1@clinica.example>")
    assert mails.asked == []
    assert mails.conversation().contact == "email:ana@paciente.example"
    assert mails.reason() == "waiting"


def test_one_that_was_sent_long_ago_silences_nobody(mails: MailBench) -> None:
    mails.write(QUESTION)
    sends(mails, "Oi Ana", age=str(13 * 3600))
    assert mails.conversation().paused_until is None


def test_what_goes_to_the_clinic_itself_is_nobody_s_conversation(mails: MailBench) -> None:
    sends(mails, "Joana, veja isto", to="exames@clinica.example")
    assert (mails.all_conversations(), mails.count("own")) == ([], 1)


def test_the_mailbox_s_own_robot_silences_nobody(mails: MailBench) -> None:
    mails.write(QUESTION)
    sends(mails, "Estamos em recesso.", auto_submitted="auto-replied")
    assert mails.conversation().paused_until is None


def answered(mails: MailBench, state: SendState | None) -> str:
    """An answer of ours, as far on its way as that says; its question's id."""
    mails.write(QUESTION)
    conversation = mails.conversation()
    request = Request(
        tenant="clinica",
        question="",
        asked_at=time.time(),
        reply_to=address_of(conversation),
        conversation_id=conversation.id,
    )
    outcome = Outcome(status=Status.ANSWERED, text="Jejum de 8 horas.")
    question = mails.conversations.say(conversation.id, request, outcome)
    attempt = mails.sends.begin(question, mails.sends.get(question), "correio", "email")
    assert attempt is not None
    if state is not None:
        change = Change(state, message_id=f"<{question}.1@clinica.example>")
        mails.sends.move(question, attempt, change)
    return question


@pytest.mark.parametrize("state", [SendState.ACCEPTED, SendState.AMBIGUOUS, None])
def test_our_own_answer_in_that_folder_silences_nobody_and_says_that_it_went(
    mails: MailBench, state: SendState | None
) -> None:
    question = answered(mails, state)
    sends(mails, "Jejum de 8 horas.", message_id=f"<{question}.1@clinica.example>")
    assert mails.conversation().paused_until is None
    assert mails.sends.get(question).state is SendState.SENT
    assert mails.count("own") == 1


@pytest.mark.parametrize("state", [SendState.ACCEPTED, SendState.AMBIGUOUS, None])
def test_who_answers_our_mail_has_got_it_and_goes_on_in_the_same_conversation(
    mails: MailBench, state: SendState | None
) -> None:
    question = answered(mails, state)
    message = f"<{question}.1@clinica.example>"
    mails.conversations.bind(
        mails.conversation().id, "correio", [thread_alias("ana@paciente.example", message)]
    )
    mails.write("E posso beber água?", subject="Re: Dúvida", in_reply_to=message)
    assert mails.sends.get(question).state is SendState.DELIVERED
    assert len(mails.all_conversations()) == 1
    assert [line for by, line in mails.lines() if by == "patient"][-1] == "E posso beber água?"


BOUNCE = """From: MAILER-DAEMON@mx.example
To: recepcao@clinica.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <b1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail was not delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ana@paciente.example
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {message}
Subject: Re: Duvida

--b--
"""


def test_a_bounce_of_our_answer_fails_the_send_and_calls_a_person(mails: MailBench) -> None:
    question = answered(mails, SendState.ACCEPTED)
    mails.redis.zrem(keys.OUTBOX, question)
    message = f"<{question}.1@clinica.example>"
    mails.post(BOUNCE.format(action="failed", status="5.1.1", message=message).encode())
    mails.turn()
    assert mails.sends.get(question).state is SendState.FAILED
    assert mails.reason() == "undeliverable"
    assert mails.count("bounce") == 1


def test_it_may_come_to_another_mailbox_of_the_clinic(mails: MailBench) -> None:
    question = answered(mails, SendState.ACCEPTED)
    message = f"<{question}.1@clinica.example>"
    text = BOUNCE.format(action="failed", status="5.1.1", message=message)
    mails.post(text.encode(), app="exames")
    mails.turn()
    assert mails.reason() == "undeliverable"


@pytest.mark.parametrize(
    ("action", "status", "message"),
    [("delayed", "4.4.1", "{ours}"), ("failed", "5.1.1", "<other@clinica.example>")],
)
def test_one_that_only_waits_and_one_that_is_not_ours_change_nothing(
    mails: MailBench, action: str, status: str, message: str
) -> None:
    question = answered(mails, SendState.ACCEPTED)
    named = message.format(ours=f"<{question}.1@clinica.example>")
    mails.post(BOUNCE.format(action=action, status=status, message=named).encode())
    mails.turn()
    assert mails.sends.get(question).state is SendState.ACCEPTED
    assert mails.reason() is None
    assert mails.all_conversations()[0].id == mails.conversation().id

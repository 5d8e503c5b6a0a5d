"""The verdict of the drill of mailboxes sees what should not be."""

import random
import time

import pytest
from redis import Redis

from benchmarks.drill_mails import Correspondents, DrillMail, Hope
from benchmarks.mail_verdict import MailExamination
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.inbound import Aside, Inbound
from workers.contracts.question import Outcome, Request, Status
from workers.contracts.reply import EmailAddress
from workers.contracts.settings import QueueSettings
from workers.simulation.email.envelope import Envelope

pytestmark = pytest.mark.integration

KEY = ChannelKey("clinica", "contato", "email")


class Drill:
    """A mailbox of which a test says what became of each mail."""

    def __init__(self, redis: Redis, settings: QueueSettings) -> None:
        self.store = ConversationStore(redis, settings)
        self.inbound = Inbound(redis, settings)
        self.inbound.open()
        self.examination = MailExamination(redis, settings, ("contato",))
        self.written = Correspondents("contato@clinica.example", random.Random(1))  # noqa: S311
        self.mails: list[DrillMail] = []
        self.envelopes: list[Envelope] = []

    def mail(self, mark: str, hope: Hope = Hope.ASKED) -> DrillMail:
        one = self.written.question(mark)
        self.mails.append(DrillMail(mark, "question", one.sender, one.message_id, hope, one.raw))
        return self.mails[-1]

    def ask(self, mail: DrillMail, status: Status = Status.ANSWERED) -> str:
        """It is asked and answered; the question's id."""
        text = f"Pedido {mail.mark}?"
        message = PatientMessage(id=f"{mail.message_id}{time.time()}", text=text, sent_at=1)
        recipient = {"email": mail.sender, "message": mail.message_id}
        names = [f"thread:{message.id}"]
        conversation = self.store.admit(KEY, names, recipient, None, message, 0).conversation
        (burst,) = self.store.take_due(1)
        request = Request(
            tenant="clinica",
            question=text,
            asked_at=time.time(),
            conversation_id=conversation,
            reply_to=EmailAddress(channel="contato", conversation=conversation),
        )
        return self.store.ask(burst, request, Outcome(status=status, text="Sim.")).id

    def send(self, question: str, *to: str) -> None:
        content = f"Message-ID: <{question}.1@clinica.example>\n\nSim.".encode()
        self.envelopes.append(Envelope("", to or ("p@paciente.example",), content, None))

    def faults(self) -> set[str]:
        names = set(self.examination.verdict(self.mails, self.envelopes).faults)
        return names - {"not settled"}  # nothing delivers here


@pytest.fixture
def drill(redis: Redis, queue_settings: QueueSettings) -> Drill:
    return Drill(redis, queue_settings)


def test_where_each_mail_is_answered_once_nothing_is_wrong(drill: Drill) -> None:
    drill.send(drill.ask(drill.mail("m00001")))
    drill.ask(drill.mail("m00002"), Status.NEEDS_HUMAN)
    assert drill.faults() == set()


def test_a_mail_that_nobody_stored_is_missed(drill: Drill) -> None:
    drill.mail("m00001")
    assert drill.faults() == {"mail lost or asked twice"}


def test_one_that_is_asked_twice_is_seen_and_so_are_its_answers(drill: Drill) -> None:
    mail = drill.mail("m00001")
    for _ in range(2):
        drill.send(drill.ask(mail))
    assert drill.faults() == {"mail lost or asked twice", "mail answered twice"}


def test_a_letter_that_goes_twice_or_to_several_or_for_nothing_is_seen(drill: Drill) -> None:
    question = drill.ask(drill.mail("m00001"))
    drill.send(question)
    drill.send(question)
    drill.send("f" * 32, "a@x.example", "b@x.example")
    assert drill.faults() == {
        *("letter twice", "mail answered twice"),
        *("letter without its question", "letter to several"),
    }


def test_an_answer_that_went_nowhere_is_missed(drill: Drill) -> None:
    drill.ask(drill.mail("m00001"))
    assert drill.faults() == {"answer neither sent nor with a person"}


def test_a_mail_of_nobody_s_that_is_answered_is_seen(drill: Drill) -> None:
    drill.send(drill.ask(drill.mail("m00001", Hope.SILENCE)))
    assert drill.faults() == {"mail of nobody's was taken in"}


def test_a_mail_for_a_person_must_be_before_one(drill: Drill) -> None:
    drill.send(drill.ask(drill.mail("m00001", Hope.PERSON)))
    assert drill.faults() == {"mail that no person sees"}


def test_a_broken_mail_is_kept_somewhere_once(drill: Drill) -> None:
    drill.mail("m00001", Hope.TRACE)
    assert drill.faults() == {"broken mail lost or asked twice"}
    drill.inbound.add("email", "contato", b"?")
    (post,) = drill.inbound.take("w", 1, 0)
    drill.inbound.done(post, {"channel_events:broken": 1}, [Aside("broken", "m00001")])
    assert drill.faults() == set()


def test_a_post_that_was_counted_twice_or_never_is_seen(drill: Drill) -> None:
    drill.inbound.add("email", "contato", b"?")
    (post,) = drill.inbound.take("w", 1, 0)
    drill.inbound.done(post, {"channel_events:own": 1, "channel_events:message": 1})
    assert drill.faults() == {"post without exactly one kind"}

"""A clinic's counter: it answers patients by a real mail server, on a real queue."""

import json
import time
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from workers.answering.templates import Templates
from workers.channels.disclosures import Disclosures
from workers.channels.email.sending.acknowledgements import Acknowledgements
from workers.channels.email.sending.composing import EmailComposer
from workers.channels.email.sending.desk import Desk
from workers.channels.email.sending.forwarding import Forwarding
from workers.channels.email.sending.limits import MailLimits, MailPace
from workers.channels.email.sending.mailbox_errands import MailboxErrands
from workers.channels.email.sending.sender import EmailSender
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_connection import SmtpTimes
from workers.channels.email.sending.writing import Letters
from workers.channels.email.threads import thread_alias
from workers.contracts import keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import ChannelKey, Conversation, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.errands import Errand, ErrandStore
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.outbox import Outbox
from workers.contracts.question import Citation, Outcome, Question, Request, Status, Way
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import address_of
from workers.contracts.send import Send
from workers.contracts.sends import SendStore
from workers.contracts.settings import QueueSettings
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import NoSender, Senders
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings
from workers.simulation.email.envelope import Envelope, parsed
from workers.simulation.email.post_office import PostOffice

NAME = "correio"
CLINIC, ANA = "contato@clinica.example", "ana@paciente.example"
TEXTS = Templates.load()
ANSWER = Outcome(
    status=Status.ANSWERED,
    way=Way.WRITE,
    text="O jejum é de **8 horas**.",
    citations=(Citation(document="pdf/jejum.pdf", title="Preparo", page=2, quote="8 horas"),),
)
BY_PERSON = Outcome(status=Status.ANSWERED, text="Pode vir às 9h.", way=Way.PERSON)
UNSURE = Outcome(
    status=Status.NEEDS_HUMAN, text=TEXTS.message("needs_human", "pt"), reason="weak_evidence"
)
EMERGENCY = Outcome(
    status=Status.NEEDS_HUMAN, text=TEXTS.message("emergency", "pt"), reason="emergency"
)


@dataclass
class MailCounter:
    """All that an answer passes on its way to a patient's mailbox.

    Attributes:
        later: how far the sender's clock is ahead of the machine's.
    """

    redis: Redis
    settings: WorkerSettings
    office: PostOffice
    folder: Path
    times: SmtpTimes = field(default_factory=lambda: SmtpTimes(2.0, 2.0, text=0.6, whole=5.0))
    pace: MailPace = field(default_factory=lambda: MailPace(rate=1000.0, burst=1000))
    later: timedelta = timedelta()
    written: int = 0

    def __post_init__(self) -> None:
        self.questions = QuestionStore(self.redis, self.settings)
        self.conversations = ConversationStore(self.redis, self.settings)
        self.outbox = Outbox(self.redis, self.settings)
        self.sends = SendStore(self.redis, self.settings)
        self.errands = ErrandStore(self.redis)
        self.folder.mkdir(exist_ok=True)
        self.clinic = self.office.mailbox(CLINIC)
        self.office.mailbox(ANA)
        self.configure()

    def configure(self, **fields: object) -> None:
        """Write the channel's file anew; it is read at once."""
        content: dict[str, Any] = self.office.channel(self.clinic, name=NAME) | fields
        path = self.folder / f"{NAME}.json"
        path.write_text(json.dumps(content), "utf-8")
        path.chmod(0o600)
        self.book = ChannelBook(self.folder, {})

    # -- what patients do -------------------------------------------------------------------------

    def hear(
        self, text: str = "Qual o jejum?", address: str = ANA, thread: str = "", **recipient: str
    ) -> tuple[str, str]:
        """A patient writes; gives the conversation's id and the mail's."""
        self.written += 1
        message_id = recipient.get("message", f"<m{self.written}@paciente.example>")
        named = {
            "email": address,
            "subject": "Jejum",
            "message": message_id,
            "references": thread,
            "folder": "INBOX",
            "uid": str(self.written),
            "validity": "7",
        }
        admission = self.conversations.admit(
            ChannelKey("clinica", NAME, "email"),
            [thread_alias(address, each) for each in (message_id, *thread.split())],
            named | recipient,
            "Ana Souza",
            PatientMessage(
                id=message_id or f"sha256:{self.written}", text=text, sent_at=time.time()
            ),
            0,
        )
        return admission.conversation, message_id

    def answer(self, outcome: Outcome = ANSWER, text: str = "Qual o jejum?", **fields: str) -> str:
        """A patient asks, and an outcome waits to be sent; gives the question's id."""
        conversation_id, message_id = self.hear(text, **fields)
        burst = next(
            burst
            for burst in self.conversations.take_due(10)
            if burst.conversation.id == conversation_id
        )
        request = self._request(burst.conversation, text, message_id or "sha256:x")
        return self.conversations.ask(burst, request, outcome).id

    def say(self, conversation_id: str, outcome: Outcome = BY_PERSON) -> str:
        """A person writes; gives the question's id."""
        conversation = self.conversations.get(conversation_id)
        assert conversation is not None
        return self.conversations.say(
            conversation_id, self._request(conversation, "", None), outcome
        )

    @staticmethod
    def _request(conversation: Conversation, text: str, message_id: str | None) -> Request:
        return Request(
            tenant="clinica",
            question=text,
            asked_at=time.time(),
            conversation_id=conversation.id,
            reply_to=address_of(conversation, message_id),
        )

    # -- what the workers do ----------------------------------------------------------------------

    def desk(self, client: SmtpClient | None = None) -> Desk:
        limits, client = MailLimits(self.redis, self.pace), client or SmtpClient(times=self.times)
        letters = Letters(EmailComposer(TEXTS), self.conversations.transcript)
        disclosures = Disclosures(self.conversations)
        return Desk(
            book=self.book,
            conversations=self.conversations,
            sends=self.sends,
            limits=limits,
            bounds=MailBounds(self.redis),
            acknowledgements=Acknowledgements(self.redis, self.settings),
            errands=MailboxErrands(self.errands),
            forwarding=Forwarding(self.sends, limits, client, letters),
            client=client,
            letters=letters,
            after=disclosures.sent,
            failed=disclosures.failed,
        )

    def deliver(self, question_id: str) -> None:
        """What the Celery task does, in a worker of its own."""
        sender = EmailSender(self.desk(), lambda: datetime.now(UTC) + self.later)
        client = CallbackClient(allow_private=True, timeout=1.0, per_host=1)
        senders = Senders(WebhookSender(client, "secret"), NoSender(), sender)
        deliver(question_id, self.questions, self.outbox, senders, self.settings)

    def run(self) -> int:
        """Deliver what is due; gives how many were."""
        return dispatch(self.outbox, self.settings, self.deliver)

    def run_all(self) -> None:
        """Deliver all that is pending, however late it is due, once."""
        self.hurry()
        self.run()

    def hurry(self) -> None:
        """Let the time until every next attempt pass."""
        for question_id in self.redis.zrange(keys.OUTBOX, 0, -1):
            self.redis.zadd(keys.OUTBOX, {str(question_id): 0})

    def age(self, question_id: str, minutes: float) -> None:
        """Let the server's clock move on for a letter whose hand-over has begun."""
        self.redis.hincrby(keys.send(question_id), "since", -int(minutes * 60_000))

    # -- what is there ----------------------------------------------------------------------------

    @property
    def inbox(self) -> list[EmailMessage]:
        """What Ana has got, oldest first."""
        return [parsed(stored.content) for stored in self.office.read(ANA)]

    @property
    def taken(self) -> list[Envelope]:
        """The envelopes of letters that the server has."""
        return [envelope for envelope in self.office.envelopes if envelope.kept]

    def read(self, question_id: str) -> Question:
        question = self.questions.get(question_id)
        assert question is not None
        return question

    def send(self, question_id: str) -> Send:
        return self.sends.get(question_id)

    def conversation(self, question_id: str) -> Conversation:
        conversation = self.conversations.get(self.read(question_id).request.conversation_id or "")
        assert conversation is not None
        return conversation

    def reason(self, question_id: str) -> str | None:
        """Why a person is called to the conversation; None: nobody is."""
        handoff = self.conversation(question_id).handoff
        return handoff.reason if handoff else None

    def waiting(self) -> list[Errand]:
        """What has to be done in the mailbox, by kind; each is seen once only."""
        boxes = MailboxStore(self.redis)
        token = boxes.lease(NAME, "test", 60)
        assert token is not None
        errands = self.errands.next(NAME, token, 50)
        for errand in errands:
            self.errands.done(NAME, token, errand.id)
        boxes.release(NAME, token)
        return sorted(errands, key=lambda errand: errand.kind)


def mail_of(errand: Errand) -> EmailMessage:
    """The mail that an errand holds."""
    assert errand.mail is not None
    return parsed(b64decode(errand.mail))


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """One form of a mail's text."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture
def counter(
    redis: Redis, queue_settings: QueueSettings, post_office: PostOffice, tmp_path: Path
) -> MailCounter:
    settings = WorkerSettings(redis_url=queue_settings.redis_url, delivery_lease_seconds=5)
    return MailCounter(redis, settings, post_office, tmp_path / "channels")

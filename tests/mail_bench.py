"""The intake of mails on a real server: mails as patients and robots write them."""

import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from redis import Redis

from tests.sample_channel import email_channel
from workers.answering.templates import Templates
from workers.answering.triage.triage import load_triage
from workers.channels.asking import Asking
from workers.channels.email.receiving.inbox import MailInbox, OurStores
from workers.channels.email.receiving.patients_mail import MailStores
from workers.channels.intake import Intake
from workers.contracts import channel_files, keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Conversation, Entry
from workers.contracts.conversations import ConversationStore
from workers.contracts.echoes import EchoStore
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound, Post, mail_text
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.question import Question
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore
from workers.contracts.settings import QueueSettings

ANA = "Ana Souza <ana@paciente.example>"


@dataclass
class MailBench:
    """Everything around one empty server; mails are written, posted, read and asked step by step.

    Attributes:
        channel: `correio`, whose address is `recepcao@clinica.example`.
        other: a second mailbox of the same clinic, `exames@clinica.example`.
    """

    redis: Redis
    settings: QueueSettings
    folder: Path
    asked: list[tuple[str, bool]] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        self.channel = email_channel(
            forms=("formulario@site.example",), authserv_id="mx.clinica.example"
        )
        self.other = email_channel(name="exames", address="exames@clinica.example")
        for channel in (self.channel, self.other):
            channel_files.save(channel, self.folder)
        self.book = ChannelBook(self.folder, {})
        self.inbound = Inbound(self.redis, self.settings)
        self.inbound.open()
        self.conversations = ConversationStore(self.redis, self.settings)
        self.questions = QuestionStore(self.redis, self.settings)
        self.sends = SendStore(self.redis, self.settings)
        self.errands = ErrandStore(self.redis)
        self.bounds = MailBounds(self.redis)
        self.inbox = MailInbox(
            self.book,
            MailStores(self.conversations, self.errands, self.bounds),
            OurStores(EchoStore(self.redis, self.settings), self.questions, self.sends),
            load_triage(),
        )
        asking = Asking(
            self.conversations,
            self.book,
            load_triage(),
            Templates.load(),
            lambda question, ended: self.asked.append((question, ended)),
        )
        self.intake = Intake("w1", self.inbound, {"email": self.inbox.take}, asking)

    # -- what is written --------------------------------------------------------------------------

    def mail(self, text: str, **headers: str) -> EmailMessage:
        """A mail of Ana's to the clinic, but for its headers, as `in_reply_to`."""
        self.written += 1
        fields = {
            "from": ANA,
            "to": self.channel.address,
            "subject": "Dúvida",
            "message_id": f"<{self.written}@paciente.example>",
        } | headers
        message = EmailMessage()
        for name, value in fields.items():
            if value:
                message[name.replace("_", "-").title()] = value
        message.set_content(text)
        return message

    def post(self, mail: EmailMessage | bytes, **fields: Any) -> None:  # noqa: ANN401 - of an entry
        """Store a mail as it is fetched from a folder; `fields` change the post's."""
        raw = mail if isinstance(mail, bytes) else bytes(mail)
        self.written += 1
        entry: dict[Any, Any] = {
            "kind": "email",
            "app": self.channel.name,
            "raw": mail_text(raw),
            "at": time.time(),
            "folder": "INBOX",
            "uid": self.written,
            "validity": 7,
            "received_at": time.time(),
        }
        self.redis.xadd(keys.INBOUND, entry | fields)

    def write(self, text: str, **headers: str) -> EmailMessage:
        """Ana writes, and it is read and asked."""
        mail = self.mail(text, **headers)
        self.post(mail)
        self.turn()
        return mail

    # -- what happens -----------------------------------------------------------------------------

    def turn(self) -> None:
        """Read what came, and ask what is due."""
        self.intake.turn(wait_ms=0)
        self.intake.turn(wait_ms=0)

    def read_twice(self, mail: EmailMessage) -> None:
        """A mail is read by two workers, of which the first ended before it was done."""
        self.post(mail)
        posts = self.inbound.take("w0", 10, 0)
        for post in posts:
            self.inbox.take(post)
            self.inbox.take(Post(**{name: getattr(post, name) for name in _FIELDS} | {"reads": 2}))

    # -- what is there ----------------------------------------------------------------------------

    def asked_questions(self) -> list[Question]:
        """All of them, in the order of asking."""
        questions = [self.questions.get(question) for question, _ in self.asked]
        assert all(questions)
        return cast("list[Question]", questions)

    def question(self) -> Question:
        """The only one."""
        (only,) = self.asked_questions()
        return only

    def all_conversations(self) -> list[Conversation]:
        """Every conversation that there is."""
        page = self.conversations.page("clinica", needs_human=False, limit=100)
        return list(page.conversations)

    def conversation(self) -> Conversation:
        """The only one."""
        (only,) = self.all_conversations()
        return only

    def reason(self) -> str | None:
        """Why a person is called to the only conversation."""
        handoff = self.conversation().handoff
        return handoff.reason if handoff else None

    def entries(self) -> list[Entry]:
        """The only conversation's transcript."""
        return self.conversations.transcript(self.conversation().id)

    def lines(self) -> list[tuple[str, str]]:
        """The same, who said what."""
        return [(entry.by, entry.text) for entry in self.entries()]

    def count(self, kind: str) -> int:
        """How many mails of a kind were counted."""
        return int(cast("str", self.redis.hget(keys.COUNTERS, f"channel_events:{kind}")) or 0)


_FIELDS = tuple(Post.__dataclass_fields__)

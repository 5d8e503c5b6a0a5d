"""The intake on a real server: posts as Meta sends them, time that passes when a test says so."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis import Redis

from tests.sample_channel import channel
from workers.answering.templates import Templates
from workers.answering.triage.triage import load_triage
from workers.channels.asking import Asking
from workers.channels.intake import Intake
from workers.channels.whatsapp.inbox import Stores, WhatsAppInbox
from workers.channels.whatsapp.statuses import Statuses
from workers.contracts import channel_files, keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Conversation
from workers.contracts.conversations import ConversationStore
from workers.contracts.echoes import EchoStore
from workers.contracts.inbound import Inbound
from workers.contracts.question import Question
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore
from workers.contracts.settings import QueueSettings
from workers.contracts.whatsapp_channel import WhatsAppChannel

#: A patient, as Meta names him.
MARIA: Mapping[str, str] = {"from": "5541998765432", "from_user_id": "BR.1502576394655843"}


@dataclass
class IntakeBench:
    """Everything around one empty server; posts are made, stored, read and asked step by step."""

    redis: Redis
    settings: QueueSettings
    folder: Path
    asked: list[tuple[str, bool]] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        self.channel = channel()
        channel_files.save(self.channel, self.folder)
        self.book = ChannelBook(self.folder, {})
        self.inbound = Inbound(self.redis, self.settings)
        self.inbound.open()
        self.conversations = ConversationStore(self.redis, self.settings)
        self.questions = QuestionStore(self.redis, self.settings)
        self.sends = SendStore(self.redis, self.settings)
        self.stores = Stores(
            conversations=self.conversations,
            echoes=EchoStore(self.redis, self.settings),
            questions=self.questions,
            sends=self.sends,
            statuses=Statuses(self.book, self.sends),
        )
        self.intake = self.worker("w1")

    def worker(self, name: str) -> Intake:
        """Another worker's intake."""
        inbox = WhatsAppInbox(self.book, self.stores, load_triage())
        asking = Asking(
            self.conversations,
            self.book,
            load_triage(),
            Templates.load(),
            lambda question, ended: self.asked.append((question, ended)),
        )
        return Intake(name, self.inbound, {"whatsapp": inbox.take}, asking)

    # -- what Meta sends --------------------------------------------------------------------------

    def text(self, body: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """A text message, sent now."""
        self.written += 1
        now = str(int(time.time()))
        own = {"id": f"wamid.{self.written}", "timestamp": now, "type": "text"}
        return {**MARIA, **own, "text": {"body": body}, **fields}

    def media(self, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        """A medium, sent now."""
        message = self.text("", **{"type": kind, kind: {"id": "1"}, **fields})
        del message["text"]
        return message

    def post(
        self,
        *messages: Mapping[str, Any],
        to: WhatsAppChannel | None = None,
        app: str | None = None,
        **lists: Sequence[Mapping[str, Any]],
    ) -> None:
        """Store a post with these messages, or with other lists of Meta's."""
        to = to or self.channel
        field_name = "smb_message_echoes" if "message_echoes" in lists else "messages"
        value = {"metadata": {"phone_number_id": to.phone_number_id}, **lists}
        if messages:
            value["messages"] = messages
        change = {"field": field_name, "value": value}
        self.raw(json.dumps({"entry": [{"changes": [change]}]}), app or to.app)

    def raw(self, body: str, app: str | None = None) -> None:
        """Store a post as it is."""
        self.inbound.add("whatsapp", app or self.channel.app, body.encode())

    # -- what happens -----------------------------------------------------------------------------

    def turn(self) -> None:
        """Read what came, and ask what is due."""
        self.intake.turn(wait_ms=0)

    def quiet(self) -> None:
        """Let every quiet window end, then the same."""
        self.turn()
        for conversation in cast("list[str]", self.redis.zrange(keys.BURSTS, 0, -1)):
            self.redis.zadd(keys.BURSTS, {conversation: 0})
        self.turn()

    def say(self, *bodies: str) -> list[Question]:
        """Write some bubbles and let them be asked; the questions of this."""
        before = len(self.asked)
        for body in bodies:
            self.post(self.text(body))
        self.quiet()
        return [self.question(question) for question, _ in self.asked[before:]]

    # -- what is there ----------------------------------------------------------------------------

    def question(self, question_id: str) -> Question:
        """A question's record."""
        question = self.questions.get(question_id)
        assert question is not None
        return question

    def asked_questions(self) -> list[Question]:
        """All of them, in the order of asking."""
        return [self.question(question) for question, _ in self.asked]

    def all_conversations(self) -> list[Conversation]:
        """Every conversation that there is."""
        page = self.conversations.page("clinica", needs_human=False, limit=100)
        return list(page.conversations)

    def conversation(self) -> Conversation:
        """The only one."""
        (only,) = self.all_conversations()
        return only

    def lines(self) -> list[tuple[str, str]]:
        """The only conversation's transcript."""
        entries = self.conversations.transcript(self.conversation().id)
        return [(entry.by, entry.text) for entry in entries]

    def count(self, kind: str) -> int:
        """How many events of a kind were counted."""
        return int(cast("str", self.redis.hget(keys.COUNTERS, f"channel_events:{kind}")) or 0)

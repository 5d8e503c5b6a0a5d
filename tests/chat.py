"""One patient's chat on a real server; time passes when a test says so."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from workers.contracts import keys
from workers.contracts.conversation import ChannelKey, Conversation, PatientMessage
from workers.contracts.conversations import (
    Admission,
    Admitted,
    Asked,
    AskVerdict,
    Burst,
    ConversationStore,
)
from workers.contracts.question import Outcome, Request, Status, Way
from workers.contracts.reply import WhatsAppAddress

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench, Drain

CHANNEL = ChannelKey(tenant="clinica-a", channel="recepcao", kind="whatsapp")
ANA = ("user:BR.1", "phone:+554199990000")
GREETING = Outcome(status=Status.ANSWERED, text="Olá!", reason="greeting")
EMERGENCY = Outcome(status=Status.NEEDS_HUMAN, text="Ligue 192.", reason="emergency")
BY_PERSON = Outcome(status=Status.ANSWERED, text="Pode vir às 9h.", way=Way.PERSON)


@dataclass
class Chat:
    """What a channel does with one patient's messages."""

    bench: "Bench"
    store: ConversationStore
    written: int = 0
    drains: list["Drain"] = field(default_factory=list)

    def write(  # noqa: PLR0913 - what a bubble may be
        self,
        text: str,
        *,
        wait: float = 0.0,
        message: str | None = None,
        sent_at: float | None = None,
        media: str | None = None,
        aliases: Sequence[str] = ANA,
        channel: str = CHANNEL.channel,
        tenant: str = CHANNEL.tenant,
    ) -> Admission:
        self.written += 1
        bubble = PatientMessage(
            id=message or f"wamid.{self.written}",
            text=text,
            sent_at=time.time() if sent_at is None else sent_at,
            kind="media" if media else "text",
            media=media,
        )
        names = [alias.partition(":") for alias in aliases]
        recipient = {"user_id" if kind == "user" else kind: name for kind, _, name in names}
        key = ChannelKey(tenant=tenant, channel=channel)
        return self.store.admit(key, aliases, recipient, "Ana", bubble, wait)

    def open(self, text: str = "Oi") -> str:
        """Write something; gives the conversation's id."""
        admission = self.write(text)
        assert admission.verdict is Admitted.NEW
        return admission.conversation

    def read(self, conversation: str) -> Conversation:
        found = self.store.get(conversation)
        assert found is not None
        return found

    def due_in(self, conversation: str) -> float | None:
        """Seconds until the burst is due."""
        due = self.bench.redis.zscore(keys.BURSTS, conversation)
        seconds, micros = self.bench.redis.time()
        return None if due is None else due / 1000 - seconds - micros / 1e6

    def pass_time(self) -> None:
        """Let every quiet window and lease end."""
        for conversation in cast("list[str]", self.bench.redis.zrange(keys.BURSTS, 0, -1)):
            self.bench.redis.zadd(keys.BURSTS, {conversation: 0})

    def take(self) -> Burst:
        (burst,) = self.store.take_due(10)
        return burst

    def request(self, burst: Burst) -> Request:
        texts = [burst.waiting] if burst.waiting else []
        texts += [message.text for message in burst.messages]
        return self.request_of(burst.conversation.id, "\n".join(texts))

    @staticmethod
    def request_of(conversation: str, text: str) -> Request:
        return Request(
            tenant=CHANNEL.tenant,
            question=text,
            asked_at=time.time(),
            conversation_id=conversation,
            reply_to=WhatsAppAddress(channel=CHANNEL.channel, conversation=conversation),
        )

    def try_to_ask(self, burst: Burst, outcome: Outcome | None = None) -> Asked:
        return self.store.ask(burst, self.request(burst), outcome)

    def ask(self, outcome: Outcome | None = None) -> str:
        """Take what is due and ask it; gives the question's id."""
        asked = self.try_to_ask(self.take(), outcome)
        assert asked.verdict is AskVerdict.ASKED
        return asked.id

    @property
    def drain(self) -> "Drain":
        if not self.drains:
            self.drains.append(self.bench.drain())
        return self.drains[0]

    def text(self, question: str) -> str:
        return self.bench.read(question).request.question

    def lines(self, conversation: str) -> list[tuple[str, str]]:
        return [(entry.by, entry.text) for entry in self.store.transcript(conversation)]

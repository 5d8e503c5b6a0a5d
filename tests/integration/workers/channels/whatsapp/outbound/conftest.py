"""A clinic's counter: it answers patients through a strict Graph API, on a real queue."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.stand_ins import NoEmail
from workers.channels.whatsapp.events import Person, StatusEvent
from workers.channels.whatsapp.graph import GraphClient, GraphTimes
from workers.channels.whatsapp.limits import Limits, Pace
from workers.channels.whatsapp.sender import Desk, WhatsAppSender
from workers.channels.whatsapp.statuses import Statuses
from workers.channels.whatsapp.webhook import events_of
from workers.contracts import keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import ChannelKey, Conversation, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.outbox import Outbox
from workers.contracts.question import Outcome, Question, Request, Status, Way
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.send import Send
from workers.contracts.sends import SendStore
from workers.contracts.settings import QueueSettings
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

NAME = "recepcao"
ANSWER = Outcome(status=Status.ANSWERED, text="O jejum é de 8 horas.")
BY_PERSON = Outcome(status=Status.ANSWERED, text="Pode vir às 9h.", way=Way.PERSON)


@dataclass
class Counter:
    """All that an answer passes on its way to a patient's phone.

    Attributes:
        later: how far the sender's clock is ahead of the machine's.
    """

    redis: Redis
    settings: WorkerSettings
    graph: StrictGraph
    folder: Path
    times: GraphTimes = field(default_factory=lambda: GraphTimes(1.0, silence=0.4, whole=1.0))
    pace: Pace = field(default_factory=Pace)
    later: timedelta = timedelta()
    _clients: list[GraphClient] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.questions = QuestionStore(self.redis, self.settings)
        self.conversations = ConversationStore(self.redis, self.settings)
        self.outbox = Outbox(self.redis, self.settings)
        self.dead = DeadDeliveries(self.redis, self.settings)
        self.sends = SendStore(self.redis, self.settings)
        self.folder.mkdir(exist_ok=True)
        self.configure()
        self._taken = 0  # posts of Meta's

    def configure(self, **fields: object) -> None:
        """Write the channel's file anew; it is read at once."""
        content: dict[str, Any] = self.graph.channel(NAME) | fields
        path = self.folder / f"{NAME}.json"
        path.write_text(json.dumps(content), "utf-8")
        path.chmod(0o600)
        self.book = ChannelBook(self.folder, {})

    # -- what patients do -------------------------------------------------------------------------

    def hear(self, phone: Phone, text: str = "Qual o jejum?") -> str:
        """A patient writes; gives the conversation's id."""
        message_id = phone.writes(text)
        patient = phone.patient
        person = Person(patient.user_id, patient.wa_id, patient.name)
        admission = self.conversations.admit(
            ChannelKey("clinica", NAME),
            person.aliases,
            person.recipient,
            patient.name,
            PatientMessage(id=message_id, text=text, sent_at=time.time()),
            0,
        )
        return admission.conversation

    def answer(self, phone: Phone, outcome: Outcome | None = ANSWER, *, quoted: bool = True) -> str:
        """The patient asks, and an outcome waits to be sent, if any; gives the question's id."""
        conversation_id = self.hear(phone)
        burst = next(
            burst
            for burst in self.conversations.take_due(10)
            if burst.conversation.id == conversation_id
        )
        message = burst.messages[-1].id if quoted else None
        address = WhatsAppAddress(channel=NAME, conversation=conversation_id, message=message)
        asked = self.conversations.ask(burst, self._request(conversation_id, address), outcome)
        return asked.id

    def say(self, conversation_id: str, outcome: Outcome = BY_PERSON) -> str:
        """A person writes; gives the question's id."""
        address = WhatsAppAddress(channel=NAME, conversation=conversation_id)
        request = self._request(conversation_id, address)
        return self.conversations.say(conversation_id, request, outcome)

    @staticmethod
    def _request(conversation_id: str, address: WhatsAppAddress) -> Request:
        return Request(
            tenant="clinica",
            question="Qual o jejum?",
            asked_at=time.time(),
            conversation_id=conversation_id,
            reply_to=address,
        )

    # -- what the workers do ----------------------------------------------------------------------

    def desk(self) -> Desk:
        client = GraphClient(self.times)
        self._clients.append(client)
        return Desk(
            self.book,
            self.conversations,
            self.sends,
            Limits(self.redis, self.pace),
            client,
            lambda outcome, *_: outcome.text,
        )

    def deliver(self, question_id: str) -> None:
        """What the Celery task does, in a worker of its own."""
        sender = WhatsAppSender(self.desk(), lambda: datetime.now(UTC) + self.later)
        client = CallbackClient(allow_private=True, timeout=1.0, per_host=1)
        senders = Senders(webhook=WebhookSender(client, "secret"), whatsapp=sender, email=NoEmail())
        deliver(question_id, self.questions, self.outbox, senders, self.settings)

    def run(self) -> int:
        """Deliver what is due; gives how many were."""
        return dispatch(self.outbox, self.settings, self.deliver)

    def run_all(self) -> None:
        """Deliver all that is pending, however late it is due, once."""
        self.hurry()
        self.run()

    def age(self, question_id: str, minutes: float) -> None:
        """Let the server's clock move on for a message whose request has begun."""
        self.redis.hincrby(keys.send(question_id), "since", -int(minutes * 60_000))

    def hurry(self) -> None:
        """Let the time until every next attempt pass."""
        for question_id in self.redis.zrange(keys.OUTBOX, 0, -1):
            self.redis.zadd(keys.OUTBOX, {str(question_id): 0})

    def take_statuses(self, *, again: bool = False) -> list[StatusEvent]:
        """Take in the statuses that Meta has posted since the last time, or all; gives them."""
        posts = self.graph.courier.posts[0 if again else self._taken :]
        self._taken = len(self.graph.courier.posts)
        events = [
            event
            for post in posts
            for event in events_of(post.body.decode())
            if isinstance(event, StatusEvent)
        ]
        statuses = Statuses(self.book, self.sends)
        for event in events:
            statuses.take(event)
        return events

    # -- what is there ----------------------------------------------------------------------------

    def read(self, question_id: str) -> Question:
        question = self.questions.get(question_id)
        assert question is not None
        return question

    def send(self, question_id: str) -> Send:
        return self.sends.get(question_id)

    def attempts(self, *ids: str) -> int:
        """Requests that were begun for these questions."""
        return sum(self.send(one).attempt for one in ids)

    def conversation(self, question_id: str) -> Conversation:
        conversation_id = self.read(question_id).request.conversation_id
        conversation = self.conversations.get(conversation_id or "")
        assert conversation is not None
        return conversation

    def reason(self, question_id: str) -> str | None:
        """Why a person is called to the conversation; None: nobody is."""
        handoff = self.conversation(question_id).handoff
        return handoff.reason if handoff else None

    def counted(self, name: str) -> int:
        return int(self.redis.hget(keys.COUNTERS, name) or 0)

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture
def counter(
    redis: Redis, queue_settings: QueueSettings, graph: StrictGraph, tmp_path: Path
) -> Iterator[Counter]:
    settings = WorkerSettings(redis_url=queue_settings.redis_url, delivery_lease_seconds=5)
    counter = Counter(redis, settings, graph, tmp_path / "channels")
    yield counter
    counter.close()


@pytest.fixture
def ana(graph: StrictGraph) -> Phone:
    """A patient whose number and user id are both known."""
    return graph.patient("Ana", "+5541999990000")

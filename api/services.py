"""What the routes work with: one set of stores per app, over one pool of connections."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, cast

from flask import current_app

from api.settings import ApiSettings
from workers.contracts.api_keys import ApiKeys
from workers.contracts.backfills import BackfillStore
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.conversations import ConversationStore
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.documents import DocumentStore
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound
from workers.contracts.jobs import JobStore
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.outbox import Outbox
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore

if TYPE_CHECKING:
    from redis import Redis

EXTENSION = "atende"
#: Longest wait for a connection to Redis. A request that fails early can be repeated.
_CONNECTION_SECONDS = 5.0
#: Uploads read at the same time: times `ATENDE_MAX_UPLOAD_MB`, this bounds the memory.
_UPLOADS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Services:
    """The stores of one app.

    Attributes:
        long_polls: those that may wait now; the threads beyond them serve everyone else.
        uploads: the uploads that may be read now; each is held in memory on its way to Redis.
        stopping: set once the process was asked to stop: long polls then end early.
    """

    settings: ApiSettings
    redis: "Redis"
    questions: QuestionStore
    keys: ApiKeys
    outbox: Outbox
    dead: DeadDeliveries
    documents: DocumentStore
    jobs: JobStore
    backfills: BackfillStore
    channels: ChannelBook
    conversations: ConversationStore
    inbound: Inbound
    sends: SendStore
    mailboxes: MailboxStore
    errands: ErrandStore
    long_polls: threading.BoundedSemaphore
    uploads: threading.BoundedSemaphore
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def open(cls, settings: ApiSettings) -> Self:
        """Open the stores; they connect when first used."""
        # A long poll holds one connection to listen, and every thread one for its command.
        connections = settings.threads + settings.most_long_polls
        redis = connect(settings, connections=connections, timeout=_CONNECTION_SECONDS)
        return cls(
            settings=settings,
            redis=redis,
            questions=QuestionStore(redis, settings),
            keys=ApiKeys(redis),
            outbox=Outbox(redis, settings),
            dead=DeadDeliveries(redis, settings),
            documents=DocumentStore(redis, settings),
            jobs=JobStore(redis),
            backfills=BackfillStore(redis, settings),
            channels=ChannelBook.open(settings),
            conversations=ConversationStore(redis, settings),
            inbound=Inbound(redis, settings),
            sends=SendStore(redis, settings),
            mailboxes=MailboxStore(redis),
            errands=ErrandStore(redis),
            long_polls=threading.BoundedSemaphore(settings.most_long_polls),
            uploads=threading.BoundedSemaphore(_UPLOADS_AT_ONCE),
        )


def current_services() -> Services:
    """The stores of the app that serves this request."""
    return cast("Services", current_app.extensions[EXTENSION])

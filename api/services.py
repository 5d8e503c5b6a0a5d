"""What the routes work with: one set of stores per app, over one pool of connections."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, cast

from flask import current_app

from api.settings import ApiSettings
from workers.contracts.access import AccessKeys
from workers.contracts.connection import connect
from workers.contracts.outbox import Outbox
from workers.contracts.store import QuestionStore

if TYPE_CHECKING:
    from redis import Redis

EXTENSION = "atende"
#: Seconds to wait for Redis to take a connection. A request that fails early can be repeated.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Services:
    """The stores of one app.

    Attributes:
        seats: the long polls that may wait now; the threads beyond them serve everyone else.
        stopping: set once the process was asked to stop: long polls then end early.
    """

    settings: ApiSettings
    redis: "Redis"
    questions: QuestionStore
    keys: AccessKeys
    outbox: Outbox
    seats: threading.BoundedSemaphore
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def open(cls, settings: ApiSettings) -> Self:
        """Make the stores; they connect when first used."""
        # A long poll holds one connection to listen, and every thread one for its command.
        connections = settings.threads + settings.most_waiting
        redis = connect(settings, connections=connections, timeout=_PATIENCE)
        return cls(
            settings=settings,
            redis=redis,
            questions=QuestionStore(redis, settings),
            keys=AccessKeys(redis),
            outbox=Outbox(redis, settings),
            seats=threading.BoundedSemaphore(settings.most_waiting),
        )


def services() -> Services:
    """The stores of the app that serves this request."""
    return cast("Services", current_app.extensions[EXTENSION])

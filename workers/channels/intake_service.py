"""Builds the intake from its parts and runs it in a thread of its own, beside Celery."""

import os
import socket
import uuid
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING

from workers.answering.errors import TemplateError
from workers.answering.templates import Templates
from workers.answering.triage.triage import load_triage
from workers.channels.asking import Asking
from workers.channels.email.receiving.inbox import MailInbox, OurStores
from workers.channels.email.receiving.patients_mail import MailStores
from workers.channels.intake import Intake, TakePost
from workers.channels.whatsapp.inbox import Stores, WhatsAppInbox
from workers.channels.whatsapp.statuses import Statuses
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.conversations import ConversationStore
from workers.contracts.echoes import EchoStore
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
#: The intake works alone: one connection, and one to spare.
_CONNECTIONS = 2


class IntakeService:
    """An intake in a thread.

    Where it cannot start, the process leaves with status 70 (EX_SOFTWARE): whoever started it sees
    that nothing is read.

    Args:
        settings: the worker's.
        on_asked: called with each question's id and whether it has ended already; may block
            shortly, and may fail.
        leave: ends the process with an exit status, where the intake cannot start.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        on_asked: Callable[[str, bool], None] = lambda _id, _ended: None,
        leave: Callable[[int], None] = os._exit,
    ) -> None:
        self._settings = settings
        self._on_asked = on_asked
        self._leave = leave
        self._stopping = Flag()
        self._worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._thread = Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Start the thread; Celery goes on meanwhile."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand; returns after that."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._main()
        except TemplateError as error:
            _log.error("intake_not_started", error=str(error))
            self._leave(os.EX_SOFTWARE)
        except Exception:  # noqa: BLE001 - a thread that dies silently reads nothing
            _log.exception("intake_not_started")
            self._leave(os.EX_SOFTWARE)

    def _main(self) -> None:
        templates = Templates.load(self._settings.prompt_dir)
        redis = connect(self._settings, connections=_CONNECTIONS)
        try:
            channels = ChannelBook.open(self._settings)
            conversations = ConversationStore(redis, self._settings)
            readers = _readers(redis, self._settings, channels, conversations)
            asking = Asking(conversations, channels, load_triage(), templates, self._tell)
            inbound = Inbound(redis, self._settings)
            intake = Intake(self._worker, inbound, readers, asking)
            _log.info("intake_started", worker=self._worker, channels=len(channels.all()))
            intake.run(self._stopping)
        finally:
            redis.close()

    def _tell(self, question_id: str, ended: bool) -> None:  # noqa: FBT001 - as `Asking` calls it
        try:
            self._on_asked(question_id, ended)
        except Exception as error:  # noqa: BLE001 - a mere hint: the periodic dispatch finds it
            _log.warning("hint_missed", error=type(error).__name__)


def _readers(
    redis: "Redis",
    settings: WorkerSettings,
    channels: ChannelBook,
    conversations: ConversationStore,
) -> dict[str, TakePost]:
    """What reads the posts, by the kind of their channel."""
    sends, echoes = SendStore(redis, settings), EchoStore(redis, settings)
    questions, triage = QuestionStore(redis, settings), load_triage()
    stores = Stores(
        conversations=conversations,
        echoes=echoes,
        questions=questions,
        sends=sends,
        statuses=Statuses(channels, sends),
    )
    mail_stores = MailStores(conversations, ErrandStore(redis), MailBounds(redis))
    return {
        "whatsapp": WhatsAppInbox(channels, stores, triage).take,
        "email": MailInbox(channels, mail_stores, OurStores(echoes, questions, sends), triage).take,
    }

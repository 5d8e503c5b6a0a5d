"""Builds what backfills need of a worker and runs it in threads of its own, beside Celery."""

import os
import socket
import uuid
from threading import Event as Flag
from threading import Thread
from typing import Final

from workers.channels.backfill.collecting import Collecting
from workers.channels.backfill.feeding import Feeding
from workers.channels.backfill.file_reader import ReadingLimits
from workers.channels.backfill.file_reading import FileReading, remove_left_folders
from workers.channels.backfill.rounds import Rounds
from workers.channels.backfill.summaries import Summaries
from workers.channels.backfill.summary_mail import SummaryMail
from workers.channels.email.sending.smtp import SmtpClient
from workers.contracts import logs
from workers.contracts.backfills import BackfillStore
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.pauses import Pauses
from workers.delivery.egress import CallbackClient
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: The rounds, the summaries and a file that is read, and one to spare.
_CONNECTIONS: Final = 4
#: Seconds between two looks for summaries that are due.
_NEXT_SUMMARY_SECONDS: Final = 1.0
#: Seconds that each thread has to come to an end.
_END_SECONDS: Final = 5.0


class BackfillService:
    """Feeds, collects, reads files and sums up until it is stopped. Any number of these may run.

    Args:
        settings: the worker's.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._stopping = Flag()
        self._threads = [
            Thread(target=self._go_round, name="backfills", daemon=True),
            Thread(target=self._sum_up, name="backfill-summaries", daemon=True),
        ]
        self._redis = connect(settings, connections=_CONNECTIONS)
        self._store = BackfillStore(self._redis, settings)
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        limits = ReadingLimits(settings.parse_memory_mb, settings.parse_seconds)
        self._files = FileReading(self._store, name, limits, self._stopping.is_set)
        self._client = CallbackClient(
            allow_private=settings.callback_allow_private,
            timeout=settings.callback_timeout_seconds,
            per_host=settings.callback_per_host,
        )
        self._summaries = Summaries(
            self._store,
            WebhookSender(self._client, settings.secret.get_secret_value()),
            SummaryMail(ChannelBook.open(settings), SmtpClient()),
        )

    def start(self) -> None:
        """Start the threads; Celery goes on meanwhile."""
        for thread in self._threads:
            thread.start()
        _log.info("backfills_started", ahead=self._settings.backfill_ahead)

    def stop(self) -> None:
        """Finish the round and the part of a file in hand; returns after that, within seconds.

        Rows in the lane stay there: the drains answer them, and another worker collects. A summary
        whose receiver is slow is cut off and sent by another, a mail that was begun excepted.
        """
        self._stopping.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._files.join(_END_SECONDS)
        self._client.close()
        self._redis.close()

    def _go_round(self) -> None:
        remove_left_folders()
        rounds = Rounds(
            store=self._store,
            pauses=Pauses(self._redis),
            collecting=Collecting(self._redis, self._store),
            feeding=Feeding(self._store, self._settings.backfill_ahead),
            files=self._files,
            summaries=self._summaries,
        )
        rounds.run(self._stopping)

    def _sum_up(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._summaries.send_one():
                    continue
            except Exception as error:  # noqa: BLE001 - its lease ends, and it is tried again
                _log.error("backfill_summary_failed", error=type(error).__name__)
            self._stopping.wait(_NEXT_SUMMARY_SECONDS)

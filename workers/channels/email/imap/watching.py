"""Every mailbox of the installation is followed, each in a thread of its own, beside Celery."""

import os
import socket
import time
import uuid
from threading import Event as Flag
from threading import Thread
from typing import Final

from workers.channels.email.imap.watch import Watch, WatchStores, Worker
from workers.channels.email.oauth import Tokens
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound
from workers.contracts.mailboxes import MailboxStore
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
#: Seconds between two looks for mailboxes that are not followed yet.
_LOOK_SECONDS: Final = 1.0
#: Seconds that a mailbox has to come to an end: by itself, and once its connection was broken.
_END_SECONDS: Final = 3.0


class MailboxService:
    """Starts a watch for each mailbox that the channels' files name, and stops them all.

    Watches share nothing but Redis and the tokens: a mailbox that is dead holds up no other.

    Args:
        settings: the worker's.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._stopping = Flag()
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._worker = Worker(name, self._stopping)
        self._watches: dict[str, tuple[Watch, Thread]] = {}
        self._thread = Thread(target=self._run, name="mailboxes", daemon=True)

    def start(self) -> None:
        """Start the thread; Celery goes on meanwhile."""
        self._thread.start()

    def stop(self) -> None:
        """End every watch, after the mail in hand; returns within seconds.

        One that waits for a server is cut off: what it had not finished is done again later.
        """
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        redis = connect(self._settings)
        book = ChannelBook.open(self._settings)
        stores = WatchStores(
            mailboxes=MailboxStore(redis),
            errands=ErrandStore(redis),
            inbound=Inbound(redis, self._settings),
        )
        tokens = Tokens()
        while True:
            try:
                for channel in book.email():
                    if channel.imap_host is not None:
                        self._follow(channel, book, stores, tokens)
            except Exception:  # noqa: BLE001 - a thread that dies silently follows nothing
                _log.exception("mailboxes_failed")
            if self._stopping.wait(_LOOK_SECONDS):
                break
        self._end()
        redis.close()

    def _end(self) -> None:
        self._join()
        for watch, _ in self._watches.values():
            watch.cut()
        self._join()

    def _join(self) -> None:
        until = time.monotonic() + _END_SECONDS
        for _, thread in self._watches.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _follow(
        self, channel: EmailChannel, book: ChannelBook, stores: WatchStores, tokens: Tokens
    ) -> None:
        name = channel.name
        if name in self._watches and self._watches[name][1].is_alive():
            return
        watch = Watch(name, book, stores, tokens, self._worker)
        thread = Thread(target=watch.run, name=f"mailbox-{name}", daemon=True)
        self._watches[name] = watch, thread
        thread.start()
        _log.info("mailbox_followed", channel=name, worker=self._worker.name)

"""One mailbox is followed: held, connected to, looked into, waited for; and again after a fault."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event as Flag
from typing import Final

from workers.channels.email.imap.backoff import PASSING, REFUSED
from workers.channels.email.imap.errand_work import ErrandWork
from workers.channels.email.imap.hold import LEASE_SECONDS, Hold, LeaseLostError
from workers.channels.email.imap.look import Look, Place
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.imap.mailbox_errors import CredentialsError, MailboxError, NoFolderError
from workers.channels.email.oauth import Tokens
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import may_pass
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound
from workers.contracts.mailboxes import MailboxStore

_log = logs.logger(__name__)
#: Seconds after which folders are looked into, whatever the server tells or does not: IDLE is
#: renewed then, far below the 29 minutes of RFC 2177, and a half-open connection is found.
LOOK_SECONDS: Final = 60.0
#: Seconds before the connection is made anew at which a folder was missing for the first time.
_MISSING_SECONDS: Final = 2.0
#: Seconds before a mailbox that another worker holds is asked for again.
_HELD_SECONDS: Final = 5.0
#: Seconds between two looks at what may end a pause.
_SLICE_SECONDS: Final = 0.5
#: Mails that may wait to be read before no further one is fetched.
MOST_WAITING: Final = 200
#: The same of one mailbox: a flood in one keeps the others' mails waiting no longer than these.
MOST_OF_MAILBOX: Final = 50
#: Seconds before Redis is asked again that was away.
_AWAY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class WatchStores:
    """Where a mailbox's state, posts and errands are kept."""

    mailboxes: MailboxStore
    errands: ErrandStore
    inbound: Inbound


@dataclass(frozen=True, slots=True)
class Worker:
    """Who watches: a name that is new with every process, and what ends it."""

    name: str
    stopping: Flag


class Watch:
    """Follows one channel's mailbox, in a thread of its own, as long as its file says so.

    Args:
        name: the channel's.
        book: the channels as their files say now.
        stores: where things are kept.
        tokens: access tokens.
        worker: who watches.
    """

    def __init__(
        self, name: str, book: ChannelBook, stores: WatchStores, tokens: Tokens, worker: Worker
    ) -> None:
        self._name = name
        self._book = book
        self._stores = stores
        self._tokens = tokens
        self._worker = worker
        self._look = Look(name, stores.mailboxes, self._may_post)
        self._mailbox: Mailbox | None = None
        self._faults = 0
        self._is_incomplete = False

    def run(self) -> None:
        """Go on until the worker stops, or the channel is a mailbox no more."""
        while not self._worker.stopping.is_set():
            channel = self._channel()
            if channel is None:
                _log.info("mailbox_left", channel=self._name)
                return
            pause = self._turn(channel)
            self._pause(pause, channel)

    def cut(self) -> None:
        """Break the connection, from another thread: nothing more is waited for."""
        mailbox = self._mailbox
        if mailbox is not None:
            mailbox.cut()

    def _channel(self) -> EmailChannel | None:
        channel = self._book.named(self._name)
        is_mailbox = isinstance(channel, EmailChannel) and channel.imap_host is not None
        return channel if isinstance(channel, EmailChannel) and is_mailbox else None

    def _turn(self, channel: EmailChannel) -> float:
        """Follow it until something ends that; seconds before it is tried again."""
        try:
            return self._held(channel)
        except MailboxError as error:
            return self._fault(error)
        except LeaseLostError:
            _log.warning("mailbox_taken", channel=self._name)
            return _HELD_SECONDS
        except Exception as error:  # noqa: BLE001 - a thread that dies silently reads nothing
            if may_pass(error):
                _log.error("redis_away", channel=self._name, error=type(error).__name__)
                return _AWAY_SECONDS
            _log.exception("mailbox_failed", channel=self._name)
            return self._fault(MailboxError("Reading the mailbox failed; the log says where."))

    def _held(self, channel: EmailChannel) -> float:
        mailboxes = self._stores.mailboxes
        token = mailboxes.lease(self._name, self._worker.name, LEASE_SECONDS)
        if token is None:
            return _HELD_SECONDS
        mailboxes.assign(self._name, channel.user.lower())
        try:
            with self._connected(channel) as mailbox:
                self._follow(channel, mailbox, Hold(mailboxes, self._name, token))
        finally:
            with suppress(Exception):  # where Redis is away, the lease ends by itself
                mailboxes.release(self._name, token)
        return 0.0

    @contextmanager
    def _connected(self, channel: EmailChannel) -> Iterator[Mailbox]:
        self._mailbox = mailbox = Mailbox.connect(channel, self._tokens)
        _log.info("mailbox_opened", channel=self._name)
        try:
            yield mailbox
        finally:
            self._mailbox = None
            mailbox.close()

    def _follow(self, channel: EmailChannel, mailbox: Mailbox, hold: Hold) -> None:
        work = ErrandWork(channel, self._stores.errands, mailbox)
        places = _places(channel, work.sent_folder())
        while self._goes_on(channel, mailbox):
            is_all, missing = self._look_into(places, mailbox, hold)
            if work.turn(hold) or not is_all:
                continue
            seconds = _MISSING_SECONDS if missing and not self._is_incomplete else LOOK_SECONDS
            self._is_incomplete = missing
            mailbox.wait(seconds, lambda: self._waits_on(channel, mailbox, hold))
            self._faults = 0  # only now: a server may drop everybody right after the log-in
            if missing:  # a server whose index was damaged opens it again to a new connection alone
                return

    def _look_into(self, places: list[Place], mailbox: Mailbox, hold: Hold) -> tuple[bool, bool]:
        """Look into every folder, the first one last: it stays open, and is waited at.

        Returns:
            Whether all that is new was posted, and whether a folder is missing: it holds up no
            other.
        """
        is_all, faults = True, []
        for place in reversed(places):
            try:
                is_all = self._look.into(place, mailbox, hold) and is_all
            except NoFolderError as error:
                faults.append(error)
        if len(faults) == len(places):
            raise faults[-1]
        if faults:
            self._note(faults[-1].words)
        elif self._stores.mailboxes.clear_fault(self._name):
            _log.info("mailbox_well_again", channel=self._name)
        return is_all, bool(faults)

    def _goes_on(self, channel: EmailChannel, mailbox: Mailbox) -> bool:
        """Whether the connection is still the right one: its file unchanged, its token good."""
        if self._worker.stopping.is_set() or self._channel() != channel:
            return False
        return mailbox.ends_at is None or time.time() < mailbox.ends_at

    def _waits_on(self, channel: EmailChannel, mailbox: Mailbox, hold: Hold) -> bool:
        hold.keep()
        return self._goes_on(channel, mailbox) and not self._stores.errands.due(self._name)

    def _may_post(self, hold: Hold) -> bool:
        """Wait while the intake has enough to read: what is not fetched lies safely."""
        inbound = self._stores.inbound
        while (
            inbound.waiting_of(self._name) >= MOST_OF_MAILBOX
            or inbound.waiting_mails() > MOST_WAITING
        ):
            hold.keep()
            if self._worker.stopping.wait(_SLICE_SECONDS):
                break
        return not self._worker.stopping.is_set()

    def _fault(self, error: MailboxError) -> float:
        if self._worker.stopping.is_set():  # its connection was cut
            return 0.0
        self._faults += 1
        backoff = REFUSED if isinstance(error, CredentialsError) else PASSING
        pause = backoff.pause(self._faults)
        self._note(error.words)
        return pause

    def _note(self, words: str) -> None:
        try:
            if self._stores.mailboxes.note_fault(self._name, words):
                _log.error("mailbox_fault", channel=self._name, fault=words)
        except Exception as error:
            if not may_pass(error):
                raise
            _log.error("redis_away", channel=self._name, error=type(error).__name__)

    def _pause(self, seconds: float, channel: EmailChannel) -> None:
        """Wait so long, or until the channel's file is changed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self._channel() == channel:
            if self._worker.stopping.wait(min(left, _SLICE_SECONDS)):
                return


def _places(channel: EmailChannel, sent: str | None) -> list[Place]:
    """The folders of a channel, and the one of what was sent, where it has one."""
    places = [Place(folder) for folder in channel.folders]
    return places if sent is None or sent in channel.folders else [*places, Place(sent, sent=True)]

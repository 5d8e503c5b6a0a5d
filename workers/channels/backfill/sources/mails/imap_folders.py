"""Folders at a mail server, read without a trace: no mail is marked as read, nothing is moved."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.uses import Use, use_of_folder
from workers.channels.backfill.sources.source import SourceError
from workers.channels.email.imap.fetched import Fetched
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.imap.mailbox_errors import (
    MailboxError,
    NoFolderError,
    RefusedError,
    UnreachableError,
)
from workers.channels.email.imap.special_folders import Special, special_folder

#: Mails that are fetched with one command: whole ones, of 256 KiB at most each, and their headers.
_MAILS: Final = 16
_HEADERS: Final = 200
#: Seconds between the tries to connect again.
_WAITS: Final = (1.0, 5.0, 20.0, 60.0)
#: Days before the day asked for in which a thread may have begun.
_THREAD_DAYS: Final = 90
#: Folders that are named where the one asked for is not there.
_NAMED: Final = 20

_Result = TypeVar("_Result")


class ImapFolders:
    """The mails of some folders of a mailbox, and of those that hold what the clinic sent.

    Args:
        connect: opens a connection.
        name: of its backfill.
        folders: as people write them: `INBOX`, `Não lidos`.
        since: only mails from this day on are rows; None: all.
        sleep: waits for seconds.
    """

    kind: Final = "imap"

    def __init__(
        self,
        connect: Callable[[], Mailbox],
        name: str,
        folders: Sequence[str],
        since: date | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._connect = connect
        self._folders = tuple(dict.fromkeys(folders))
        self._since = since
        self._sleep = sleep
        self._mailbox: Mailbox | None = None
        self._validities: dict[str, int] = {}

    def heads(self) -> Iterator[HeldMail]:
        """The headers of the folders' mails, and of those that the clinic sent."""
        for folder in self._folders:
            yield from self._mails(folder, Use.ORDINARY, whole=False)
        for folder in self._asked(_sent_folders):
            if folder not in self._folders:
                yield from self._mails(folder, Use.SENT, whole=False)

    def mails(self) -> Iterator[HeldMail]:
        """The folders' mails, one folder after the other, as they came in."""
        for folder in self._folders:
            yield from self._mails(folder, Use.ORDINARY, whole=True)

    def fetch(self, ref: str) -> bytes | None:
        """A mail again; None: somebody has moved or deleted it."""
        uid, _, folder = ref.partition(" ")
        mails = self._fetched(folder, [int(uid)], whole=True)
        return mails[0].raw if mails else None

    def close(self) -> None:
        """Log out."""
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None

    def _mails(self, folder: str, use: Use, *, whole: bool) -> Iterator[HeldMail]:
        size = _MAILS if whole else _HEADERS
        uids = self._asked(lambda mailbox: self._uids(mailbox, folder))
        for start in range(0, len(uids), size):
            for mail in self._fetched(folder, uids[start : start + size], whole=whole):
                yield HeldMail(f"{mail.uid} {folder}", mail.raw, use, mail.received_at)

    def _fetched(self, folder: str, uids: Sequence[int], *, whole: bool) -> list[Fetched]:
        """Mails of a folder; where the server refuses them together, one by one."""

        def fetch(mailbox: Mailbox) -> list[Fetched] | None:
            self._open(mailbox, folder)
            try:
                return mailbox.fetch_batch(uids, whole=whole)
            except RefusedError:
                return None

        mails = self._asked(fetch)
        if mails is not None:
            return mails
        if len(uids) == 1:
            return [Fetched(uids[0], None, 0, None)]
        return [mail for uid in uids for mail in self._fetched(folder, [uid], whole=whole)]

    def _uids(self, mailbox: Mailbox, folder: str) -> list[int]:
        self._open(mailbox, folder)
        return mailbox.uids_after(0, self._first_moment())

    def _first_moment(self) -> float:
        if self._since is None:
            return 0.0
        first = self._since - timedelta(days=_THREAD_DAYS)
        return datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()

    def _open(self, mailbox: Mailbox, folder: str) -> None:
        """Open a folder to look alone, unless it is open.

        Raises:
            SourceError: its mails have other numbers than before.
        """
        if mailbox.folder == folder:
            return
        validity = mailbox.open(folder).validity
        if self._validities.setdefault(folder, validity) != validity:
            raise SourceError(
                f"The mail server numbered the mails of {folder} anew while they were read. Rows "
                "that were read before are kept: run the same command again."
            )

    def _asked(self, ask: Callable[[Mailbox], _Result]) -> _Result:
        """What the server says; where the connection breaks, it is asked again over a new one.

        Whoever never reached it is told at once.
        """
        waits = iter(_WAITS)
        while True:
            try:
                self._mailbox = self._mailbox or self._connect()
                return ask(self._mailbox)
            except NoFolderError as error:
                raise self._no_folder(error) from error
            except MailboxError as error:
                wait = next(waits, None) if self._validities else None
                if wait is None or not isinstance(error, UnreachableError):
                    raise _failed(error) from error
            self.close()
            self._sleep(wait)

    def _no_folder(self, error: NoFolderError) -> SourceError:
        names: list[str] = []
        with suppress(MailboxError):
            names = [each.name for each in self._mailbox.folders()] if self._mailbox else []
        known = f" It has {', '.join(names[:_NAMED])}." if names else ""
        return SourceError(f"{error.words}{known} Nothing was read.")


def _sent_folders(mailbox: Mailbox) -> list[str]:
    """The folders of what the clinic sent: the server's, and those that a program once made."""
    folders = [each for each in mailbox.folders() if "\\Noselect" not in each.flags]
    names = [each.name for each in folders if use_of_folder(each.name) is Use.SENT]
    return list(dict.fromkeys(filter(None, [special_folder(folders, Special.SENT), *names])))


def _failed(error: MailboxError) -> SourceError:
    return SourceError(
        f"{error.words} Rows that were read before are kept: correct it, and run the same command "
        "again."
    )

"""Errands are carried out in the mailbox: flags on mails, drafts, copies of what was sent.

An errand may be carried out twice, where a worker dies before it says that it is done: a flag that
is set is set again, and what is to be laid into a folder is searched there first.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Final

from workers.channels.email.imap.hold import Hold, LeaseLostError
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.imap.mailbox_errors import MailboxError, UnreachableError
from workers.channels.email.imap.special_folders import Special, special_folder
from workers.contracts import logs
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errands import Errand, ErrandStore

_log = logs.logger(__name__)
#: Errands that are carried out before mail is looked for again.
_MOST: Final = 20
#: What marks an answered mail as read, where the channel wants so.
_READ: Final = {True: ("\\Seen",), False: ()}


class _CannotDoError(Exception):
    """What keeps an errand from being done; the words name no patient."""


class ErrandWork:
    """Carries out a channel's errands on one connection.

    Args:
        channel: whose mailbox it is.
        store: where they wait.
        mailbox: the connection.
    """

    def __init__(self, channel: EmailChannel, store: ErrandStore, mailbox: Mailbox) -> None:
        self._channel = channel
        self._store = store
        self._mailbox = mailbox
        self._special: dict[Special, str | None] = {}
        self._do: Mapping[str, Callable[[Errand, Hold], None]] = {
            "flag": self._flag,
            "answered": self._answered,
            "draft": self._draft,
            "copy": self._copy,
        }

    def turn(self, hold: Hold) -> bool:
        """Carry out what waits, a batch at most; whether there was anything.

        Raises:
            UnreachableError: the connection broke. LeaseLostError. RedisError.
        """
        done = False
        errands = self._store.next(self._channel.name, hold.token, _MOST)
        while errands:
            try:
                hold.keep(now=True)  # what is done in a mailbox, no token fences
                self._carry_out(errands[0], hold)
            except (UnreachableError, LeaseLostError):
                # The first one counts as taken: one that breaks each connection is given up.
                for errand in errands[1:]:
                    self._store.spare(self._channel.name, hold.token, errand.id)
                raise
            del errands[0]
            done = True
        return done

    def _carry_out(self, errand: Errand, hold: Hold) -> None:
        name = self._channel.name
        try:
            self._do[errand.kind](errand, hold)
        except UnreachableError:
            raise
        except (MailboxError, _CannotDoError) as error:
            verdict = self._store.failed(name, hold.token, errand.id, str(error))
            _log.warning(
                "errand_failed", channel=name, kind=errand.kind, why=str(error), then=verdict.value
            )
        else:
            self._store.done(name, hold.token, errand.id)

    def _flag(self, errand: Errand, _hold: Hold) -> None:
        self._add_flags(errand, ("\\Flagged",))

    def _answered(self, errand: Errand, _hold: Hold) -> None:
        is_read = self._channel.mark_read and not errand.unread
        self._add_flags(errand, ("\\Answered", *_READ[is_read]))

    def _add_flags(self, errand: Errand, flags: tuple[str, ...]) -> None:
        """Where the mail was moved or deleted meanwhile, somebody has seen to it."""
        # One that came by HTTP lies in no folder that is known, if in any.
        folder = errand.folder or self._channel.folders[0]
        opened = self._mailbox.open(folder, to_change=True)
        by_id = self._mailbox.search(errand.message) if errand.message else []
        is_same = errand.validity == opened.validity and bool(errand.uid)
        uids = by_id
        if is_same and (errand.uid in by_id or not errand.message):
            uids = [errand.uid]
        if uids:
            self._mailbox.add_flags(uids, flags)

    def _draft(self, errand: Errand, hold: Hold) -> None:
        drafts = self._folder(Special.DRAFTS)
        if drafts is None:
            raise _CannotDoError(
                "The mailbox has no folder for drafts: create one that is called Drafts."
            )
        # A person may have sent it already: then it lies among what was sent.
        if not self._lies_in(drafts, errand) and not self._lies_in(self.sent_folder(), errand):
            self._lay(drafts, errand, ("\\Draft", "\\Seen"), hold)

    def _copy(self, errand: Errand, hold: Hold) -> None:
        sent = self.sent_folder()
        if sent is None:
            raise _CannotDoError(
                "The mailbox has no folder for what was sent: create one that is called Sent."
            )
        if not self._lies_in(sent, errand):
            self._lay(sent, errand, ("\\Seen",), hold)

    def _lay(self, folder: str, errand: Errand, flags: tuple[str, ...], hold: Hold) -> None:
        """Lay a mail into a folder, unless the mailbox was lost while that was searched.

        A worker that stands still within the append itself may lay it beside its successor's:
        nothing fences a mailbox. It is counted (`errands:late`).
        """
        content = _mail(errand)
        hold.keep(now=True)
        self._mailbox.append(folder, content, flags)

    def sent_folder(self) -> str | None:
        """Where copies of what was sent lie; None: nowhere."""
        return self._folder(Special.SENT)

    def _folder(self, use: Special) -> str | None:
        if self._special.get(use) is None:
            self._special[use] = special_folder(self._mailbox.folders(), use)
        return self._special[use]

    def _lies_in(self, folder: str | None, errand: Errand) -> bool:
        if folder is None:
            return False
        self._mailbox.open(folder)
        return bool(self._mailbox.search(errand.message))


def _mail(errand: Errand) -> bytes:
    try:
        return base64.b64decode(errand.mail or "", validate=True)
    except binascii.Error:
        raise _CannotDoError("The errand's mail cannot be read.") from None

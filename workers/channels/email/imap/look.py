r"""What is new in a folder is stored to be read, oldest first. State is kept by UID, never `\Seen`.

Each mail's post and the folder's last UID are one step, so that a kill between any two lines
neither loses a mail nor posts it twice. Where the server numbers a folder anew (UIDVALIDITY), what
it got since the last look is posted again: Message-IDs keep repeats apart.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workers.channels.email.imap.fetched import Fetched
from workers.channels.email.imap.hold import Hold, LeaseLostError
from workers.channels.email.imap.mailbox import Mailbox, Opened
from workers.channels.email.imap.mailbox_errors import MailboxError, RefusedError
from workers.contracts import logs
from workers.contracts.mailboxes import FolderState, MailboxStore

_log = logs.logger(__name__)
#: Mails that are posted before other folders and errands have their turn.
BATCH: Final = 50
#: Seconds by which the clocks of two machines may differ: what is in doubt is posted again.
_MARGIN_SECONDS: Final = 600.0
#: Times in a row that a server may fail to give a mail before that is posted empty, to be kept
#: aside: where it refuses, and where the connection breaks each time, which a bad line does too.
_REFUSALS: Final = 3
_BREAKS: Final = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A folder; `sent`: what lies in it was written by the clinic."""

    folder: str
    sent: bool = False


class Look:
    """Looks into a channel's folders. It outlives connections.

    Args:
        channel: its name.
        store: what is known of the folders, and the posts.
        may_post: waits until a post may be added; False where none is to be added any more.
        clock: Unix seconds.
    """

    def __init__(
        self,
        channel: str,
        store: MailboxStore,
        may_post: Callable[[Hold], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._channel = channel
        self._store = store
        self._may_post = may_post
        self._clock = clock
        self._failures: Counter[tuple[str, int, int]] = Counter()

    def into(self, place: Place, mailbox: Mailbox, hold: Hold) -> bool:
        """Post what is new in a folder, a batch at most; whether that was all.

        Raises:
            MailboxError, LeaseLostError; RedisError: what was posted until then stays so.
        """
        hold.keep()
        looked_at = self._clock()
        opened = mailbox.open(place.folder)
        state = self._state(place, opened, hold)
        uids = mailbox.uids_after(state.last_uid, state.since)
        for uid in uids[:BATCH]:
            if not self._may_post(hold):
                return False
            self._post(place, opened, uid, mailbox, hold)
        if len(uids) > BATCH:
            return False
        if state.since:  # what is too old needs no second look
            last_uid = max(opened.next_uid - 1, 0)
            self._moved(self._store.caught_up(*self._at(place, hold), opened.validity, last_uid))
        self._store.looked(*self._at(place, hold), looked_at)
        return True

    def _state(self, place: Place, opened: Opened, hold: Hold) -> FolderState:
        state = self._store.state(self._channel, place.folder)
        if state is not None and state.validity == opened.validity:
            return state
        if state is None:
            # The first look ever: what lies there was seen to before Atende came.
            last_uid, since = opened.next_uid - 1, 0.0
        else:
            last_uid, since = 0, max(state.looked_at, state.started_at) - _MARGIN_SECONDS
            _log.warning("folder_renumbered", channel=self._channel, sent=place.sent)
        at = self._at(place, hold)
        self._moved(self._store.open(*at, opened.validity, last_uid, since))
        return FolderState(validity=opened.validity, last_uid=last_uid, since=since)

    def _post(self, place: Place, opened: Opened, uid: int, mailbox: Mailbox, hold: Hold) -> None:
        hold.keep()
        key = (place.folder, opened.validity, uid)
        try:
            mail = mailbox.fetch(uid)
        except MailboxError as error:
            self._failures[key] += 1
            most = _REFUSALS if isinstance(error, RefusedError) else _BREAKS
            if self._failures[key] < most:
                raise
            _log.error("mail_not_given", channel=self._channel, uid=uid, reason=error.words)
            mail = Fetched(uid, b"", 0, None)
        self._failures.pop(key, None)
        at = self._at(place, hold)
        if mail is None or mail.raw is None:  # somebody deleted it meanwhile
            self._moved(self._store.skip(*at, opened.validity, uid))
            return
        received_at = self._clock() if mail.received_at is None else mail.received_at
        self._moved(
            self._store.post(*at, opened.validity, uid, mail.raw, received_at, sent=place.sent)
        )

    def _at(self, place: Place, hold: Hold) -> tuple[str, str, int]:
        return self._channel, place.folder, hold.token

    @staticmethod
    def _moved(moved: bool) -> None:  # noqa: FBT001 - what a store says
        if not moved:
            raise LeaseLostError

"""The hold on a mailbox: one worker at a time reads it."""

import time
from collections.abc import Callable
from typing import Final

from workers.contracts.mailboxes import MailboxStore

#: Seconds for which a mailbox is held without a sign of life of its holder.
LEASE_SECONDS: Final = 60.0
#: Seconds between two such signs.
_RENEW_SECONDS: Final = 10.0


class LeaseLostError(Exception):
    """Another worker holds the mailbox now: nothing more may be done in it."""


class Hold:
    """A lease on a channel's mailbox, with the token that fences every write.

    Args:
        store: where it is kept.
        channel: the channel's name.
        token: which lease it is.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: MailboxStore,
        channel: str,
        token: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._renewed_at = clock()
        self.token = token

    def keep(self, *, now: bool = False) -> None:
        """Give a sign of life where it is time, or `now`.

        Raises:
            LeaseLostError: it came too late.
        """
        if not now and self._clock() - self._renewed_at < _RENEW_SECONDS:
            return
        if not self._store.renew(self._channel, self.token, LEASE_SECONDS):
            raise LeaseLostError
        self._renewed_at = self._clock()

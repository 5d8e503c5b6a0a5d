"""Mailboxes that are read: who reads each, how far, and what is wrong with it.

One holder at a time has a mailbox, by a lease; each lease has a token that is higher than the one
before (the fence), and whoever holds an older one changes nothing any more. The times of leases are
by Redis's clock.
"""

from typing import TYPE_CHECKING, Final, cast

from workers.contracts import keys, scripts
from workers.contracts.inbound import mail_text
from workers.contracts.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis import Redis

_SCRIPTS: Final = ("fault", "lease", "looked", "open", "post", "renew")
#: Keys that one call looks at.
_SCANNED: Final = 1000
#: Characters that are kept of what is wrong.
_LONGEST_WORDS: Final = 500


class FolderState(Record):
    """How far a folder is read.

    Attributes:
        validity: its UIDVALIDITY: another one means that all UIDs are new.
        last_uid: every mail up to it is posted or passed over.
        since: mails that its server had before (Unix seconds) are not posted; 0: none is too old.
        looked_at: when all of it was looked through last; 0: never.
        started_at: when it was opened first.
    """

    validity: int
    last_uid: int
    since: float = 0.0
    looked_at: float = 0.0
    started_at: float = 0.0


class MailboxHealth(Record):
    """How a mailbox fares.

    Attributes:
        holder: who reads it; empty: nobody does now.
        looked_at: when one of its folders was looked through last, Unix seconds; 0: never.
        fault: what is wrong, in words that name neither a password nor a patient; empty: nothing.
        fault_since: Unix seconds.
    """

    holder: str = ""
    looked_at: float = 0.0
    fault: str = ""
    fault_since: float = 0.0


class MailboxStore:
    """Mailboxes in Redis. Every change is one script; see lua/mailboxes/shared.lua."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._scripts = {
            name: redis.register_script(scripts.source(f"mailboxes/{name}")) for name in _SCRIPTS
        }

    # who reads it

    def lease(self, channel: str, holder: str, seconds: float) -> int | None:
        """Take a channel's mailbox for so long; None: another one has it.

        Args:
            channel: the channel's name.
            holder: who takes it, new with every process. Taking what one has already is allowed,
                and makes one's earlier token void.
            seconds: after which another one may take it, unless it is renewed.

        Returns:
            The fencing token.
        """
        return self._run("lease", channel, holder, int(seconds * 1000)) or None

    def renew(self, channel: str, token: int, seconds: float) -> bool:
        """Keep it for so long from now; False: another one has it."""
        return bool(self._run("renew", channel, token, int(seconds * 1000)))

    def release(self, channel: str, token: int) -> bool:
        """Let another one take it at once; False: another one has it."""
        return bool(self._run("renew", channel, token, 0))

    # how far it is read

    def state(self, channel: str, folder: str) -> FolderState | None:
        """How far a folder is read; None: it was never opened.

        Raises:
            RecordError: what is stored cannot be read.
        """
        raw = cast("dict[str, str]", self._redis.hgetall(keys.folder(channel, folder)))
        return FolderState.read(raw, f"a folder of channel {channel}") if raw else None

    def open(  # noqa: PLR0913, PLR0917 - what is known of a folder
        self,
        channel: str,
        folder: str,
        token: int,
        validity: int,
        last_uid: int,
        since: float = 0.0,
    ) -> bool:
        """Note where a folder begins; False: another one has the mailbox.

        One that is known with this UIDVALIDITY stays as it is, so that it can be repeated.

        Args:
            channel: the channel's name.
            folder: as the server calls it.
            token: of the lease.
            validity: UIDVALIDITY.
            last_uid: the last one that is not posted.
            since: Unix seconds; mails that came before are not posted. Kept with the state, so that
                a rescan which dies in the middle goes on with it.
        """
        place = (keys.hashed(folder), validity, last_uid, f"{since:.3f}")
        return bool(self._run("open", channel, token, *place))

    def post(  # noqa: PLR0913, PLR0917 - what is known of a mail
        self,
        channel: str,
        folder: str,
        token: int,
        validity: int,
        uid: int,
        raw: bytes,
        received_at: float,
        *,
        sent: bool = False,
    ) -> bool:
        """Post a mail for the intake and move the folder's last UID, in one step.

        A UID up to the last one is posted already: then nothing changes, and this is True.

        Args:
            channel: the channel's name.
            folder: as the server calls it.
            token: of the lease.
            validity: UIDVALIDITY, as the folder was opened with.
            uid: the mail's; mails are posted in the order of their UIDs.
            raw: its MIME bytes; the first `MAIL_BYTES` are kept.
            received_at: INTERNALDATE, Unix seconds.
            sent: whether it lies in the folder of what the clinic itself has sent.

        Returns:
            False where another one has the mailbox, or the folder was opened with another
            UIDVALIDITY since: nothing was posted.
        """
        mail = ("post", folder, f"{received_at:.3f}", mail_text(raw), "1" if sent else "")
        return bool(self._run("post", channel, token, keys.hashed(folder), validity, uid, *mail))

    def skip(self, channel: str, folder: str, token: int, validity: int, uid: int) -> bool:
        """Move the last UID past a mail that is not posted; see `post`."""
        rest = (keys.hashed(folder), validity, uid, "pass", "", "", "")
        return bool(self._run("post", channel, token, *rest))

    def looked(self, channel: str, folder: str, token: int, at: float) -> bool:
        """Note that all of a folder was looked through; False: another one has the mailbox."""
        return bool(self._run("looked", channel, token, keys.hashed(folder), f"{at:.3f}"))

    def caught_up(self, channel: str, folder: str, token: int, validity: int, uid: int) -> bool:
        """Note that all since `FolderState.since` was posted, up to a UID; see `post`.

        What comes from now on is new whatever its date: a person may move a mail back here.
        """
        rest = (keys.hashed(folder), validity, uid, "caught_up", "", "", "")
        return bool(self._run("post", channel, token, *rest))

    def assign(self, channel: str, account: str) -> None:
        """Note whose mailbox a channel reads, for its holder; another account's begins anew.

        UIDs of two accounts tell nothing of each other, and some servers give the same UIDVALIDITY
        to all of them.
        """
        name, mark = keys.mailbox(channel), keys.hashed(account)
        before = self._redis.hget(name, "account")
        if before == mark:
            return
        if before is not None:
            self.forget(channel)
        self._redis.hset(name, "account", mark)

    def forget(self, channel: str) -> None:
        """Forget how far a mailbox was read: its next look is the first one, as of a new mailbox.

        Who holds it keeps it.
        """
        known = self._redis.scan_iter(match=keys.folders(channel), count=_SCANNED)
        names = [keys.mailbox(channel), *cast("Iterator[str]", known)]
        pipe = self._redis.pipeline()
        pipe.hdel(names[0], "looked_at", "fault", "fault_since")
        if names[1:]:
            pipe.delete(*names[1:])
        pipe.execute()

    # how it fares

    def health(self, channel: str) -> MailboxHealth:
        """How a channel's mailbox fares; of one that nobody has read, that it is unknown.

        Raises:
            RecordError: what is stored cannot be read.
        """
        pipe = self._redis.pipeline()
        pipe.hgetall(keys.mailbox(channel))
        pipe.time()
        raw, (seconds, micros) = cast("tuple[dict[str, str], tuple[int, int]]", pipe.execute())
        if float(raw.get("until", 0)) / 1000 <= seconds + micros / 1e6:
            raw.pop("holder", None)
        return MailboxHealth.read(raw, f"the mailbox of channel {channel}")

    def note_fault(self, channel: str, words: str) -> bool:
        """Note what is wrong with a mailbox; True where nothing was before.

        Args:
            channel: the channel's name.
            words: what people read; no password and no patient is named.
        """
        return bool(self._run("fault", channel, words[:_LONGEST_WORDS] or "unknown"))

    def clear_fault(self, channel: str) -> bool:
        """Note that nothing is wrong any more; True where something was."""
        return bool(self._run("fault", channel, ""))

    def _run(self, name: str, *args: str | float) -> int:
        return cast("int", self._scripts[name](args=args))

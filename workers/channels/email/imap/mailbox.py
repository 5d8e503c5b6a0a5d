"""One connection to a mailbox, by IMAP. Looking changes nothing in it: no mail becomes read.

imap-tools' `flag` is not used: it expunges the folder, which would delete what others have marked.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from imap_tools import AND, BaseMailBox, H, MailBox, MailBoxStartTls, MailBoxUnencrypted, U
from imap_tools.folder import FolderInfo

from workers.channels.email.imap.fetched import Fetched, fetched_mails
from workers.channels.email.imap.log_in import log_in
from workers.channels.email.imap.mailbox_errors import InsecureError, RefusedError, translated
from workers.channels.email.oauth import Tokens
from workers.channels.email.tls import client_context
from workers.contracts.email_channel import EmailChannel

#: Seconds after which a server that says nothing is gone: for connecting and for each reply.
TIMEOUT_SECONDS: Final = 20.0
#: Bytes of a mail that are fetched: what is written stands before what is attached.
MOST_BYTES: Final = 256 * 1024
#: Seconds without a word after which the system asks the other side, and between two such tries;
#: NAT forgets connections after 5 to 15 minutes.
_KEEPALIVE_SECONDS: Final = (60, 15)
#: Mails whose dates are fetched with one command.
_DATES: Final = 500
#: Where servers speak TLS from the first byte: no STARTTLS there.
_TLS_PORT: Final = 993
#: Seconds between two looks at what may end a wait.
_SLICE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as it was opened.

    Attributes:
        validity: UIDs are the same mails as long as it is the same; 0 where the server has none.
        next_uid: the next mail's UID, or more.
    """

    validity: int
    next_uid: int


class Mailbox:
    """A connection, logged in. One thread uses it; `cut` alone may be called by another.

    Every method raises `MailboxError`, as its kinds say.
    """

    def __init__(self, client: BaseMailBox, ends_at: float | None) -> None:
        self._client = client
        #: The folder that was opened last; None: none was.
        self.folder: str | None = None
        self._socket: socket.socket = client.client.socket()
        # Asked after the log-in: before it, servers tell what they can do in part.
        _, capabilities = client.client.capability()
        #: Whether the server tells of new mail by itself.
        self.can_idle = b"IDLE" in b" ".join(capabilities).upper().split()
        #: Unix seconds from which its token is not good any more; None: it has a password.
        self.ends_at = ends_at

    @classmethod
    def connect(cls, channel: EmailChannel, tokens: Tokens) -> Self:
        """Connect and log in; may take some times `TIMEOUT_SECONDS`."""
        with translated():
            client = _connected(channel)
            try:
                _keep_alive(client.client.socket())
                return cls(client, log_in(client, channel, tokens))
            except BaseException:
                _shut(client)
                raise

    def folders(self) -> list[FolderInfo]:
        """Every folder."""
        with translated():
            return self._client.folder.list()

    def open(self, folder: str, *, to_change: bool = False) -> Opened:
        """Open a folder, to look alone unless `to_change`.

        Raises:
            NoFolderError: it is not there.
        """
        with translated(folder):
            self._client.folder.set(folder, readonly=not to_change)
            self.folder = folder
            validity, next_uid = self._told("UIDVALIDITY"), self._told("UIDNEXT")
            self._told("EXISTS")  # what is there now is no news: see `wait`
            if not next_uid:
                next_uid = max(self._uids("ALL"), default=0) + 1
            return Opened(validity, next_uid)

    def uids_after(self, last_uid: int, since: float = 0.0) -> list[int]:
        """The mails of the open folder after one, oldest first.

        Args:
            last_uid: UIDs up to it are left out.
            since: Unix seconds; what the server got before is left out. 0: nothing is.
        """
        with translated():
            if not since:
                return self._above(last_uid, str(AND(uid=U(str(last_uid + 1), "*"))))
            # SINCE takes a day, of whatever zone: one day more, and then their own times.
            day = (datetime.fromtimestamp(since, UTC) - timedelta(days=1)).date()
            uids = self._above(last_uid, str(AND(uid=U(str(last_uid + 1), "*"), date_gte=day)))
            recent = []
            for start in range(0, len(uids), _DATES):
                mails = self._fetch(uids[start : start + _DATES], "UID INTERNALDATE")
                recent += [m.uid for m in mails if m.received_at is None or m.received_at >= since]
        return sorted(recent)

    def search(self, message_id: str) -> list[int]:
        """The mails of the open folder with a Message-ID."""
        if not message_id.isascii() or not message_id.isprintable() or not message_id:
            return []
        with translated():
            return self._uids(str(AND(header=H("Message-ID", message_id))))

    def fetch(self, uid: int) -> Fetched | None:
        """A mail of the open folder, its first `MOST_BYTES`; None: it is there no more.

        Raises:
            RefusedError: the server cannot give it.
        """
        return next(iter(self.fetch_batch([uid])), None)

    def fetch_batch(self, uids: Sequence[int], *, whole: bool = True) -> list[Fetched]:
        """Mails of the open folder by their UIDs; those that are there no more are left out.

        Args:
            uids: which.
            whole: the first `MOST_BYTES` of each; else of its headers.

        Raises:
            RefusedError: the server cannot give one of them.
        """
        part = "" if whole else "HEADER"
        parts = f"UID RFC822.SIZE INTERNALDATE BODY.PEEK[{part}]<0.{MOST_BYTES}>"
        with translated():
            mails = {mail.uid: mail for mail in self._fetch(uids, parts) if mail.raw is not None}
        return [mails[uid] for uid in uids if uid in mails]

    def add_flags(self, uids: Sequence[int], flags: Collection[str]) -> None:
        """Set flags on mails of the open folder, which was opened to be changed."""
        with translated():
            status, _ = self._client.client.uid(
                "STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", f"({' '.join(flags)})"
            )
            if status != "OK":
                raise RefusedError

    def append(self, folder: str, raw: bytes, flags: Collection[str]) -> None:
        """Lay a mail into a folder."""
        with translated(folder):
            self._client.append(raw, folder, flag_set=list(flags))

    def wait(self, seconds: float, go_on: Callable[[], bool]) -> None:
        """Wait until the server tells of something, or `go_on`, asked each second, is False.

        A server that says nothing once this ends is gone: `UnreachableError`.
        """
        with translated():
            # A mail that came while the folder was searched is told at that command's end, after
            # what it found, and then no more.
            if self._told("EXISTS"):
                return
            if not self.can_idle:
                self._sleep(seconds, go_on)
                return
            with self._client.idle:
                if not self._has_line():
                    self._sleep(seconds, go_on)

    def close(self) -> None:
        """Log out and close; never raises."""
        with suppress(Exception):
            self._socket.settimeout(2.0)
            self._client.logout()
        _shut(self._client)

    def cut(self) -> None:
        """End the connection from another thread: whatever waits for it fails."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _sleep(self, seconds: float, go_on: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and go_on():
            readable, *_ = select.select([self._socket], [], [], min(left, _SLICE_SECONDS))
            if readable:
                return

    def _has_line(self) -> bool:
        """Whether a line stands in the buffer already: `select` sees only what is in the socket."""
        self._socket.settimeout(0)
        try:
            return bool(self._client.client.readline())
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            self._socket.settimeout(TIMEOUT_SECONDS)

    def _told(self, name: str) -> int:
        _, values = self._client.client.response(name)
        value = values[-1] if values else None
        return int(value) if isinstance(value, bytes) and value.isdigit() else 0

    def _uids(self, criteria: str) -> list[int]:
        # Without a charset: some servers refuse one, and nothing here needs any.
        return [int(uid) for uid in self._client.uids(criteria, charset=None)]

    def _above(self, last_uid: int, criteria: str) -> list[int]:
        # `n:*` means the last mail too where every UID is lower than n (RFC 3501, 6.4.8).
        return sorted(uid for uid in self._uids(criteria) if uid > last_uid)

    def _fetch(self, uids: Sequence[int], parts: str) -> list[Fetched]:
        status, items = self._client.client.uid("FETCH", ",".join(map(str, uids)), f"({parts})")
        if status != "OK":
            raise RefusedError
        return fetched_mails(items)


def _connected(channel: EmailChannel) -> BaseMailBox:
    host, port = channel.imap_host or "", channel.imap_port
    if channel.imap_security == "none":
        return MailBoxUnencrypted(host, port, TIMEOUT_SECONDS)
    try:
        context = client_context(channel.ca_file)
    except OSError:  # it cannot be read
        raise InsecureError from None
    if channel.imap_security == "starttls":
        if port == _TLS_PORT:
            raise InsecureError
        return MailBoxStartTls(host, port, TIMEOUT_SECONDS, context)
    return MailBox(host, port, TIMEOUT_SECONDS, ssl_context=context)


def _keep_alive(connection: socket.socket) -> None:
    idle, between = _KEEPALIVE_SECONDS
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # Linux; elsewhere the system's own times hold
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, between)


def _shut(client: BaseMailBox) -> None:
    with suppress(OSError):
        client.client.shutdown()

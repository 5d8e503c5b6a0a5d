"""The post office: mailboxes and a mail server on this machine, for tests and for trials."""

import email.utils
import imaplib
import secrets
import shutil
import smtplib
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.simulation.email.accounts import Accounts
from workers.simulation.email.dovecot import Dovecot, Ports
from workers.simulation.email.envelope import Envelope, parsed
from workers.simulation.email.errors import PostOfficeError
from workers.simulation.email.faults import Fault, Stage
from workers.simulation.email.smtp import Desk, Door
from workers.simulation.email.stored import Stored, stored
from workers.simulation.email.tokens import Tokens

HOST: Final = "127.0.0.1"
#: Seconds for Dovecot to know a new mailbox or password.
_KNOWN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody's address, and what opens it by IMAP and SMTP."""

    address: str
    password: str


class PostOffice:
    """Real mailboxes (Dovecot), and a mail server whose envelopes are noted and that can fail.

    ```python
    with PostOffice().running() as office:
        clinic = office.mailbox("contato@clinica.example")
        office.deliver(mail, clinic.address)
        ...  # something reads by IMAP at office.ports.imap and sends to office.ports.smtp
        assert office.envelopes[0].sender == ""
    ```

    Who has no mailbox here is somewhere else in the world: mail to him is noted and goes nowhere.

    Args:
        certificate: files of the chain and of the key, for TLS and STARTTLS; None: neither.

    Attributes:
        ports: where it listens.
        desk: the mail server's: `faults`, `null_sender`, `logins`.
        dovecot: its log, and where mailboxes lie.
        tokens: the token server; `tokens.client(address)` registers a program for XOAUTH2.
    """

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.ports = Ports(*_free_ports(8))
        # Short: sockets lie in it. Its own: a test's folders are closed to whom Dovecot runs as.
        self._folder = Path(tempfile.mkdtemp(prefix="atende-post-"))
        self.dovecot = Dovecot(self._folder, self.ports, certificate)
        self._accounts = Accounts(self.dovecot.users)
        self.tokens = Tokens(self.ports.tokens, self.ports.safe_tokens if certificate else None)
        self.desk = Desk(self._accounts, self._deliver, self.tokens)
        self._certificate = certificate

    @contextmanager
    def running(self) -> Iterator["PostOffice"]:
        """Start the servers; at the end they stop, and all mail is gone.

        Raises:
            DovecotMissingError: Dovecot is not installed; the message names its packages.
            PostOfficeError: it does not start.
        """
        try:
            with ExitStack() as stack:
                context = self._context()
                stack.enter_context(self.tokens.running(context))
                stack.enter_context(self.dovecot.running())
                for door in self._doors(context):
                    door.start()
                    stack.callback(door.stop)
                yield self
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- mailboxes ------------------------------------------------------------------------------

    def mailbox(self, address: str, password: str = "") -> Mailbox:
        """Give somebody a mailbox; again with another password: the old one opens no more.

        Raises:
            PostOfficeError: the servers do not run.
        """
        secret = password or secrets.token_hex(8)
        self._accounts.add(address, secret)
        self._await_account(address)
        return Mailbox(address, secret)

    def deliver(self, content: bytes, to: str, sender: str | None = None) -> None:
        """Put a mail into somebody's mailbox, as one that comes from outside.

        Args:
            content: the mail.
            to: a mailbox here.
            sender: of the envelope, which becomes `Return-Path`; empty: `<>`; None: as its From.

        Raises:
            PostOfficeError: there is no such mailbox.
        """
        if not self._accounts.known(to):
            raise PostOfficeError(f"{to} has no mailbox here: `mailbox` gives one.")
        if sender is None:
            sender = email.utils.parseaddr(str(parsed(content)["From"] or ""))[1]
        with smtplib.LMTP(HOST, self.ports.lmtp) as lmtp:
            lmtp.sendmail(sender, [to], content)

    def place(
        self, content: bytes, address: str, folder: str = "INBOX", received_at: float | None = None
    ) -> None:
        """Upload a mail into a folder, byte for byte, with a date of its arrival of one's own."""
        date = imaplib.Time2Internaldate(time.time() if received_at is None else received_at)
        with self.imap(address) as imap:
            imap.append(f'"{folder}"', "", date, content)

    def read(self, address: str, folder: str = "INBOX") -> list[Stored]:
        """What lies in a folder, oldest first; nothing of it is marked as read."""
        with self.imap(address) as imap:
            return stored(imap, folder)

    @contextmanager
    def imap(self, address: str) -> Iterator[imaplib.IMAP4]:
        """A connection of somebody's own mail program."""
        imap = imaplib.IMAP4(HOST, self.ports.imap)
        try:
            login = f"\0{address}\0{self._accounts.password(address)}".encode()
            imap.authenticate("PLAIN", lambda _: login)  # LOGIN takes ASCII alone
            yield imap
        finally:
            imap.logout()

    def change_validity(self, address: str, folder: str = "INBOX") -> None:
        """Number a folder's mails anew, under another UIDVALIDITY, as after a restored backup."""
        place = self.dovecot.home(address) / "Maildir"
        place = place if folder == "INBOX" else place / f".{folder}"
        for path in (place / "dovecot-uidlist", *place.glob("dovecot.index*")):
            path.unlink(missing_ok=True)

    def rule(self, address: str, script: str) -> None:
        """Set somebody's Sieve script, as the one of an absence note."""
        home = self.dovecot.home(address)
        home.mkdir(exist_ok=True)
        file = home / ".dovecot.sieve"
        file.write_text(script, "utf-8")
        self.dovecot.owner.own(home, file)

    # -- what is sent ---------------------------------------------------------------------------

    @property
    def envelopes(self) -> list[Envelope]:
        """All mails that the server took by SMTP, in order."""
        return self.desk.envelopes

    def fail_next(self, fault: Fault, times: int | None = 1) -> None:
        """Let the next hand-overs fail; `times` None: until `desk.faults.clear`."""
        self.desk.faults.order(fault, times)

    def drop_next(self, stage: Stage, times: int | None = 1, *, kept: bool = False) -> None:
        """Break the next connections at a stage; after the final dot `kept`: the mail arrives."""
        self.fail_next(Fault(stage, kept=kept), times)

    def channel(self, mailbox: Mailbox, **fields: object) -> dict[str, object]:
        """The content of a channel's file that leads here; `fields` change or complete it."""
        return {
            "kind": "email",
            "name": "email",
            "tenant": "clinica",
            "clinic": "Clínica Exemplo",
            "address": mailbox.address,
            "password": mailbox.password,
            "imap_host": HOST,
            "imap_port": self.ports.imap,
            "imap_security": "none",
            "smtp_host": HOST,
            "smtp_port": self.ports.smtp,
            "smtp_security": "none",
        } | fields

    def _await_account(self, address: str) -> None:
        """Wait until Dovecot knows somebody: it looks for changed passwords once a second."""
        deadline = time.monotonic() + _KNOWN_SECONDS
        while True:
            try:
                with self.imap(address):
                    return
            except imaplib.IMAP4.error as error:
                if time.monotonic() > deadline:
                    raise PostOfficeError(f"{address} gets no mailbox: {error}") from error
                time.sleep(0.1)

    def _deliver(self, envelope: Envelope) -> None:
        for recipient in envelope.recipients:
            if self._accounts.known(recipient):
                self.deliver(envelope.content, recipient, envelope.sender)

    def _context(self) -> ssl.SSLContext | None:
        """The servers' side of TLS."""
        if self._certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._certificate)
        return context

    def _doors(self, context: ssl.SSLContext | None) -> list[Door]:
        doors = [
            Door(self.desk, self.ports.smtp, starttls=context),
            Door(self.desk, self.ports.relay, login=False),
        ]
        if context is not None:
            doors.append(Door(self.desk, self.ports.smtps, implicit=context))
        return doors


def _free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, each another."""
    with ExitStack() as stack:
        probes = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]

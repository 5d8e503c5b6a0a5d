"""A mail server that takes what is sent, notes its envelope, and delivers it; it can also fail."""

import asyncio
import logging
import re
import ssl
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as Incoming

from workers.simulation.email.accounts import Accounts
from workers.simulation.email.envelope import Envelope
from workers.simulation.email.faults import Fault, Faults, Stage
from workers.simulation.email.tokens import Tokens

# The library warns of what it does itself at each log-in.
logging.getLogger("mail.log").setLevel(logging.ERROR)

#: How `MAIL FROM:<>` stands in an address.
_NULL: Final = "<>"
_XOAUTH2: Final = re.compile(rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01")
#: Bytes of a mail that are read before the connection breaks in its middle.
_PART_BYTES: Final = 100
#: Reply for a connection that is closed without one; nobody reads it.
_CLOSED: Final = "421 4.3.0 Closed"


@dataclass
class Desk:
    """What the doors of a server share.

    Attributes:
        accounts: who may log in, and who has a mailbox.
        deliver: puts a mail into mailboxes; called with the envelope, from a thread.
        tokens: whom XOAUTH2 lets in.
        faults: what shall fail.
        null_sender: whether `<>` is taken as a sender.
        envelopes: of all that was taken, in order.
        logins: how often somebody tried to log in.
    """

    accounts: Accounts
    deliver: Callable[[Envelope], None]
    tokens: Tokens
    faults: Faults = field(default_factory=Faults)
    null_sender: bool = True
    envelopes: list[Envelope] = field(default_factory=list)
    logins: int = 0

    async def struck(self, stage: Stage, server: SMTP) -> str | None:
        """The reply of the fault that strikes at a stage; None where none does."""
        fault = self.faults.take(stage)
        if fault is None:
            return None
        return await self.reply(fault, server)

    async def reply(self, fault: Fault, server: SMTP) -> str:
        """A fault's reply, in its time; the connection is gone where it has none."""
        await asyncio.sleep(fault.seconds)
        if fault.code:
            return fault.reply
        if isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return _CLOSED


class _Handler:
    """The hooks of one door."""

    def __init__(self, desk: Desk, *, login: bool) -> None:
        self._desk = desk
        self._login = login

    async def handle_MAIL(  # noqa: N802 - the library's name
        self,
        server: SMTP,
        session: Session,
        envelope: Incoming,
        address: str,
        options: list[str],
    ) -> str:
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if struck := await self._desk.struck(Stage.MAIL, server):
            return struck
        if address == _NULL and not self._desk.null_sender:
            return "550 5.7.1 The empty sender is not taken here"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        server: SMTP,
        _session: Session,
        envelope: Incoming,
        address: str,
        _options: list[str],
    ) -> str:
        if struck := await self._desk.struck(Stage.RCPT, server):
            return struck
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, incoming: Incoming
    ) -> str:
        fault = self._desk.faults.take(Stage.DOT)
        envelope = Envelope(
            "" if incoming.mail_from == _NULL else incoming.mail_from or "",
            tuple(incoming.rcpt_tos),
            bytes(incoming.original_content or b""),
            session.auth_data if session.authenticated else None,
            fault is None or fault.kept,
        )
        self._desk.envelopes.append(envelope)
        if envelope.kept:
            await asyncio.to_thread(self._desk.deliver, envelope)
        return "250 2.0.0 OK" if fault is None else await self._desk.reply(fault, server)


class _Server(SMTP):
    """One connection; what the hooks cannot reach is here."""

    def __init__(self, desk: Desk, handler: _Handler, **settings: Any) -> None:  # noqa: ANN401
        self._desk = desk
        super().__init__(handler, authenticator=self._check, auth_require_tls=False, **settings)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - the library's name
        self._desk.logins += 1
        if struck := await self._desk.struck(Stage.LOGIN, self):
            await self.push(struck)
            return
        await super().smtp_AUTH(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        if struck := await self._desk.struck(Stage.DATA, self):
            await self.push(struck)
        elif fault := self._desk.faults.take(Stage.BODY):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.read(_PART_BYTES)
            await self._desk.reply(fault, self)
        else:
            await super().smtp_DATA(arg)

    async def auth_XOAUTH2(  # noqa: N802 - the library's name
        self, _server: SMTP, args: list[str]
    ) -> AuthResult:
        """`user=…^Aauth=Bearer …^A^A`; a wrong one is first told why, then refused."""
        match = _XOAUTH2.fullmatch(b64decode(args[1])) if len(args) > 1 else None
        user = match[1].decode() if match else ""
        good = match is not None and self._desk.tokens.address(match[2].decode()) == user
        if not good:
            await self.challenge_auth('{"status":"400","schemes":"Bearer"}')
        return AuthResult(success=good, handled=False, auth_data=user)

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Incoming, _mechanism: str, data: object
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = data.login.decode("utf-8", "replace")
        good = self._desk.accounts.opens(user, data.password.decode("utf-8", "replace"))
        return AuthResult(success=good, handled=False, auth_data=user)


class Door(Controller):
    """A port on which mail is taken.

    Args:
        desk: what takes it.
        port: on loopback.
        login: whether one must log in first.
        implicit, starttls: the server's side of TLS: from the first byte, or when asked.
    """

    def __init__(
        self,
        desk: Desk,
        port: int,
        *,
        login: bool = True,
        implicit: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self._desk = desk
        self._settings = {"hostname": "post-office.example", "tls_context": starttls}
        super().__init__(
            _Handler(desk, login=login), hostname="127.0.0.1", port=port, ssl_context=implicit
        )

    def factory(self) -> SMTP:
        """One connection's server."""
        return _Server(self._desk, self.handler, **self._settings)

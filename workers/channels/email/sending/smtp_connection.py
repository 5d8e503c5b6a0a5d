"""A connection to a channel's mail server by SMTP, made safe and logged in."""

import smtplib
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Self

from pydantic import SecretStr

from workers.channels.email.oauth import Tokens, xoauth2
from workers.channels.email.sending.codes import Stage, enhanced_code
from workers.channels.email.sending.smtp_reply import Rejected
from workers.channels.email.tls import client_context
from workers.contracts.email_channel import EmailChannel

_OK, _CHALLENGE, _LOGGED_IN = 250, 334, 235
#: The code of what no server said.
NO_REPLY_CODE: Final = 0


@dataclass(frozen=True, slots=True)
class SmtpTimes:
    """Seconds: for a connection, for each reply, for that to the final dot, and for all of it.

    Servers look at a mail before they answer its final dot: RFC 5321 (4.5.3.2.6) gives them ten
    minutes, in which nobody else could be answered by this thread.
    """

    connect: float = 10.0
    reply: float = 20.0
    text: float = 60.0
    whole: float = 90.0


class RefusedError(Exception):
    """The server does not let in, or cannot be talked to safely."""

    def __init__(self, stage: Stage, code: int, words: bytes = b"") -> None:
        super().__init__(stage, code)
        self.reply = Rejected(stage, code, enhanced_code(words))


class SmtpConnection:
    """One connection.

    Args:
        channel: whose server it is.

    Attributes:
        client: what speaks SMTP, once it is opened.
        times: the time limits.
    """

    def __init__(self, channel: EmailChannel, times: SmtpTimes) -> None:
        self.client: smtplib.SMTP
        self._channel = channel
        self.times = times
        self._deadline = time.monotonic() + times.whole

    @contextmanager
    def opened(self, tokens: Tokens) -> Iterator[Self]:
        """Connect and log in; it is closed at the end, whatever happened.

        Raises:
            RefusedError: the server does not let in, or cannot be talked to safely.
            TokenError, OSError, ValueError: as it came.
        """
        self.client = self._open()
        try:
            self._start_tls()
            self._log_in(tokens)
            yield self
            with suppress(OSError):
                self.wait(1.0)
                self.client.quit()
        finally:
            self.client.close()

    def _open(self) -> smtplib.SMTP:
        channel = self._channel
        host, port, name = channel.smtp_host, channel.smtp_port, channel.domain
        seconds = min(self.times.connect, self.times.whole)
        try:
            if channel.smtp_security == "tls":
                context = client_context(channel.ca_file)
                return smtplib.SMTP_SSL(host, port, name, timeout=seconds, context=context)
            return smtplib.SMTP(host, port, name, seconds)
        except smtplib.SMTPConnectError as error:
            raise RefusedError(Stage.GREETING, error.smtp_code, _bytes(error.smtp_error)) from None

    def _start_tls(self) -> None:
        self._greet()
        if self._channel.smtp_security != "starttls":
            return
        if not self.client.has_extn("starttls"):
            raise RefusedError(Stage.TLS, NO_REPLY_CODE)
        self.command(lambda: self.client.starttls(context=client_context(self._channel.ca_file)))
        self._greet()

    def _greet(self) -> None:
        code, words = self.command(self.client.ehlo)
        if code != _OK:
            raise RefusedError(Stage.GREETING, code, words)

    def _log_in(self, tokens: Tokens) -> None:
        channel = self._channel
        if channel.oauth is not None:
            token = tokens.token(channel.oauth, channel.ca_file)
            try:
                self._authenticate("XOAUTH2", xoauth2(channel.user, token.access))
            except RefusedError:
                tokens.forget(channel.oauth)
                raise
        elif channel.password is not None:
            self._log_in_with(channel.password)

    def _log_in_with(self, password: SecretStr) -> None:
        user, secret = self._channel.user, password.get_secret_value()
        methods = self.client.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in methods or "LOGIN" not in methods:
            self._authenticate("PLAIN", f"\0{user}\0{secret}".encode())
            return
        code, words = self.command(lambda: self.client.docmd("AUTH", "LOGIN"))
        for part in (user, secret):
            if code != _CHALLENGE:
                raise RefusedError(Stage.LOGIN, code, words)
            code, words = self._say(b64encode(part.encode()).decode())
        if code != _LOGGED_IN:
            raise RefusedError(Stage.LOGIN, code, words)

    def _authenticate(self, mechanism: str, first: bytes) -> None:
        code, words = self.command(
            lambda: self.client.docmd("AUTH", f"{mechanism} {b64encode(first).decode()}")
        )
        if (
            code == _CHALLENGE
        ):  # XOAUTH2 tells why it refuses, and wants to be answered with nothing
            code, words = self._say("")
        if code != _LOGGED_IN:
            raise RefusedError(Stage.LOGIN, code, words)

    def _say(self, words: str) -> tuple[int, bytes]:
        return self.command(lambda: self.client.docmd(words))

    def command(self, command: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """The reply to a command: its code and words."""
        self.wait(self.times.reply)
        return command()

    def wait(self, seconds: float) -> None:
        """Let the next step take so long, but end with the whole hand-over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.client.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.client.sock.settimeout(min(seconds, left))


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()

"""A letter's hand-over by SMTP, once, and what is known of its fate afterwards.

The one thing that matters about a failure is whether the letter may have gone. Before its final dot
was written it has not: a server drops what is not ended (RFC 5321, 4.1.1.4). After that anything
may have happened, unless a reply says what.

Every error of the sockets, of TLS and of smtplib becomes one of four values here.
"""

import re
import smtplib
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from workers.channels.email.codes import Stage, enhanced_code
from workers.channels.email.letter import Letter
from workers.channels.email.oauth import TokenAwayError, TokenRefusedError, Tokens, xoauth2
from workers.channels.email.tls import client_context
from workers.contracts.email_channel import EmailChannel

_DOTS: Final = re.compile(rb"(?m)^\.")
_OK, _READY, _CHALLENGE, _LOGGED_IN = 250, 354, 334, 235
_PERMANENT, _NO_REPLY_CODE = 500, 0
#: Enhanced codes after the text that are about the envelope's sender.
_OF_THE_SENDER: Final = frozenset({"5.1.7", "5.1.8", "5.7.1", "5.7.60"})
#: Those after RCPT TO that are about the receiver's, whoever sends.
_OF_THE_RECEIVER: Final = frozenset(
    {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.6.7"}
)
#: What is answered to a server that cannot write to the receiver's address (RFC 6531, 3.5).
_NO_UTF8: Final = (553, "5.6.7")


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it. `null_refused`: but not without an envelope's sender."""

    null_refused: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly has not gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """All of it was written, and whether the server took it is not known."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server said that it does not take it; see `codes.decide`."""

    stage: Stage
    code: int
    enhanced: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """It has not gone, since it was not to be begun any more."""


SmtpReply = Sent | NotSent | Unknown | Rejected | Withheld
#: Called before the text is sent, and before no more of it than the envelope is: whether it may be.
Begin = Callable[[], bool]


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


class _RefusedError(Exception):
    def __init__(self, stage: Stage, code: int, words: bytes = b"") -> None:
        super().__init__(stage, code)
        self.reply = Rejected(stage, code, enhanced_code(words))


class _NotBegunError(Exception):
    """What `begin` raised is its cause: no error of the network's, though it may look like one."""


class SmtpClient:
    """Hands letters over, each by a connection of its own. Safe for threads.

    Args:
        tokens: of channels without a password.
        times: the time limits.
    """

    def __init__(self, tokens: Tokens | None = None, times: SmtpTimes | None = None) -> None:
        self._tokens = tokens or Tokens()
        self._times = times or SmtpTimes()

    def send(self, channel: EmailChannel, letter: Letter, begin: Begin) -> SmtpReply:
        """Hand one letter over, once; raises nothing of the network.

        What `begin` raises goes on to the caller: nothing was sent.

        Where it may have no envelope's sender, it is tried without one first. A server that refuses
        that is asked again, with the sender, by another connection.
        """
        if not letter.null_sender:
            return self._once(channel, letter, letter.sender, begin)
        first = self._once(channel, letter, "", begin)
        if not isinstance(first, Rejected) or not _may_be_for_its_sender(first):
            return first
        second = self._once(channel, letter, letter.sender, begin)
        return Sent(null_refused=True) if isinstance(second, Sent) else second

    def _once(self, channel: EmailChannel, letter: Letter, sender: str, begin: Begin) -> SmtpReply:
        handover = _Handover(channel, letter, self._times)
        try:
            with handover.connection(self._tokens):
                return handover.transact(sender, begin)
        except _RefusedError as error:
            return error.reply
        except _NotBegunError as error:
            raise (error.__cause__ or error) from None
        except (TokenRefusedError, TokenAwayError, OSError, ValueError) as error:
            return _reply_of(error, written=handover.written)


def _reply_of(error: Exception, *, written: bool) -> SmtpReply:
    """What an error says of the letter's fate; smtplib's own are OSErrors."""
    name = type(error).__name__
    if written:
        return Unknown(f"the server did not answer the letter's end ({name})")
    match error:
        case TokenRefusedError():
            return Rejected(Stage.LOGIN, 535, "5.7.8")
        case TokenAwayError():
            return NotSent("the token endpoint gave no token")
        case ssl.SSLCertVerificationError():
            return Rejected(Stage.TLS, _NO_REPLY_CODE)
        case _:
            return NotSent(f"no connection to the mail server, or it broke ({name})")


def _may_be_for_its_sender(reply: Rejected) -> bool:
    """Whether a letter may have been refused since its envelope has no sender."""
    if reply.code < _PERMANENT or reply.stage in {Stage.TLS, Stage.GREETING, Stage.LOGIN}:
        return False
    if reply.stage is Stage.TEXT:
        return reply.enhanced in _OF_THE_SENDER
    return reply.enhanced not in _OF_THE_RECEIVER


class _Handover:
    """One connection.

    Attributes:
        written: whether the final dot may have reached the server.
    """

    def __init__(self, channel: EmailChannel, letter: Letter, times: SmtpTimes) -> None:
        self._channel = channel
        self._letter = letter
        self._times = times
        self._deadline = time.monotonic() + times.whole
        self._client: smtplib.SMTP
        self.written = False

    @contextmanager
    def connection(self, tokens: Tokens) -> Iterator[None]:
        """A connection that is logged in, closed at the end whatever happened."""
        self._client = self._open()
        try:
            self._start_tls()
            self._log_in(tokens)
            yield
            with suppress(OSError):
                self._wait(1.0)
                self._client.quit()
        finally:
            self._client.close()

    def _open(self) -> smtplib.SMTP:
        channel = self._channel
        host, port, name = channel.smtp_host, channel.smtp_port, channel.domain
        seconds = min(self._times.connect, self._times.whole)
        try:
            if channel.smtp_security == "tls":
                context = client_context(channel.ca_file)
                return smtplib.SMTP_SSL(host, port, name, timeout=seconds, context=context)
            return smtplib.SMTP(host, port, name, seconds)
        except smtplib.SMTPConnectError as error:
            raise _RefusedError(Stage.GREETING, error.smtp_code, _bytes(error.smtp_error)) from None

    def _start_tls(self) -> None:
        self._greet()
        if self._channel.smtp_security != "starttls":
            return
        if not self._client.has_extn("starttls"):
            raise _RefusedError(Stage.TLS, _NO_REPLY_CODE)
        self._command(lambda: self._client.starttls(context=client_context(self._channel.ca_file)))
        self._greet()

    def _greet(self) -> None:
        code, words = self._command(self._client.ehlo)
        if code != _OK:
            raise _RefusedError(Stage.GREETING, code, words)

    def _log_in(self, tokens: Tokens) -> None:
        channel = self._channel
        if channel.oauth is not None:
            token = tokens.token(channel.oauth, channel.ca_file)
            try:
                self._authenticate("XOAUTH2", xoauth2(channel.user, token.access))
            except _RefusedError:
                tokens.forget(channel.oauth)
                raise
        elif channel.password is not None:
            self._log_in_with(channel.password)

    def _log_in_with(self, password: SecretStr) -> None:
        user, secret = self._channel.user, password.get_secret_value()
        methods = self._client.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in methods or "LOGIN" not in methods:
            self._authenticate("PLAIN", f"\0{user}\0{secret}".encode())
            return
        code, words = self._command(lambda: self._client.docmd("AUTH", "LOGIN"))
        for part in (user, secret):
            if code != _CHALLENGE:
                raise _RefusedError(Stage.LOGIN, code, words)
            code, words = self._say(b64encode(part.encode()).decode())
        if code != _LOGGED_IN:
            raise _RefusedError(Stage.LOGIN, code, words)

    def _authenticate(self, mechanism: str, first: bytes) -> None:
        code, words = self._command(
            lambda: self._client.docmd("AUTH", f"{mechanism} {b64encode(first).decode()}")
        )
        if (
            code == _CHALLENGE
        ):  # XOAUTH2 tells why it refuses, and wants to be answered with nothing
            code, words = self._say("")
        if code != _LOGGED_IN:
            raise _RefusedError(Stage.LOGIN, code, words)

    def transact(self, sender: str, begin: Begin) -> SmtpReply:
        """The letter itself; an empty `sender` is `<>`."""
        letter, client = self._letter, self._client
        options = [f"size={len(letter.content)}"] if client.has_extn("size") else []
        if letter.utf8:
            if not client.has_extn("smtputf8"):
                return Rejected(Stage.RECEIVER, *_NO_UTF8)
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        code, words = self._command(lambda: client.mail(sender, options))
        if code != _OK:
            return Rejected(Stage.SENDER, code, enhanced_code(words))
        code, words = self._command(lambda: client.rcpt(letter.receiver))
        if code not in {_OK, 251}:
            return Rejected(Stage.RECEIVER, code, enhanced_code(words))
        if not self._may_begin(begin):
            return Withheld()
        code, words = self._command(lambda: client.docmd("DATA"))
        if code != _READY:
            return Rejected(Stage.DATA, code, enhanced_code(words))
        return self._text()

    @staticmethod
    def _may_begin(begin: Begin) -> bool:
        try:
            return begin()
        except Exception as error:
            raise _NotBegunError from error

    def _text(self) -> SmtpReply:
        self._wait(self._times.text)
        # The dot goes by itself: a connection that is broken already is noticed before it.
        self._client.send(_DOTS.sub(b"..", self._letter.content))
        self._wait(self._times.text)
        self._client.send(b".\r\n")
        self.written = True
        try:
            code, words = self._client.getreply()
        except smtplib.SMTPResponseException:  # a line without an end
            return Unknown("the server's reply to the letter's end cannot be read")
        if 200 <= code < 300:  # noqa: PLR2004 - the class of success
            return Sent()
        if 400 <= code < 600:  # noqa: PLR2004 - the classes of refusal
            self.written = False
            return Rejected(Stage.TEXT, code, enhanced_code(words))
        return Unknown("the server's reply to the letter's end cannot be read")

    def _say(self, words: str) -> tuple[int, bytes]:
        return self._command(lambda: self._client.docmd(words))

    def _command(self, command: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        self._wait(self._times.reply)
        return command()

    def _wait(self, seconds: float) -> None:
        """Let the next step take so long, but end with the whole hand-over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected
        self._client.sock.settimeout(min(seconds, left))


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()

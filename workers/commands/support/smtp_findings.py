"""Whether a channel may send: the log-in, and which senders its server takes."""

import base64
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from workers.channels.email.oauth import TokenError, Tokens, xoauth2
from workers.channels.email.tls import client_context
from workers.commands.support.finding import Finding
from workers.contracts.email_channel import EmailChannel

#: Seconds for each reply.
_TIMEOUT_SECONDS: Final = 15.0
_OK, _CHALLENGE, _LOGGED_IN = 250, 334, 235


class _RefusedError(Exception):
    """The server does not let in; the message is a sentence for people."""

    def __init__(self, words: str, repair: str) -> None:
        super().__init__(words)
        self.words = words
        self.repair = repair


def smtp_findings(channel: EmailChannel, tokens: Tokens) -> Iterator[Finding]:
    """Log in, and ask the server who may send; it is told to forget it (RSET) before any mail."""
    part = "sending"
    try:
        with _connected(channel, tokens) as client:
            where = f"{channel.smtp_host}:{channel.smtp_port} ({channel.smtp_security})"
            yield Finding(part, good=True, state=f"let in at {where}")
            yield _sender(client, channel)
    except _RefusedError as error:
        yield Finding(part, good=False, state=error.words, repair=error.repair)
    except ssl.SSLError:
        repair = "A server with a certificate of its own needs `ca_file`; see also `smtp_security`."
        yield Finding(part, good=False, state="no secure connection", repair=repair)
    except (OSError, smtplib.SMTPException) as error:
        repair = "Check `smtp_host` and `smtp_port`, and whether this machine may connect there."
        state = f"no connection ({type(error).__name__})"
        yield Finding(part, good=False, state=state, repair=repair)


@contextmanager
def _connected(channel: EmailChannel, tokens: Tokens) -> Iterator[smtplib.SMTP]:
    host, port, name = channel.smtp_host, channel.smtp_port, channel.domain
    try:
        context = client_context(channel.ca_file)
    except OSError:
        repair = "Correct `ca_file`: a file of certificates in PEM, which who reads it may read."
        raise _RefusedError(f"{channel.ca_file} holds no certificate", repair) from None
    if channel.smtp_security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, name, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(host, port, name, timeout=_TIMEOUT_SECONDS)
    with client:
        client.ehlo()
        if channel.smtp_security == "starttls":
            if not client.has_extn("starttls"):
                repair = "Write tls with port 465, if your server has it."
                raise _RefusedError("the server offers no STARTTLS", repair)
            client.starttls(context=context)
            client.ehlo()
        _log_in(client, channel, tokens)
        yield client


def _log_in(client: smtplib.SMTP, channel: EmailChannel, tokens: Tokens) -> None:
    if channel.oauth is not None:
        try:
            first = xoauth2(channel.user, tokens.token(channel.oauth, channel.ca_file).access)
        except TokenError as error:
            raise _RefusedError(error.words, "See `access token`.") from None
        code = _authenticate(client, "XOAUTH2", first)
        repair = "At Microsoft the app needs SMTP.SendAsApp, and the mailbox SMTP AUTH."
    elif channel.password is not None:
        secret = f"\0{channel.user}\0{channel.password.get_secret_value()}"
        code = _authenticate(client, "PLAIN", secret.encode())
        if code != _LOGGED_IN and "PLAIN" not in client.esmtp_features.get("auth", "").upper():
            code, _ = client.login(channel.user, channel.password.get_secret_value())
        repair = f"Another password: atende channels password {channel.name}."
    else:
        return
    if code != _LOGGED_IN:
        raise _RefusedError(f"the log-in was refused ({code})", repair)


def _authenticate(client: smtplib.SMTP, mechanism: str, first: bytes) -> int:
    code, _ = client.docmd("AUTH", f"{mechanism} {base64.b64encode(first).decode()}")
    if code == _CHALLENGE:  # XOAUTH2 says why it refuses, and wants to be answered with nothing
        code, _ = client.docmd("")
    return code


def _sender(client: smtplib.SMTP, channel: EmailChannel) -> Finding:
    """Whether mails may go out with the channel's envelope: no sender, or its address."""
    part = "envelope"
    code = _asked(client, channel.address, channel.address)
    if code != _OK:
        repair = f"Let {channel.user} send as {channel.address} at the server."
        state = f"{channel.address} is not taken as a sender ({code})"
        return Finding(part, good=False, state=state, repair=repair)
    if channel.envelope == "address":
        return Finding(part, good=True, state=f"{channel.address} is taken")
    code = _asked(client, "", channel.address)
    if code != _OK:
        repair = 'Spare the second try of each mail: "envelope": "address" in the channel\'s file.'
        state = f"<> is refused ({code}); then the address is used, which is taken"
        return Finding(part, good=True, state=state, repair=repair)
    return Finding(part, good=True, state="<> is taken: bounces go to nobody")


def _asked(client: smtplib.SMTP, sender: str, receiver: str) -> int:
    """The code for a mail that is not sent."""
    code, _ = client.mail(sender)
    if code == _OK:
        code, _ = client.rcpt(receiver)
        code = _OK if code in {_OK, 251} else code
    client.rset()
    return code

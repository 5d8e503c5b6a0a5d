"""Whether a channel may send: the log-in, and which senders its server takes."""

import smtplib
import ssl
from collections.abc import Iterator
from typing import Final

from workers.channels.email.oauth import TokenError, Tokens
from workers.channels.email.sending.codes import Stage
from workers.channels.email.sending.smtp_connection import RefusedError, SmtpConnection, SmtpTimes
from workers.channels.email.sending.smtp_reply import Rejected
from workers.channels.email.tls import client_context
from workers.commands.support.finding import Finding
from workers.contracts.email_channel import EmailChannel

#: A person waits for it: no longer than that for a reply.
_TIMES: Final = SmtpTimes(connect=15.0, reply=15.0, whole=60.0)
_OK: Final = 250


def smtp_findings(channel: EmailChannel, tokens: Tokens) -> Iterator[Finding]:
    """Log in, and ask the server who may send; it is told to forget it (RSET) before any mail."""
    part = "sending"
    try:
        client_context(channel.ca_file)
    except OSError:
        repair = "Correct `ca_file`: a file of certificates in PEM, which who reads it may read."
        state = f"{channel.ca_file} holds no certificate"
        yield Finding(part, good=False, state=state, repair=repair)
        return
    try:
        with SmtpConnection(channel, _TIMES).opened(tokens) as connection:
            where = f"{channel.smtp_host}:{channel.smtp_port} ({channel.smtp_security})"
            yield Finding(part, good=True, state=f"let in at {where}")
            yield _sender(connection.client, channel)
    except RefusedError as error:
        yield _refused(error.reply, channel)
    except TokenError as error:
        yield Finding(part, good=False, state=error.words, repair="See `access token`.")
    except ssl.SSLError:
        repair = "A server with a certificate of its own needs `ca_file`; see also `smtp_security`."
        yield Finding(part, good=False, state="no secure connection", repair=repair)
    except (OSError, smtplib.SMTPException) as error:
        repair = "Check `smtp_host` and `smtp_port`, and whether this machine may connect there."
        state = f"no connection ({type(error).__name__})"
        yield Finding(part, good=False, state=state, repair=repair)


def _refused(reply: Rejected, channel: EmailChannel) -> Finding:
    part = "sending"
    match reply.stage:
        case Stage.TLS:
            repair = "Write tls with port 465, if your server has it."
            return Finding(part, good=False, state="the server offers no STARTTLS", repair=repair)
        case Stage.LOGIN if channel.oauth is not None:
            repair = "At Microsoft the app needs SMTP.SendAsApp, and the mailbox SMTP AUTH."
        case Stage.LOGIN:
            repair = f"Another password: atende channels password {channel.name}."
        case _:
            state = f"the server turns this machine away ({reply.code})"
            return Finding(part, good=False, state=state, repair="Ask whoever runs the server why.")
    state = f"the log-in was refused ({reply.code})"
    return Finding(part, good=False, state=state, repair=repair)


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

"""Letters are handed over by SMTP, each once, and it is known what became of each.

The one thing that matters about a failure is whether the letter may have gone. Before its final dot
was written it has not: a server drops what is not ended (RFC 5321, 4.1.1.4). After that anything
may have happened, unless a reply says what.

Every error of the sockets, of TLS and of smtplib becomes one of `smtp_reply`'s values here.
"""

import ssl
from typing import Final

from workers.channels.email.oauth import TokenAwayError, TokenRefusedError, Tokens
from workers.channels.email.sending.codes import Stage
from workers.channels.email.sending.letter import Letter
from workers.channels.email.sending.smtp_connection import (
    NO_REPLY_CODE,
    RefusedError,
    SmtpConnection,
    SmtpTimes,
)
from workers.channels.email.sending.smtp_reply import NotSent, Rejected, Sent, SmtpReply, Unknown
from workers.channels.email.sending.transaction import Begin, NotBegunError, Transaction
from workers.contracts.email_channel import EmailChannel

_PERMANENT: Final = 500
#: Enhanced codes after the text that are about the envelope's sender.
_OF_THE_SENDER: Final = frozenset({"5.1.7", "5.1.8", "5.7.1", "5.7.60"})
#: Those after RCPT TO that are about the receiver's, whoever sends.
_OF_THE_RECEIVER: Final = frozenset(
    {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.6.7"}
)


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
        connection = SmtpConnection(channel, self._times)
        transaction = Transaction(letter, connection)
        try:
            with connection.opened(self._tokens):
                return transaction.transact(sender, begin)
        except RefusedError as error:
            return error.reply
        except NotBegunError as error:
            raise (error.__cause__ or error) from None
        except (TokenRefusedError, TokenAwayError, OSError, ValueError) as error:
            return _reply_of(error, written=transaction.written)


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
            return Rejected(Stage.TLS, NO_REPLY_CODE)
        case _:
            return NotSent(f"no connection to the mail server, or it broke ({name})")


def _may_be_for_its_sender(reply: Rejected) -> bool:
    """Whether a letter may have been refused since its envelope has no sender."""
    if reply.code < _PERMANENT or reply.stage in {Stage.TLS, Stage.GREETING, Stage.LOGIN}:
        return False
    if reply.stage is Stage.TEXT:
        return reply.enhanced in _OF_THE_SENDER
    return reply.enhanced not in _OF_THE_RECEIVER

"""A summary goes by mail, through the clinic's own e-mail channel, to the clinic's own people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from workers.channels.email.sending.codes import Action, decide
from workers.channels.email.sending.composing import notice
from workers.channels.email.sending.letter import Heading, Letter, sendable, write
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_reply import NotSent, Rejected, Sent, SmtpReply, Unknown
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel


@dataclass(frozen=True, slots=True)
class Mail:
    """What is mailed: to whom, through which of the clinic's channels, and its text.

    Attributes:
        id: names it: a mail that goes twice has the same Message-ID.
    """

    id: str
    tenant: str
    receiver: str
    channel: str
    subject: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Arrived:
    """It is with the mail server, or with the receiver of a callback."""


@dataclass(frozen=True, slots=True)
class Again:
    """It did not go, and may go later; `reason` names no patient."""

    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """It will not go, or nobody knows whether it went: it is not sent again."""

    reason: str


Fate = Arrived | Again | Over


class SummaryMail:
    """Sends mails of the clinic to itself. Safe for threads.

    Args:
        book: the channels.
        client: hands letters over.
    """

    def __init__(self, book: ChannelBook, client: SmtpClient) -> None:
        self._book = book
        self._client = client

    def send(self, mail: Mail, now: float, begin: Callable[[], bool]) -> Fate:
        """Make one attempt.

        Args:
            mail: what is sent.
            now: Unix seconds.
            begin: called before it may have gone; False: another worker sends it.
        """
        channel = self._book.named(mail.channel)
        if not isinstance(channel, EmailChannel) or channel.tenant != mail.tenant:
            return Again(f"the clinic has no e-mail channel named {mail.channel}")
        receiver = sendable(mail.receiver)
        if receiver is None:
            return Over("the receiver is no e-mail address")
        letter = _letter(mail, channel, receiver, now)
        return _fate(self._client.send(channel, letter, begin))


def _letter(mail: Mail, channel: EmailChannel, receiver: str, now: float) -> Letter:
    heading = Heading(
        sender=channel.clinic,
        receiver=receiver,
        subject=mail.subject,
        date=datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(channel.time_zone)),
        message_id=f"<{mail.id}.summary@{channel.domain}>",
        auto="auto-generated",
    )
    body = notice(mail.lines, mail.subject)
    return write(channel, heading, body, null_sender=channel.envelope == "null")


def _fate(reply: SmtpReply) -> Fate:
    match reply:
        case Sent():
            return Arrived()
        case NotSent(reason):
            return Again(reason)
        case Unknown(reason):
            return Over(f"{reason}, so nobody knows whether it went")
        case Rejected(stage, code, enhanced):
            decision = decide(stage, code, enhanced)
            is_over = decision.action is Action.PERSON
            return Over(decision.reason) if is_over else Again(decision.reason)
        case _:  # withheld
            return Again("another worker had it")

"""What a mail tells is stored: questions, what a person must see, bounces, what the clinic wrote.

Every step is keyed by the mail's Message-ID, so a post that is read twice, or a mail that reaches
two mailboxes of a clinic, changes nothing the second time.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workers.answering.triage.triage import Triage
from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail, Kind
from workers.channels.email.receiving.arrival import Arrival
from workers.channels.email.receiving.bounces import Bounces
from workers.channels.email.receiving.our_mails import OurMails
from workers.channels.email.receiving.patients_mail import MailStores, PatientsMail
from workers.channels.email.receiving.sent_mail import SentMail
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.echoes import EchoStore
from workers.contracts.email_channel import EmailChannel
from workers.contracts.inbound import Aside, Post
from workers.contracts.questions import QuestionStore
from workers.contracts.send import SendState
from workers.contracts.sends import SendStore

_log = logs.logger(__name__)
#: A mail of a channel that is gone, or is none by e-mail any more.
_FOREIGN: Final = "foreign"
#: Why a person is called to a mail that looks like a program's.
DOUBTFUL: Final = "doubtful"
#: What each kind of mail begins the name of its count with.
_COUNT: Final = "channel_events"


@dataclass(frozen=True, slots=True)
class OurStores:
    """Where it is kept what the clinic wrote: its people, and what is known of our answers."""

    echoes: EchoStore
    questions: QuestionStore
    sends: SendStore


class MailInbox:
    """Stores what mails tell.

    Args:
        channels: whose mailboxes they came to.
        stores: where patients' mails are kept.
        ours: where it is kept what the clinic wrote.
        triage: the word lists.
        clock: Unix seconds.
    """

    def __init__(
        self,
        channels: ChannelBook,
        stores: MailStores,
        ours: OurStores,
        triage: Triage,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._channels = channels
        self._patients = PatientsMail(stores, triage)
        self._ours = OurMails(ours.sends, ours.questions)
        self._sent = SentMail(channels, ours.echoes, self._ours)
        self._bounces = Bounces(channels, ours.sends, ours.questions, clock)
        self._clock = clock

    def take(self, post: Post) -> tuple[Counter[str], list[Aside]]:
        """Store what a mail tells; gives what it counts, and the mail where it came to nothing.

        Raises:
            RedisError: Redis cannot do it now; what was stored until then is stored again.
            ValueError: the post is damaged.
        """
        channel = self._channels.named(post.app)
        raw = post.mail_bytes
        if not isinstance(channel, EmailChannel):
            _log.warning("foreign_mailbox", channel=post.app, known=channel is not None)
            return _counts(_FOREIGN), [Aside(_FOREIGN, _source(raw))]
        mail = read_mail(raw)
        kinds = self._take(mail, post, channel)
        if Kind.BROKEN in kinds:
            _log.warning("mail_kept_aside", channel=channel.name)
            return _counts(*kinds), [Aside(Kind.BROKEN, _source(raw))]
        return _counts(*kinds), []

    def _take(self, mail: Mail, post: Post, channel: EmailChannel) -> list[str]:
        """The kinds by which it is counted."""
        now = self._clock()
        sender = mail.sender.address if mail.sender else ""
        if post.sent:
            return self._sent.take(Arrival(mail, post, channel, sender, now))
        clinic = ClinicMail(
            addresses=self._channels.addresses(channel.tenant),
            authserv_id=channel.authserv_id,
            forms=channel.forms,
            folder=post.folder,
        )
        verdict = screen(mail, clinic)
        arrival = Arrival(
            mail, post, channel, verdict.reply_to or verdict.writer or sender, now,
            trusted=verdict.kind is Kind.QUESTION,
            writer=sender if verdict.reply_to and not clinic.is_form(mail) else "",
        )  # fmt: skip
        match verdict.kind:
            case Kind.QUESTION:
                for answered in mail.in_reply_to:  # who answers our mail has got it
                    self._ours.shows(answered, SendState.DELIVERED, arrival)
                return ["message", *self._patients.take(arrival)]
            case Kind.BOUNCE if mail.report is not None:
                self._bounces.take(mail.report, channel)
        if verdict.filed:
            reason = verdict.kind if verdict.kind is Kind.UNTRUSTED else DOUBTFUL
            return [verdict.kind, *self._patients.file(arrival, reason)]
        return [verdict.kind]


def _counts(*kinds: str) -> Counter[str]:
    return Counter(f"{_COUNT}:{kind}" for kind in kinds)


def _source(raw: bytes) -> str:
    """A mail as it came, for people to read."""
    return raw.decode("utf-8", "replace")

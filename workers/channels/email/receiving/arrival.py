"""A mail that came, with what is known around it. Pure."""

from dataclasses import dataclass
from hashlib import sha256

from workers.channels.email.reading.mail import Mail
from workers.channels.email.threads import aliases_of, recipient_of
from workers.contracts.conversation import ChannelKey
from workers.contracts.email_channel import EmailChannel
from workers.contracts.inbound import Post

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail of a channel.

    Attributes:
        mail: as it was read.
        post: as it was stored.
        channel: whose mailbox it lies in.
        address: who gets an answer, or a person's words; empty where the mail names nobody.
        now: Unix seconds.
        trusted: whether it may be from whom it says.
        writer: by whom its conversation is found, where that is not `address`: whoever names
            another one in `Reply-To` reaches no conversation of that one's.
    """

    mail: Mail
    post: Post
    channel: EmailChannel
    address: str
    now: float
    trusted: bool = True
    writer: str = ""

    @property
    def key(self) -> ChannelKey:
        """The channel as conversations name it."""
        return ChannelKey(self.channel.tenant, self.channel.name, self.channel.kind)

    @property
    def aliases(self) -> list[str]:
        """By what its conversation is found."""
        return aliases_of(self.mail, self.writer or self.address)

    @property
    def mark(self) -> str:
        """Tells the mail from all others: some programs give every mail the same id."""
        said = (self.mail.key, self.writer or self.address, str(self.mail.date))
        return f"mark:{sha256(chr(0).join(said).encode('utf-8', 'replace')).hexdigest()}"

    @property
    def recipient(self) -> dict[str, str]:
        """Where answers go, and by whom the conversation is found where that is another."""
        writer = {"writer": self.writer} if self.writer not in {"", self.address} else {}
        return recipient_of(self.mail, self.address, self.post) | writer

    @property
    def name(self) -> str | None:
        """What its sender calls himself; of a form, whose sender is another, nothing."""
        for mailbox in self.mail.senders:
            if mailbox.address == self.address:
                return mailbox.name or None
        return None

    @property
    def sent_at(self) -> float:
        """When the clinic's server had it: no clock of a sender is believed. Unix seconds."""
        return min(self.post.received_at or self.post.at, self.now)

    @property
    def late(self) -> bool:
        """Whether it is so old that a person answers it."""
        return self.now - self.sent_at > self.channel.late_minutes * _MINUTE

    @property
    def again(self) -> bool:
        """Whether it is read once more since a worker ended: some of it may be stored."""
        return self.post.reads > 1

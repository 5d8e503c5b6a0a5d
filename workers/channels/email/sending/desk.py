"""What goes into sending a letter: the stores, the texts, the way out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.channels.email.sending.acknowledgements import Acknowledgements
from workers.channels.email.sending.forwarding import Forwarding
from workers.channels.email.sending.limits import MailLimits
from workers.channels.email.sending.mailbox_errands import MailboxErrands
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.writing import Letters
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Conversation
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.question import Outcome
from workers.contracts.sends import SendStore


class Conversations(Protocol):
    """What a sender needs of the conversations."""

    def get(self, conversation_id: str) -> Conversation | None:
        """A conversation as it is now."""

    def bind(self, conversation_id: str, channel: str, aliases: Sequence[str]) -> bool:
        """Let a conversation be found by further aliases."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with: all of it is shared by the workers, or safe for threads.

    Attributes:
        after: called once the server has taken an outcome's letter, with now in Unix seconds.
        failed: called where a letter never arrived, with when it was begun in Unix seconds.
    """

    book: ChannelBook
    conversations: Conversations
    sends: SendStore
    limits: MailLimits
    bounds: MailBounds
    acknowledgements: Acknowledgements
    errands: MailboxErrands
    forwarding: Forwarding
    client: SmtpClient
    letters: Letters
    after: Callable[[Outcome, Conversation, float], object] = lambda *_: None
    failed: Callable[[Conversation, float], object] = lambda *_: None

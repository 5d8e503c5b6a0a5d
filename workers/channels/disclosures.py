"""That a contact was told that a machine answers: it counts once the message has arrived."""

from dataclasses import dataclass
from typing import Final

from workers.channels.notes import disclosure_due
from workers.contracts.conversation import Conversation
from workers.contracts.conversations import ConversationStore
from workers.contracts.question import Outcome

#: Seconds by which the clocks of two machines may differ.
_SKEW: Final = 60.0


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Notes what contacts were told. Safe for threads."""

    conversations: ConversationStore

    def sent(self, outcome: Outcome, conversation: Conversation, now: float) -> None:
        """The channel took a message.

        Args:
            outcome: whose text it is.
            conversation: as it was when the text was made.
            now: Unix seconds.
        """
        if disclosure_due(outcome, conversation, now):
            self.conversations.disclosed(conversation.id, now)

    def failed(self, conversation: Conversation, since: float) -> None:
        """A message never arrived that was begun then (Unix seconds): the next one says it again.

        One of the same minute that did arrive may have said it; twice is better than never.
        """
        at = conversation.disclosed_at
        if at is not None and at >= since - _SKEW:
            self.conversations.disclosed(conversation.id, None)

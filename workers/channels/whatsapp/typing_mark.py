"""The typing mark: the patient sees that his message was read and that an answer is written.

Meta takes it away at the answer or after 25 s, so it is renewed while the question waits. It is a
courtesy: a mark that fails is not tried again and delays nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from workers.channels.whatsapp.graph import GraphClient
from workers.channels.whatsapp.letter import typing_message
from workers.channels.whatsapp.limits import Limits
from workers.channels.whatsapp.sender import Conversations
from workers.contracts.channels import ChannelBook
from workers.contracts.question import Question
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.whatsapp_channel import WhatsAppChannel

#: Seconds between two marks: one lasts for 25.
RENEW_SECONDS: Final = 20
#: Marks for one question at most: who has waited for a minute knows that it takes longer.
MOST_MARKS: Final = 3


@dataclass(frozen=True, slots=True)
class Typing:
    """Marks the patients' messages that wait for an answer. Safe for threads."""

    book: ChannelBook
    questions: QuestionStore
    conversations: Conversations
    limits: Limits
    graph: GraphClient

    def mark(self, question_id: str, number: int) -> bool:
        """Show the mark for a question that waits; whether to come back in `RENEW_SECONDS`.

        Args:
            question_id: of which an answer will come.
            number: which mark it is; 1 is the first.
        """
        question = self.questions.get(question_id)
        if question is None or question.status.ended or number > MOST_MARKS:
            return False
        if not self._show(question):
            return False
        return number < MOST_MARKS

    def _show(self, question: Question) -> bool:
        address = question.request.reply_to
        if not isinstance(address, WhatsAppAddress) or address.message is None:
            return False
        channel = self.book.named(address.channel)
        conversation = self.conversations.get(address.conversation)
        if not isinstance(channel, WhatsAppChannel) or conversation is None:
            return False
        if self.limits.is_held(channel):
            return False
        if (conversation.paused_until or 0.0) > datetime.now(UTC).timestamp():
            return False  # a person answers
        return self.graph.mark(channel, typing_message(address.message))

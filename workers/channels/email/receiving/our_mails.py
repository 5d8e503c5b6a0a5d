"""Mails of ours that come up again: what they show is known of their sends. Safe for threads."""

import re
from typing import Final

from workers.channels.email.receiving.arrival import Arrival
from workers.contracts import keys
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import EmailAddress
from workers.contracts.send import Notice, SendState
from workers.contracts.sends import SendStore

#: The Message-ID of a mail of ours: whose outcome it carries.
_OURS: Final = re.compile(r"<([0-9a-f]{32})\.\d+@[^<>@]+>")


class OurMails:
    """Knows mails of ours by their Message-IDs, also where nobody knows yet that they went.

    Args:
        sends: what is known of each.
        questions: whose outcomes they carry.
    """

    def __init__(self, sends: SendStore, questions: QuestionStore) -> None:
        self._sends = sends
        self._questions = questions

    def shows(self, message_id: str | None, state: SendState, arrival: Arrival) -> bool:
        """Take in what a mail's appearance shows: that it went out, or arrived.

        Args:
            message_id: with brackets.
            state: what is known of it now, at least.
            arrival: the mail that shows it; it says nothing of another clinic's.

        Returns:
            Whether it is ours.
        """
        ours = _OURS.fullmatch(message_id or "")
        if message_id is None or ours is None:
            return False
        question = self._questions.get(ours[1])
        if question is None or question.request.tenant != arrival.channel.tenant:
            return True
        if isinstance(question.request.reply_to, EmailAddress):
            self._sends.settle(
                Notice(
                    channel=question.request.reply_to.channel,
                    message=keys.hashed(message_id),
                    question_id=question.id,
                    state=state,
                    at=arrival.sent_at,
                )
            )
        return True

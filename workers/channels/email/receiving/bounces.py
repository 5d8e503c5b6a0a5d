"""Mails that come back: the answer never arrived, and a person is called."""

import time
from collections.abc import Callable

from workers.channels.email.reading.reports import Report
from workers.contracts import keys, logs
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel
from workers.contracts.questions import QuestionStore
from workers.contracts.send import Notice, SendState
from workers.contracts.sends import SendStore

_log = logs.logger(__name__)
#: Why a person is called.
BOUNCED = "undeliverable"


class Bounces:
    """Takes in what mail servers report of our mails.

    Args:
        channels: by any of the clinic's the mail may have gone out.
        sends: what is known of each mail of ours.
        questions: whose answers they are.
        clock: Unix seconds.
    """

    def __init__(
        self,
        channels: ChannelBook,
        sends: SendStore,
        questions: QuestionStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._channels = channels
        self._sends = sends
        self._questions = questions
        self._clock = clock

    def take(self, report: Report, channel: EmailChannel) -> int:
        """Note what a report says of our mails; of how many it says that they never arrived."""
        if not report.failed:
            return 0
        names = [each.name for each in self._channels.email() if each.tenant == channel.tenant]
        owners = [
            (name, message, question)
            for message in report.message_ids
            for name in names
            if (question := self._sends.question_of(name, message)) is not None
        ]
        for name, message, question in owners:
            self._failed(name, message, question)
        return len(owners)

    def _failed(self, name: str, message: str, question_id: str) -> None:
        self._sends.notice(
            Notice(
                channel=name,
                message=keys.hashed(message),
                question_id=question_id,
                state=SendState.FAILED,
                at=self._clock(),
            )
        )
        _log.warning("send_failed", channel=name, question=question_id, reason=BOUNCED)
        question = self._questions.get(question_id)
        if question is not None and question.request.conversation_id is not None:
            self._sends.call_person(question.request.conversation_id, BOUNCED)

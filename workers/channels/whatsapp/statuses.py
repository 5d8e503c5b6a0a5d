"""Statuses of our messages: they move what is known of each, and tell what is billed.

What follows from a failure is the sender's to decide, at the delivery's next turn, which the same
step makes due: so there is one place that decides, whether a code came with the reply or later.
"""

import time

from workers.channels.whatsapp import codes
from workers.channels.whatsapp.events import StatusEvent
from workers.contracts import keys, logs
from workers.contracts.channels import ChannelBook
from workers.contracts.send import Notice, Noticed, NoticeVerdict, SendState
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel

_log = logs.logger(__name__)
#: What Meta calls a state -> what it is here. A voice message that was played was read.
_STATES = {
    "sent": SendState.SENT,
    "delivered": SendState.DELIVERED,
    "read": SendState.READ,
    "played": SendState.READ,
    "failed": SendState.FAILED,
}
#: Meta takes the clinic for somebody who sells an assistant; its messages cost more then, or are
#: forbidden. See docs/operate.md.
_NOT_A_CLINIC = "general_purpose_ai"


class Statuses:
    """Takes statuses in. Safe for threads."""

    def __init__(self, book: ChannelBook, sends: SendStore) -> None:
        self._book = book
        self._sends = sends

    def take(self, event: StatusEvent) -> Noticed | None:
        """Take in one status; None where it says nothing to us.

        Statuses may repeat, lack, and come in any order, also before the reply to the send.
        """
        channel = self._book.whatsapp(event.origin.number)
        state = _STATES.get(event.status)
        if channel is None or state is None or not event.origin.id:
            return None
        code, now = event.errors[0].code if event.errors else 0, time.time()
        noticed = self._sends.notice(
            Notice(
                channel=channel.name,
                message=keys.hashed(event.origin.id),
                question_id=event.data,
                state=state,
                code=code,
                category=(event.category or "unknown") if event.billable else None,
                at=min(event.origin.sent_at or now, now),
            )
        )
        self._tell(channel, event, noticed, code)
        return noticed

    def _tell(
        self, channel: WhatsAppChannel, event: StatusEvent, noticed: Noticed, code: int
    ) -> None:
        if event.category == _NOT_A_CLINIC:
            _log.error("billed_as_general_purpose_ai", channel=channel.name)
        if noticed.billed and noticed.billed == channel.billed_warning:
            _log.error("billed_warning", channel=channel.name, messages=noticed.billed)
        if channel.billed_cap is not None and noticed.billed == channel.billed_cap:
            _log.error("billed_cap_reached", channel=channel.name, messages=noticed.billed)
        if noticed.verdict is NoticeVerdict.MOVED and noticed.state is SendState.FAILED:
            _log.warning(
                "send_failed",
                channel=channel.name,
                question=noticed.question_id,
                code=code,
                reason=codes.decide(code).reason,
            )

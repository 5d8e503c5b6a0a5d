"""What the senders of all channels do alike, so that nothing is ever sent twice.

The order of steps is what keeps that: `sending` is written before the message, what came of it
after. An attempt that finds `sending` or `ambiguous` of an earlier one sends nothing: it waits for
word of it, and then a person sees to it, or as the channel says it is sent once more.
"""

from datetime import datetime, timedelta
from typing import Final

from workers.contracts import logs
from workers.contracts.conversation import Conversation
from workers.contracts.echoes import PHONE
from workers.contracts.question import Question
from workers.contracts.send import Change, Send, SendState
from workers.contracts.sends import SendStore
from workers.delivery.backoff import Ambiguous, Dropped, Refused, Result
from workers.delivery.hosts import Busy

_log = logs.logger(__name__)
#: When a delivery comes back whose channel has no file, and for how long that file may be gone:
#: WhatsApp lets nobody write later.
_NO_CHANNEL: Final = timedelta(seconds=30)
_FILE_GONE: Final = timedelta(days=1)


def without_channel(
    sends: SendStore, question: Question, conversation: Conversation, now: datetime
) -> Refused | Busy:
    """What to do where a channel has no file, or has become another clinic's: it may come back.

    After a day a person is called.
    """
    last = max(conversation.last_message_at, question.ended_at or 0.0)
    if now.timestamp() - last < _FILE_GONE.total_seconds():
        return Busy(_NO_CHANNEL)
    _log.error("channel_gone", question=question.id, channel=conversation.channel)
    sends.call_person(conversation.id, "channel_gone")
    return Refused("the channel's file has been gone for 24 hours")


def wait_unclear(
    sends: SendStore,
    question_id: str,
    send: Send,
    patience: timedelta,
    message_id: str | None = None,
) -> Result | Busy | None:
    """What to do about a message of unknown fate while word of it is waited for.

    Args:
        sends: where its fate is noted.
        question_id: whose message it is.
        send: what is known of it.
        patience: how long it is waited, from the beginning of its request.
        message_id: what a bounce names, where that is known beforehand.

    Returns:
        None once it was waited for long enough.
    """
    left = patience - timedelta(seconds=send.age)
    if left <= timedelta():
        return None
    if send.state is SendState.AMBIGUOUS:
        return Busy(left)
    now = sends.move(question_id, send.attempt, Change(SendState.AMBIGUOUS, message_id))
    if now.state is not SendState.AMBIGUOUS:
        return Busy(timedelta())  # something is known since: look again
    return Ambiguous("a worker ended while it was sending", left)


def taken_over(sends: SendStore, conversation: Conversation, now: datetime) -> Dropped | None:
    """Why an answer is no longer wanted: a person has the conversation; None: nobody has."""
    paused_until = conversation.paused_until
    if paused_until is None or paused_until <= now.timestamp():
        return None
    if conversation.paused_by != PHONE:  # who typed on the phone has written to the patient
        sends.call_person(conversation.id, "waiting")
    return Dropped("a person has taken the conversation over")

"""What the clinic itself sent from its mailbox: a person has the conversation then."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workers.channels.email.arrival import Arrival
from workers.channels.email.new_text import new_text
from workers.contracts import keys
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Entry
from workers.contracts.echoes import EchoStore
from workers.contracts.numbers import alias_of
from workers.contracts.questions import QuestionStore
from workers.contracts.send import Notice, SendState
from workers.contracts.sends import SendStore

#: The Message-ID of a mail of ours: whose outcome it carries.
_OURS: Final = re.compile(r"<([0-9a-f]{32})\.\d+@[^<>@]+>")
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class SentStores:
    """Where it is kept, and by what our own is known."""

    echoes: EchoStore
    questions: QuestionStore
    sends: SendStore


class SentMail:
    """Takes in what lies in the folder of what was sent.

    Args:
        channels: whose mailboxes they are.
        stores: see there.
        clock: Unix seconds.
    """

    def __init__(
        self,
        channels: ChannelBook,
        stores: SentStores,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._channels = channels
        self._stores = stores
        self._clock = clock

    def take(self, arrival: Arrival) -> list[str]:
        """Let the assistant be silent where a person wrote; the kind that the mail counts as."""
        mail, channel = arrival.mail, arrival.channel
        receiver = self._receiver(arrival)
        if self._is_ours(arrival) or _is_automatic(arrival) or receiver is None:
            return ["own"]
        hours = channel.pause_hours - (arrival.now - arrival.sent_at) / _HOUR
        if hours <= 0:  # it came so late that the assistant has its turn again
            return ["echo"]
        text = new_text(mail).text or mail.subject
        arrival = Arrival(mail, arrival.post, channel, receiver, arrival.now)
        self._stores.echoes.take(
            arrival.key,
            [alias_of(receiver), *arrival.aliases],
            {"email": receiver, "subject": mail.subject},
            (mail.key, Entry(by="person", text=text, at=arrival.sent_at)),
            hours,
        )
        return ["echo"]

    def _receiver(self, arrival: Arrival) -> str | None:
        """The first one outside of the clinic; a mail among its own people is nobody's."""
        own = self._channels.addresses(arrival.channel.tenant) | {arrival.channel.forward_to}
        receivers = (each.lower() for each in (*arrival.mail.to, *arrival.mail.cc))
        return next((each for each in receivers if each not in own), None)

    def _is_ours(self, arrival: Arrival) -> bool:
        """Whether Atende sent it. Where nobody knew yet, this says that it went out."""
        message = arrival.mail.message_id
        own = _OURS.fullmatch(message or "")
        if message is None or own is None:
            return False
        question = self._stores.questions.get(own[1])
        if question is None:
            return True
        name = getattr(question.request.reply_to, "channel", arrival.channel.name)
        self._stores.sends.settle(
            Notice(
                channel=name,
                message=keys.hashed(message),
                question_id=own[1],
                state=SendState.SENT,
                at=arrival.sent_at,
            )
        )
        return True


def _is_automatic(arrival: Arrival) -> bool:
    """Whether the mailbox's own robot wrote it, an absence note say."""
    submitted = arrival.mail.headers.get("auto-submitted", ("no",))[0]
    return submitted.partition(";")[0].strip().lower() != "no"

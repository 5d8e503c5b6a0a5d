"""What the clinic itself sent from its mailbox: a person has the conversation then."""

from typing import Final

from workers.channels.email.reading.new_text import new_text
from workers.channels.email.receiving.arrival import Arrival
from workers.channels.email.receiving.our_mails import OurMails
from workers.contracts.channels import ChannelBook
from workers.contracts.conversation import Entry
from workers.contracts.echoes import EchoStore
from workers.contracts.numbers import alias_of
from workers.contracts.send import SendState

_HOUR: Final = 3600


class SentMail:
    """Takes in what lies in the folder of what was sent.

    Args:
        channels: whose mailboxes they are.
        echoes: where it is kept that a person wrote.
        ours: by what our own answers are known.
    """

    def __init__(self, channels: ChannelBook, echoes: EchoStore, ours: OurMails) -> None:
        self._channels = channels
        self._echoes = echoes
        self._ours = ours

    def take(self, arrival: Arrival) -> list[str]:
        """Let the assistant be silent where a person wrote; the kind that the mail counts as."""
        mail, channel = arrival.mail, arrival.channel
        receiver = self._receiver(arrival)
        is_ours = self._ours.shows(mail.message_id, SendState.SENT, arrival)
        if is_ours or _is_automatic(arrival) or receiver is None:
            return ["own"]
        hours = channel.pause_hours - (arrival.now - arrival.sent_at) / _HOUR
        if hours <= 0:  # it came so late that the assistant has its turn again
            return ["echo"]
        text = new_text(mail).text or mail.subject
        arrival = Arrival(mail, arrival.post, channel, receiver, arrival.now)
        self._echoes.take(
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


def _is_automatic(arrival: Arrival) -> bool:
    """Whether the mailbox's own robot wrote it, an absence note say."""
    submitted = arrival.mail.headers.get("auto-submitted", ("no",))[0]
    return submitted.partition(";")[0].strip().lower() != "no"

"""How fast a number may send, and when it may not at all: kept in Redis, shared by all workers.

Meta allows 80 messages a second from a number, and to one contact one in 6 s, of which 45 may be
borrowed from later (https://developers.facebook.com/docs/whatsapp/cloud-api/overview). What waits
here counts as no attempt.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from workers.channels.limits import Cause, ChannelLimits, Permit, Probing, Ticket
from workers.channels.whatsapp.codes import Decision
from workers.contracts import keys, logs
from workers.contracts.send import month
from workers.contracts.whatsapp_channel import WhatsAppChannel

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["Limits", "Pace", "Passage", "Permit", "Ticket", "fingerprint"]

_log = logs.logger(__name__)
#: Seconds for which no template is sent once too many were blocked or reported.
_NO_TEMPLATES_SECONDS: Final = 24 * 3600.0
#: Texts of emergencies that a contact gets in a day on top of all its answers: who is in need is
#: told, and a loop of two robots that both speak of emergencies ends all the same.
_URGENT_MORE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace(Probing):
    """The limits of Meta's.

    Attributes:
        number_rate, number_burst: messages a second from a number, and at once.
        pair_seconds, pair_burst: seconds between two messages to a contact, and how many at once.
    """

    number_rate: float = 80.0
    number_burst: int = 80
    pair_seconds: float = 6.0
    pair_burst: int = 45


@dataclass(frozen=True, slots=True)
class Passage:
    """What wants to go out.

    Attributes:
        free: a person wrote it: no cap of ours counts.
        urgent: it tells what to do in an emergency: it may be billed above the cap, and a contact
            who has had all the answers of a day gets a few of these.
        template: it opens a conversation, instead of answering.
    """

    channel: WhatsAppChannel
    conversation_id: str
    free: bool = False
    urgent: bool = False
    template: bool = False

    @property
    def contact_cap(self) -> int:
        """Answers that the contact may have in a day; 0: any number."""
        if self.free:
            return 0
        return self.channel.contact_cap + (_URGENT_MORE if self.urgent else 0)

    @property
    def billed_cap(self) -> int:
        """Messages of a month that may be billed; 0: any number."""
        return 0 if self.free or self.urgent else self.channel.billed_cap or 0


class Limits(ChannelLimits):
    """The limits of all numbers. Safe for threads."""

    def __init__(self, redis: "Redis", pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        super().__init__(redis, self._pace)

    def take(self, passage: Passage, now: datetime) -> Ticket:
        """Ask for leave to send one message, and take it off the limits where it is given."""
        channel, pace = passage.channel, self._pace
        day = now.astimezone(ZoneInfo(channel.time_zone)).date().isoformat()
        return self._ask(
            channel.name,
            [
                keys.pace(channel.name),
                keys.pair(channel.name, passage.conversation_id),
                keys.answers_of_day(channel.name, passage.conversation_id, day),
            ],
            [
                fingerprint(channel),
                pace.number_rate,
                pace.number_burst,
                int(pace.pair_seconds * 1000),
                pace.pair_burst,
                passage.contact_cap,
                int(pace.probe_seconds * 1000),
                f"{channel.name}:{month(now.timestamp())}:",
                passage.billed_cap,
                int(passage.template),
                *pace.look_times,
            ],
        )

    def hold_number(self, channel: WhatsAppChannel) -> timedelta:
        """Everybody waits who sends from this number; how long."""
        return self.hold(channel.name)

    def hold_contact(self, channel: WhatsAppChannel, conversation_id: str) -> timedelta:
        """Messages to this contact wait, others do not; how long."""
        return self.hold_one(channel.name, conversation_id)

    def pause(self, channel: WhatsAppChannel, code: int, decision: Decision) -> timedelta:
        """Send nothing through a channel until its file is repaired or a message gets through.

        Nothing is lost, and nothing counts as an attempt. Returns when to look again.
        """
        repair = "the account, at Meta" if decision.account else "token or registration"
        return self._stop(channel.name, fingerprint(channel), Cause(code, decision.reason, repair))

    def stop_templates(self, channel: WhatsAppChannel, code: int, reason: str) -> None:
        """Open no conversation from this number for a day."""
        until_ms = int((datetime.now(UTC).timestamp() + _NO_TEMPLATES_SECONDS) * 1000)
        self._redis.hset(keys.pace(channel.name), "no_templates_until", str(until_ms))
        _log.error("templates_stopped", channel=channel.name, code=code, reason=reason)

    def ease(self, channel: WhatsAppChannel, conversation_id: str) -> None:
        """A message was accepted: refusals before it count no more, and a pause ends."""
        self.ease_one(channel.name, conversation_id)

    def is_held(self, channel: WhatsAppChannel) -> bool:
        """Whether nothing is sent through this channel now."""
        return self.is_waiting(channel.name)


def fingerprint(channel: WhatsAppChannel) -> str:
    """What tells one token from another, and gives nothing of it away."""
    return hashlib.sha256(channel.token.get_secret_value().encode()).hexdigest()[:12]

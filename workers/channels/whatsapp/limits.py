"""How fast a number may send, and when it may not at all: kept in Redis, shared by all workers.

Meta allows 80 messages a second from a number, and to one contact one in 6 s, of which 45 may be
borrowed from later (https://developers.facebook.com/docs/whatsapp/cloud-api/overview). What waits
here counts as no attempt.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from workers.channels.whatsapp.codes import Decision
from workers.contracts import keys, logs, scripts
from workers.contracts.send import month
from workers.contracts.whatsapp_channel import WhatsAppChannel

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
#: Longest waits after refusals in a row, in seconds.
_LONGEST_NUMBER_WAIT: Final = 15 * 60.0
_LONGEST_CONTACT_WAIT: Final = 60 * 60.0
#: Seconds for which no template is sent once too many were blocked or reported.
_NO_TEMPLATES_SECONDS: Final = 24 * 3600.0
#: Texts of emergencies that a contact gets in a day on top of all its answers: who is in need is
#: told, and a loop of two robots that both speak of emergencies ends all the same.
_URGENT_MORE: Final = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of Meta's.

    Attributes:
        number_rate, number_burst: messages a second from a number, and at once.
        pair_seconds, pair_burst: seconds between two messages to a contact, and how many at once.
        probe_seconds: a paused channel lets one message through so often, to see if it works again.
        look_seconds, looks: seconds after which a message that waits for a paused channel looks
            whether it was repaired, without calling Meta, and how many look in a second.
    """

    number_rate: float = 80.0
    number_burst: int = 80
    pair_seconds: float = 6.0
    pair_burst: int = 45
    probe_seconds: float = 60.0
    look_seconds: float = 2.0
    looks: float = 25.0


class Permit(StrEnum):
    """Whether a message may be sent now."""

    GO = "go"
    WAIT = "wait"
    PAUSED = "paused"  #: the channel: somebody has to repair it
    CAPPED = "capped"  #: the contact has all the answers of a day
    COSTLY = "costly"  #: the number has all the billed messages of a month
    NO_TEMPLATES = "no_templates"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A permit, and how long to wait for the next try where it says so."""

    permit: Permit
    wait: timedelta = timedelta()


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


class Limits:
    """The limits of all channels. Safe for threads."""

    def __init__(self, redis: "Redis", pace: Pace | None = None) -> None:
        self._redis = redis
        self._pace = pace or Pace()
        self._take = redis.register_script(scripts.source("sends/pace"))
        self._hold = redis.register_script(scripts.source("sends/hold"))
        self._pause = redis.register_script(scripts.source("sends/pause"))

    def take(self, passage: Passage, now: datetime) -> Ticket:
        """Ask for leave to send one message, and take it off the limits where it is given."""
        channel, pace = passage.channel, self._pace
        day = now.astimezone(ZoneInfo(channel.time_zone)).date().isoformat()
        verdict, wait_ms = self._take(
            keys=[
                keys.pace(channel.name),
                keys.pair(channel.name, passage.conversation_id),
                keys.answers_of_day(channel.name, passage.conversation_id, day),
            ],
            args=[
                channel.name,
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
                *self._look_times(),
            ],
        )
        if verdict == "resumed":
            _log.info("channel_resumed", channel=channel.name, why="its token was changed")
            return Ticket(Permit.GO)
        return Ticket(Permit(verdict), timedelta(milliseconds=int(wait_ms)))

    def hold_number(self, channel: WhatsAppChannel) -> timedelta:
        """Everybody waits who sends from this number; how long."""
        return self._held(keys.pace(channel.name), _LONGEST_NUMBER_WAIT)

    def hold_contact(self, channel: WhatsAppChannel, conversation_id: str) -> timedelta:
        """Messages to this contact wait, others do not; how long."""
        return self._held(keys.pair(channel.name, conversation_id), _LONGEST_CONTACT_WAIT)

    def _held(self, key: str, longest: float) -> timedelta:
        return timedelta(milliseconds=int(self._hold(keys=[key], args=[int(longest * 1000)])))

    def pause(self, channel: WhatsAppChannel, code: int, decision: Decision) -> timedelta:
        """Send nothing through a channel until its file is repaired or a message gets through.

        Nothing is lost, and nothing counts as an attempt. Returns when to look again.
        """
        probe_ms = int(self._pace.probe_seconds * 1000)
        fixed = (channel.name, code, decision.reason, fingerprint(channel), probe_ms)
        is_new, look_ms = self._pause(
            keys=[keys.pace(channel.name)], args=[*fixed, *self._look_times()]
        )
        if is_new:
            _log.error(
                "channel_paused",
                channel=channel.name,
                code=code,
                reason=decision.reason,
                repair="the account, at Meta" if decision.account else "token or registration",
            )
        return timedelta(milliseconds=int(look_ms))

    def _look_times(self) -> tuple[int, int]:
        """Milliseconds until a message looks again whether a channel was repaired; between two."""
        return int(self._pace.look_seconds * 1000), int(1000 / self._pace.looks)

    def stop_templates(self, channel: WhatsAppChannel, code: int, reason: str) -> None:
        """Open no conversation from this number for a day."""
        until_ms = int((datetime.now(UTC).timestamp() + _NO_TEMPLATES_SECONDS) * 1000)
        self._redis.hset(keys.pace(channel.name), "no_templates_until", str(until_ms))
        _log.error("templates_stopped", channel=channel.name, code=code, reason=reason)

    def ease(self, channel: WhatsAppChannel, conversation_id: str) -> None:
        """A message was accepted: refusals before it count no more, and a pause ends."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hdel(keys.pace(channel.name), "refusals", "next_look")
        pipe.hdel(keys.pair(channel.name, conversation_id), "refusals")
        pipe.hdel(keys.PAUSED_CHANNELS, channel.name)
        if pipe.execute()[2]:
            _log.info("channel_resumed", channel=channel.name, why="a message got through")

    def is_held(self, channel: WhatsAppChannel) -> bool:
        """Whether nothing is sent through this channel now."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hexists(keys.PAUSED_CHANNELS, channel.name)
        pipe.hget(keys.pace(channel.name), "wait_until")
        paused, wait_until = pipe.execute()
        return bool(paused) or float(wait_until or 0) > datetime.now(UTC).timestamp() * 1000


def fingerprint(channel: WhatsAppChannel) -> str:
    """What tells one token from another, and gives nothing of it away."""
    return hashlib.sha256(channel.token.get_secret_value().encode()).hexdigest()[:12]

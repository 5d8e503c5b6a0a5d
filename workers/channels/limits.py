"""When a channel may send, and when not at all: kept in Redis, shared by all workers.

A channel whose account is refused is paused: nothing is lost, nothing counts as an attempt, and one
message is let through now and then to see whether it works again. What every channel has is here;
how fast each may send is its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from workers.contracts import keys, logs, scripts

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
#: Longest waits after refusals in a row, in seconds.
_LONGEST_CHANNEL_WAIT: Final = 15 * 60.0
_LONGEST_CONTACT_WAIT: Final = 60 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """How a paused channel is tried.

    Attributes:
        probe_seconds: a paused channel lets one message through so often, to see if it works again.
        look_seconds, looks: seconds after which a message that waits for a paused channel looks
            whether it was repaired, without calling anybody, and how many look in a second.
    """

    probe_seconds: float = 60.0
    look_seconds: float = 2.0
    looks: float = 25.0

    @property
    def look_times(self) -> tuple[int, int]:
        """Milliseconds until a message looks again whether a channel was repaired; between two."""
        return int(self.look_seconds * 1000), int(1000 / self.looks)


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
class Cause:
    """Why a channel is paused.

    Attributes:
        code: of the other side's reply.
        reason: in words that name no patient.
        repair: what somebody has to repair.
    """

    code: int
    reason: str
    repair: str


class ChannelLimits:
    """What the limits of all kinds of channels share. Safe for threads."""

    def __init__(self, redis: "Redis", probing: Probing) -> None:
        self._redis = redis
        self._probing = probing
        self._take = redis.register_script(scripts.source("sends/pace"))
        self._hold = redis.register_script(scripts.source("sends/hold"))
        self._pause = redis.register_script(scripts.source("sends/pause"))

    def hold(self, name: str) -> timedelta:
        """Everybody waits who sends by this channel; how long."""
        return self._held(keys.pace(name), _LONGEST_CHANNEL_WAIT)

    def hold_one(self, name: str, contact: str) -> timedelta:
        """Messages to this contact wait, others do not; how long."""
        return self._held(keys.pair(name, contact), _LONGEST_CONTACT_WAIT)

    def ease_one(self, name: str, contact: str) -> None:
        """A message was accepted: refusals before it count no more, and a pause ends."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hdel(keys.pace(name), "refusals", "next_look")
        pipe.hdel(keys.pair(name, contact), "refusals")
        pipe.hdel(keys.PAUSED_CHANNELS, name)
        if pipe.execute()[2]:
            _log.info("channel_resumed", channel=name, why="a message got through")

    def is_waiting(self, name: str) -> bool:
        """Whether nothing is sent through this channel now."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hexists(keys.PAUSED_CHANNELS, name)
        pipe.hget(keys.pace(name), "wait_until")
        paused, wait_until = pipe.execute()
        return bool(paused) or float(wait_until or 0) > datetime.now(UTC).timestamp() * 1000

    def _ask(self, name: str, redis_keys: Sequence[str], args: Sequence[str | float]) -> Ticket:
        verdict, wait_ms = self._take(keys=redis_keys, args=[name, *args])
        if verdict == "resumed":
            _log.info("channel_resumed", channel=name, why="its secret was changed")
            return Ticket(Permit.GO)
        return Ticket(Permit(verdict), timedelta(milliseconds=int(wait_ms)))

    def _stop(self, name: str, fingerprint: str, cause: Cause) -> timedelta:
        """Pause a channel until its secret is changed or a message gets through; when to look."""
        probe_ms = int(self._probing.probe_seconds * 1000)
        fixed = (name, cause.code, cause.reason, fingerprint, probe_ms)
        is_new, look_ms = self._pause(
            keys=[keys.pace(name)], args=[*fixed, *self._probing.look_times]
        )
        if is_new:
            _log.error(
                "channel_paused",
                channel=name,
                code=cause.code,
                reason=cause.reason,
                repair=cause.repair,
            )
        return timedelta(milliseconds=int(look_ms))

    def _held(self, key: str, longest: float) -> timedelta:
        return timedelta(milliseconds=int(self._hold(keys=[key], args=[int(longest * 1000)])))

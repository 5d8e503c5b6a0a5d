"""What follows from one delivery attempt: a pure decision.

The times are those of the Standard Webhooks specification ("Deliverability and reliability"):
ten attempts over about three days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

#: Time before each attempt, the first one included.
SCHEDULE: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
#: Longest wait that a receiver's `Retry-After` can ask for: the schedule's own longest.
_LONGEST_WAIT: Final = SCHEDULE[-1]
#: Share of a wait that jitter adds at most, so that a host that was down is not hit all at once.
_JITTER: Final = 0.2
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Reply:
    """The receiver answered. `retry_after` is its header's value as it was sent."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """Nobody answered in time: the name, the network or TLS failed. That may pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was sent, and nothing ever will be: the URL or the record forbids it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver has it, or has said so since."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The receiver cannot take it now; that may pass, but not before `at_least`."""

    reason: str
    at_least: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Nobody knows whether the receiver has it: not to be sent again, but looked at again."""

    reason: str
    look_in: timedelta


@dataclass(frozen=True, slots=True)
class Dropped:
    """The asker shall not get it any more, for a reason that is no failure."""

    detail: str


Result = Reply | NoReply | Refused | Accepted | Unavailable | Ambiguous | Dropped


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""

    detail: str


@dataclass(frozen=True, slots=True)
class RetryIn:
    """Try again after `delay`."""

    delay: timedelta
    detail: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Given up; somebody can replay it."""

    detail: str


def decide(
    attempt: int, result: Result, *, jitter: float, now: datetime
) -> Delivered | RetryIn | Dropped | Dead:
    """What to do after an attempt.

    Args:
        attempt: which one it was; 1 is the first.
        result: what came of it.
        jitter: a random number in [0, 1).
        now: the current time with a time zone, for a `Retry-After` that is a date.
    """
    if isinstance(result, NoReply):
        result = Unavailable(result.reason)
    match result:
        case Refused(reason):
            return Dead(reason)
        case Unavailable(reason, at_least):
            return _retry(attempt, reason, at_least, jitter)
        case Accepted(detail):
            return Delivered(detail)
        case Ambiguous(reason, look_in):
            return RetryIn(look_in, reason)
        case Dropped():
            return result
        case Reply():
            return _decide_by_status(attempt, result, jitter, now)


def _decide_by_status(
    attempt: int, reply: Reply, jitter: float, now: datetime
) -> Delivered | RetryIn | Dead:
    detail = f"HTTP {reply.status}"
    if 200 <= reply.status < 300:  # noqa: PLR2004 - the class of success
        return Delivered(detail)
    if reply.status == _GONE:
        return Dead(f"{detail}: the receiver wants no more callbacks at this URL")
    return _retry(attempt, detail, retry_after(reply.retry_after, now), jitter)


def _retry(attempt: int, detail: str, asked: timedelta, jitter: float) -> RetryIn | Dead:
    if attempt >= len(SCHEDULE):
        return Dead(f"{detail}; given up after {attempt} attempts")
    wait = max(SCHEDULE[attempt], min(asked, _LONGEST_WAIT))
    return RetryIn(wait * (1 + _JITTER * jitter), detail)


def retry_after(value: str | None, now: datetime) -> timedelta:
    """The wait that a `Retry-After` header asks for (RFC 9110, 10.2.3); zero where unreadable."""
    if value is None:
        return timedelta()
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value.strip()[:9]), _LONGEST_WAIT.total_seconds()))
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return timedelta()
    return max(timedelta(), date.replace(tzinfo=date.tzinfo or UTC) - now)

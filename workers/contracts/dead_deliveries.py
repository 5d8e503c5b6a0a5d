"""Dead deliveries: outcomes that never reached their askers. List them, and replay them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from redis.client import NEVER_DECODE

from workers.contracts import keys, scripts
from workers.contracts.errors import RecordError
from workers.contracts.question import Delivery, Question

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: Deliveries that one script call tidies: others wait for Redis that long, 0.4 ms, or 5 ms where
#: every record is as large as it may be.
_MOST_PER_CALL: Final = 50
#: Entries that are read at a time once some have expired: of an old list nearly all may have.
_LEAST_PER_READ: Final = 250
#: A place in the list: the time (ms) and the id of a delivery.
PLACE: Final = r"[0-9]{1,15}-[0-9a-f]{32}"
#: Why a delivery in another state is not replayed, for the person who asked.
NOT_DEAD: Final = {
    Delivery.PENDING: "its callback is in line already and is sent at its next attempt",
    Delivery.DELIVERED: "its callback was delivered, and nothing is sent twice",
    Delivery.DROPPED: "it was not sent on purpose: its record says why",
    Delivery.NONE: "it has no callback to send: it was asked without one, was cancelled, or has "
    "not ended",
}


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """A delivery that was given up; `question` is its record, None where that cannot be read."""

    id: str
    dead_at: float
    question: Question | None


@dataclass(frozen=True, slots=True)
class DeadPage:
    """A part of the list; the next one begins after the place `after`; None: this is the last."""

    deliveries: list[DeadDelivery]
    after: str | None


#: Id, and time in milliseconds.
_Entry = tuple[str, float]


class DeadDeliveries:
    """Dead deliveries in Redis."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600
        self._replay = redis.register_script(scripts.source("replay"))
        self._tidy = redis.register_script(scripts.source("tidy"))

    def page(self, limit: int, after: str = "", tenant: str | None = None) -> DeadPage:
        """Up to `limit` deliveries, newest first; those whose record has expired are taken out.

        Args:
            limit: most deliveries.
            after: the `after` of the page before.
            tenant: whose; None for those of all tenants.

        Raises:
            ValueError: `after` is no place in the list.
        """
        name = keys.DEAD if tenant is None else keys.dead(tenant)
        deliveries: list[DeadDelivery] = []
        size = limit + 1
        while True:
            entries = self._entries(name, size, after)
            deliveries += self._read(entries, tenant)
            if len(deliveries) > limit:
                last = deliveries[limit - 1]
                return DeadPage(deliveries[:limit], _place(last.id, last.dead_at * 1000))
            if len(entries) < size:
                return DeadPage(deliveries, None)
            after, size = _place(*entries[-1]), max(size, _LEAST_PER_READ)

    def replay(self, question_id: str, tenant: str | None = None) -> Delivery | None:
        """Give a dead delivery all its attempts again, from now.

        Args:
            question_id: whose outcome is to be sent.
            tenant: whose question it must be; None for any.

        Returns:
            The state that the delivery had: it is replayed where that is `DEAD`, else nothing
            changed (`NOT_DEAD` says why). None where the tenant has no such question.
        """
        state = self._replay(keys=[keys.question(question_id)], args=[question_id, tenant or ""])
        return None if state is None else Delivery(state)

    def tidy(self) -> None:
        """Take out what has expired, and list for its tenant what an older version wrote."""
        entries = self._redis.zscan_iter(keys.DEAD, count=_MOST_PER_CALL)
        self._tidy_all([question_id for question_id, _ in entries])

    def _entries(self, name: str, most: int, after: str) -> list[_Entry]:
        if not after:
            return self._entries_from(name, "+inf", 0, most)
        if not re.fullmatch(PLACE, after):
            raise ValueError("no place in the list of dead deliveries")
        ms, _, last = after.partition("-")
        # Of those given up in the same millisecond, higher ids came before.
        same_ms = self._redis.zrange(name, cast("Any", ms), cast("Any", ms), byscore=True)
        before = sum(question_id >= last for question_id in cast("list[str]", same_ms))
        return self._entries_from(name, ms, before, most)

    def _entries_from(self, name: str, ms: str, skip: int, most: int) -> list[_Entry]:
        return cast(
            "list[_Entry]",
            self._redis.zrange(
                name, cast("Any", ms), cast("Any", "-inf"), desc=True, byscore=True,
                withscores=True, offset=skip, num=most,
            ),
        )  # fmt: skip

    def _read(self, entries: Sequence[_Entry], tenant: str | None) -> list[DeadDelivery]:
        pipe = self._redis.pipeline(transaction=False)
        for question_id, _ in entries:
            # Undecoded: one record that is no UTF-8 must not hide the others.
            cast("Any", pipe).execute_command(
                "HGETALL", keys.question(question_id), **{NEVER_DECODE: []}
            )
        deliveries, stale = [], []
        for (question_id, ms), raw in zip(entries, pipe.execute(), strict=True):
            if raw.get(b"delivery") == Delivery.DEAD.value.encode():
                deliveries.append(DeadDelivery(question_id, ms / 1000, _question(question_id, raw)))
            else:
                stale.append(question_id)
        self._tidy_all(stale, tenant)  # it checks again: one may have died once more since
        return deliveries

    def _tidy_all(self, ids: Sequence[str], tenant: str | None = None) -> None:
        for start in range(0, len(ids), _MOST_PER_CALL):
            some = ids[start : start + _MOST_PER_CALL]
            self._tidy(args=[self._retention, tenant or "", *some])


def _place(question_id: str, ms: float) -> str:
    return f"{ms:.0f}-{question_id}"


def _question(question_id: str, raw: dict[bytes, bytes]) -> Question | None:
    try:
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        return Question.from_hash(question_id, fields)
    except (RecordError, UnicodeDecodeError):
        return None

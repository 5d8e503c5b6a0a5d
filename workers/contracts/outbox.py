"""The outbox: which outcomes still have to reach their askers, and when."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from workers.contracts import keys, scripts
from workers.contracts.question import Delivery

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: Delivery attempts that a record remembers.
_ATTEMPTS_KEPT = 5


class Outbox:
    """Deliveries in Redis. Every change is one step."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600
        self._lease = redis.register_script(scripts.source("lease"))
        self._begin = redis.register_script(scripts.source("begin"))
        self._postpone = redis.register_script(scripts.source("postpone"))
        self._delivered = redis.register_script(scripts.source("delivered"))

    def lease(self, seconds: float, most: int) -> list[str]:
        """Ids of questions whose delivery is due, nobody else's for `seconds`."""
        return cast("list[str]", self._lease(keys=[keys.OUTBOX], args=[int(seconds * 1000), most]))

    def begin(self, question_id: str, seconds: float) -> bool:
        """Take up a leased delivery for at most `seconds`; False: it is not this task's."""
        hold_ms = int(seconds * 1000)
        return bool(self._begin(keys=[keys.question(question_id)], args=[question_id, hold_ms]))

    def postpone(self, question_id: str, delay: timedelta) -> bool:
        """Put a delivery back that was begun and not attempted; False where none was pending."""
        delay_ms = _milliseconds(delay)
        return bool(self._postpone(keys=[keys.question(question_id)], args=[question_id, delay_ms]))

    def record(
        self,
        question_id: str,
        state: Delivery,
        detail: str,
        retry_in: timedelta = timedelta(),
    ) -> bool:
        """Record one attempt; False where no delivery was pending any more."""
        recorded = self._delivered(
            keys=[keys.question(question_id)],
            args=[
                question_id,
                state.value,
                detail,
                _milliseconds(retry_in),
                self._retention,
                _ATTEMPTS_KEPT,
            ],
        )
        return bool(recorded)

    def sizes(self) -> dict[Delivery, int]:
        """Deliveries that are pending and dead."""
        return {
            Delivery.PENDING: self._redis.zcard(keys.OUTBOX),
            Delivery.DEAD: self._redis.zcard(keys.DEAD),
        }


def _milliseconds(delay: timedelta) -> int:
    return int(delay.total_seconds() * 1000)

"""Which drains are paused. It is kept in Redis, so it outlives every worker's restart.

One hash: a Celery node's name (`drain@host`), or `ALL` for the fleet and whoever joins it, and
since when. Each drain reads it as it reports. A pause of all and one of a node are independent:
ending one does not end the other.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from workers.contracts import keys

if TYPE_CHECKING:
    from redis import Redis

#: In the place of a node's name: every drain, and those that start later.
ALL: Final = "*"


class Pauses:
    """The pauses in Redis."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def pause(self, node: str = ALL) -> bool:
        """Pause; False where it was paused already: since when stays as it is."""
        return bool(self._redis.hsetnx(keys.PAUSED, node, str(time.time())))

    def resume(self, node: str = ALL) -> bool:
        """End a pause; False where there was none."""
        return bool(self._redis.hdel(keys.PAUSED, node))

    def all(self) -> dict[str, float]:
        """Who is paused, and since when in Unix seconds."""
        return parse(cast("dict[str, str]", self._redis.hgetall(keys.PAUSED)))


def parse(raw: Mapping[str, str]) -> dict[str, float]:
    """The pauses as stored. One whose time cannot be read is a pause all the same, from 0."""
    return {node: _seconds(since) for node, since in raw.items()}


def _seconds(raw: str) -> float:
    try:
        return float(raw)
    except ValueError:
        return 0.0

"""Whether the posts that the webhook stored have been taken by a worker."""

from typing import TYPE_CHECKING, Any

from workers.commands.support.queue import queue_settings
from workers.commands.support.webhook_findings import Taken
from workers.contracts import keys
from workers.contracts.connection import connect
from workers.stack.errors import NotRunningError

if TYPE_CHECKING:
    from redis import Redis


class Posts:
    """The posts that were stored when it is first called: true once all of them are taken."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._last: str | None = None

    def __call__(self) -> bool:
        """Whether they are taken.

        Raises:
            RedisError: the queue does not answer.
        """
        if self._last is None:
            if not self._redis.exists(keys.INBOUND):
                return False
            stream: Any = self._redis.xinfo_stream(keys.INBOUND)
            self._last = str(stream["last-generated-id"])
        return not self._redis.xrange(keys.INBOUND, max=self._last, count=1)


def posts_taken() -> Taken | None:
    """Watches the posts of this installation; None where no queue answers."""
    try:
        return Posts(connect(queue_settings()))
    except NotRunningError:
        return None

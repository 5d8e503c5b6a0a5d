"""Connections to Redis: one way to open them, for threads and for asyncio."""

from typing import TYPE_CHECKING, Final

from redis import BlockingConnectionPool, Redis
from redis import exceptions as errors
from redis.asyncio import BlockingConnectionPool as AsyncBlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

if TYPE_CHECKING:
    from workers.contracts.settings import QueueSettings

#: Errors of Redis that may pass: it is asked again later.
AWAY: Final = (
    errors.ConnectionError,
    errors.TimeoutError,
    errors.BusyLoadingError,
    errors.ClusterDownError,
    errors.OutOfMemoryError,
    errors.ReadOnlyError,
)
#: How replies begin that tell of the server's own trouble: a full disk, a script that takes long,
#: replicas that are gone.
_TROUBLE: Final = ("MISCONF", "BUSY ", "NOREPLICAS", "TRYAGAIN", "UNKILLABLE")
#: Connections of one process. The blocking pools wait for a free one; redis-py's default pool
#: raises at its limit.
_CONNECTIONS = 64
#: Longest wait for a free connection, and for a server that does not answer.
_TIMEOUT_SECONDS = 20


def may_pass(error: Exception) -> bool:
    """Whether an error is Redis's own and may pass: what was asked is no fault of it."""
    is_trouble = isinstance(error, errors.ResponseError) and str(error).startswith(_TROUBLE)
    return is_trouble or isinstance(error, AWAY)


def connect(
    settings: "QueueSettings", *, connections: int = _CONNECTIONS, timeout: float = _TIMEOUT_SECONDS
) -> "Redis":
    """A client for threads. It connects at the first command.

    Args:
        settings: where the server is.
        connections: most connections at the same time; one more waits for a free one.
        timeout: seconds to wait for a free connection or for a new one.
    """
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=connections,
        timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        health_check_interval=30,
    )
    return Redis.from_pool(pool)


def connect_async(settings: "QueueSettings") -> "AsyncRedis":
    """A client for one asyncio loop. It connects at the first command."""
    pool = AsyncBlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=_CONNECTIONS,
        timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        decode_responses=True,
        health_check_interval=30,
    )
    return AsyncRedis.from_pool(pool)

"""Connections to Redis: one way to make them, for threads and for asyncio."""

from typing import TYPE_CHECKING

from redis import BlockingConnectionPool, Redis
from redis.asyncio import BlockingConnectionPool as AsyncBlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

if TYPE_CHECKING:
    from workers.contracts.settings import QueueSettings

#: Connections of one process. The blocking pools wait for a free one; redis-py's default pool
#: raises at its limit.
_POOL = 64
#: Seconds to wait for a free connection, and for a server that does not answer.
_TIMEOUT = 20


def connect(settings: "QueueSettings") -> "Redis":
    """A client for threads. It connects at the first command."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=_POOL,
        timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        decode_responses=True,
        health_check_interval=30,
    )
    return Redis(connection_pool=pool)


def connect_async(settings: "QueueSettings") -> "AsyncRedis":
    """A client for one asyncio loop. It connects at the first command."""
    pool = AsyncBlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=_POOL,
        timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        decode_responses=True,
        health_check_interval=30,
    )
    return AsyncRedis(connection_pool=pool)

"""That a person will answer is told once in a conversation, however much is written in it."""

from typing import TYPE_CHECKING, cast

from workers.contracts import keys

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings


class Acknowledgements:
    """By which question a contact is told. Safe for threads."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600

    def claim(self, conversation_id: str, question_id: str) -> bool:
        """Whether this question is the one: the first that asks, however often it asks."""
        name = keys.acknowledged(conversation_id)
        before = self._redis.set(name, question_id, nx=True, get=True, ex=self._retention)
        return cast("str | None", before) in {None, question_id}

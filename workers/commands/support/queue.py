"""The queue that a command talks to: this machine's stack, or the one that is set."""

from redis import RedisError

from workers.contracts.connection import connect
from workers.stack.address import running
from workers.stack.settings import LocalSettings, load_settings


def reach() -> LocalSettings:
    """The settings with the queue that answers; the command ends where none does."""
    settings = load_settings()
    here = running(settings)
    if here is not None:
        return settings.model_copy(update={"redis_url": here.redis_url})
    try:
        connect(settings).ping()
    except RedisError as error:
        raise SystemExit(
            "No stack runs here and no queue answers at ATENDE_REDIS_URL "
            f"({type(error).__name__}). Start one with `atende up`. Nothing was changed."
        ) from None
    return settings

"""The queue that a command talks to: this machine's stack, or the one that is set."""

from redis import RedisError

from workers.contracts.connection import connect
from workers.stack.errors import NotRunningError
from workers.stack.running_stack import running_stack
from workers.stack.settings import LocalSettings, load_settings


def queue_settings() -> LocalSettings:
    """The settings, with the URL of a queue that answers.

    Raises:
        NotRunningError: no queue answers.
        SettingsError: the settings are wrong.
    """
    settings = load_settings()
    stack = running_stack(settings)
    if stack is not None:
        return settings.model_copy(update={"redis_url": stack.redis_url})
    try:
        connect(settings).ping()
    except RedisError as error:
        raise NotRunningError(
            "No stack runs here and no queue answers at ATENDE_REDIS_URL "
            f"({type(error).__name__}). Nothing was changed. Start one with `atende up`."
        ) from None
    return settings

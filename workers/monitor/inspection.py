"""`celery -A workers.app inspect drain`: how a worker's drain stands, asked over Celery.

It only reads. What steers a drain is the switch in Redis alone: `atende drain pause` turns it.
"""

from typing import Any, Final

from celery.worker.control import inspect_command
from redis import RedisError

from workers.contracts.connection import connect
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.monitor.report import Sight
from workers.monitor.status import standing

#: Seconds to wait for the drain's loop, and for Redis: `celery inspect` waits for one in all.
_PATIENCE: Final = 0.4

Reply = dict[str, Any]


@inspect_command(help="How this worker's drain stands.")
def drain(state: Any) -> Reply:  # noqa: ANN401 - Celery's, untyped
    """State, flights by lane and stage, claims, tokens, and how old the lanes are."""
    sight: Sight | None = getattr(state.consumer.controller, "sight", None)
    if sight is None:
        return {"ok": "This worker drains nothing: ATENDE_DRAIN is not set."}
    try:
        status = sight.look(_PATIENCE)
        if status is None:
            return {"ok": "The drain is starting: the engine loads."}
        return standing(*status) | {"lanes": _lanes(QueueSettings())}
    except RedisError as error:
        return {"error": f"Redis does not answer ({type(error).__name__}). Nothing was changed."}
    except TimeoutError:
        return {"error": f"The drain did not answer within {_PATIENCE} s: its loop is busy."}


def _lanes(settings: QueueSettings) -> dict[str, dict[str, float]]:
    redis = connect(settings, connections=1, timeout=_PATIENCE)
    try:
        store = QuestionStore(redis, settings)
        return {
            lane.value: {
                "not_ended": waiting,
                "oldest_seconds": round(store.oldest(lane) or 0.0, 1),
            }
            for lane, waiting in store.waiting().items()
        }
    finally:
        redis.close()

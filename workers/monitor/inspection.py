"""`celery -A workers.app inspect drain`: how a worker's drain stands, asked over Celery.

It only reads. The switch in Redis alone steers a drain; `atende drain pause` turns it.
"""

from typing import Any, Final

from celery.worker.control import inspect_command
from redis import RedisError

from workers.contracts.connection import connect
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.monitor.report import Reporter
from workers.monitor.status import drain_status

#: Seconds to wait for the drain's loop, and for Redis: `celery inspect` waits one second in all.
_REPLY_SECONDS: Final = 0.4

Reply = dict[str, Any]


@inspect_command(help="How this worker's drain stands.")
def drain(state: Any) -> Reply:  # noqa: ANN401 - Celery's, untyped
    """State, flights by lane and stage, claims, tokens, and how old the lanes are."""
    reporter: Reporter | None = getattr(state.consumer.controller, "reporter", None)
    if reporter is None:
        return {"ok": "This worker drains nothing: ATENDE_DRAIN is not set."}
    try:
        status = reporter.status(_REPLY_SECONDS)
        if status is None:
            return {"ok": "The drain is starting: the engine loads."}
        return drain_status(*status) | {"lanes": _lanes(QueueSettings())}
    except RedisError as error:
        return {"error": f"Redis does not answer ({type(error).__name__}). Nothing was changed."}
    except TimeoutError:
        return {"error": f"The drain did not answer within {_REPLY_SECONDS} s: its loop is busy."}


def _lanes(settings: QueueSettings) -> dict[str, dict[str, float]]:
    redis = connect(settings, connections=1, timeout=_REPLY_SECONDS)
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

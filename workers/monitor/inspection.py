"""Remote control of drains by Celery: `celery inspect drain`, `celery control drain_pause`.

    celery -A workers.app inspect drain
    celery -A workers.app control drain_pause --destination drain@host

A broadcast may be lost, so nothing rests on it: a pause is written to Redis under the node's name,
from where the drain reads it with every report and at its next start. Without `--destination` each
worker that hears it pauses itself; `atende drain pause` pauses the fleet, and whoever joins it.
"""

import functools
from collections.abc import Callable
from typing import Any, Final

from celery.worker.control import control_command, inspect_command
from redis import Redis, RedisError

from workers.contracts.connection import connect
from workers.contracts.pauses import ALL, Pauses
from workers.contracts.settings import QueueSettings
from workers.contracts.store import QuestionStore
from workers.monitor.report import Sight
from workers.monitor.status import standing

#: Seconds to wait for the drain's loop, and for Redis: `celery inspect` waits for one in all.
_PATIENCE: Final = 0.4

Reply = dict[str, Any]
#: A command's work: (what this worker shows, its settings, Redis) to what is answered.
Work = Callable[[Sight, QueueSettings, Redis], Reply]


def _answered(work: Work) -> Callable[[Any], Reply]:
    """As Celery calls it, whatever fails in it answered in a sentence."""

    @functools.wraps(work)
    def command(state: Any) -> Reply:  # noqa: ANN401 - Celery's, untyped
        sight: Sight | None = getattr(state.consumer.controller, "sight", None)
        if sight is None:
            return {"ok": "This worker drains nothing: ATENDE_DRAIN is not set."}
        settings = QueueSettings()
        redis = connect(settings, connections=1, timeout=_PATIENCE)
        try:
            return work(sight, settings, redis)
        except RedisError as error:
            return {
                "error": f"Redis does not answer ({type(error).__name__}). Nothing was changed."
            }
        except TimeoutError:
            return {
                "error": f"The drain did not answer within {_PATIENCE} s: its loop is busy. "
                "What was asked for stands in Redis and is followed at its next report."
            }
        finally:
            redis.close()

    return command


@inspect_command(help="How this worker's drain stands.")
@_answered
def drain(sight: Sight, settings: QueueSettings, redis: Redis) -> Reply:
    """State, flights by lane and stage, claims, tokens, and how old the lanes are."""
    found = sight.look(_PATIENCE)
    if found is None:
        return {"ok": "The drain is starting: the engine loads."}
    store = QuestionStore(redis, settings)
    lanes = {
        lane.value: {
            "not_ended": waiting,
            "oldest_seconds": round(store.oldest(lane) or 0.0, 1),
        }
        for lane, waiting in store.waiting().items()
    }
    return standing(*found) | {"lanes": lanes}


@control_command(help="Claim nothing more; finish what is in flight.")
@_answered
def drain_pause(sight: Sight, _settings: QueueSettings, redis: Redis) -> Reply:
    """Pause this worker, over its restarts, until `drain_resume`."""
    pauses, node = Pauses(redis), sight.switch.node
    new = pauses.pause(node)
    sight.turn(pauses.all(), _PATIENCE)
    told = f"{node} is paused" if new else f"{node} was paused already"
    return {"ok": f"{told}: it finishes what is in flight and claims nothing more."}


@control_command(help="Claim again.")
@_answered
def drain_resume(sight: Sight, _settings: QueueSettings, redis: Redis) -> Reply:
    """End this worker's own pause."""
    pauses, node = Pauses(redis), sight.switch.node
    ended = pauses.resume(node)
    left = pauses.all()
    sight.turn(left, _PATIENCE)
    told = f"{node}'s pause is over" if ended else f"{node} was not paused by name"
    if ALL in left:
        return {"ok": f"{told}, but all drains are paused: `atende drain resume` ends that."}
    return {"ok": f"{told}: it claims."}

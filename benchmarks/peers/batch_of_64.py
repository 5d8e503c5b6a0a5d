"""Peer (b): a Celery worker that collects 64 questions, and waits for the whole batch."""

import math
from typing import Any

from redis import Redis

from benchmarks.peers import celery_client
from benchmarks.peers.celery_app import answer, new_app
from benchmarks.peers.celery_client import Answer
from benchmarks.peers.work import Measurement, Work, run

SYSTEM = "Celery, batches of 64"
MODULE = "benchmarks.peers.batch_of_64"
#: Questions of one call of `LLM.chat`.
BATCH = 64
#: The list that questions are collected in.
WAITING = "waiting"

celery = new_app(MODULE)


@celery.task(name="answer_batch")
def answer_batch() -> list[Answer]:
    """Take what has been collected, 64 at most; search for all at once; answer all at once."""
    with Redis.from_url(celery.conf.broker_url, decode_responses=True) as redis:
        questions: Any = redis.lpop(WAITING, BATCH)
    return answer(list(questions or []))


def ask(url: str, questions: list[str]) -> list[Any]:
    """Collect the questions, send a task for each 64 of them, and wait for all."""
    celery.conf.update(broker_url=url, result_backend=url)
    with Redis.from_url(url) as redis:
        redis.rpush(WAITING, *questions)
    results = [answer_batch.delay() for _ in range(math.ceil(len(questions) / BATCH))]
    return [
        answer for result in results for answer in result.get(timeout=celery_client.MOST_SECONDS)
    ]


def measure(work: Work, most: int | None) -> Measurement:
    """Through one worker of one process."""
    return celery_client.measure(SYSTEM, MODULE, work, most, ask)


if __name__ == "__main__":
    run(SYSTEM, measure)

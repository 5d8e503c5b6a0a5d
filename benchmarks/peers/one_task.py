"""Peer (a): one Celery task per question, which searches and calls `LLM.chat` alone."""

from typing import Any

from benchmarks.peers import celery_client
from benchmarks.peers.celery_app import answer, new_app
from benchmarks.peers.celery_client import Answer
from benchmarks.peers.work import Measurement, Work, run

SYSTEM = "one Celery task per question"
MODULE = "benchmarks.peers.one_task"

celery = new_app(MODULE)


@celery.task(name="answer_one")
def answer_one(question: str) -> Answer:
    """Answer one question."""
    return answer([question])[0]


def ask(url: str, questions: list[str]) -> list[Any]:
    """Send a task for each; collect their results."""
    celery.conf.update(broker_url=url, result_backend=url)
    results = [answer_one.delay(question) for question in questions]
    return [result.get(timeout=celery_client.MOST_SECONDS) for result in results]


def measure(work: Work, most: int | None) -> Measurement:
    """Through one worker of one process."""
    return celery_client.measure(SYSTEM, MODULE, work, most, ask)


if __name__ == "__main__":
    run(SYSTEM, measure)

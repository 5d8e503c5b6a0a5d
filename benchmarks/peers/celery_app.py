"""What both Celery peers load once in their worker's process: the documents and the engine."""

import os
from functools import cache
from pathlib import Path

from celery import Celery

from benchmarks.peers.celery_client import Answer
from benchmarks.peers.llm import Chat
from benchmarks.peers.work import Work
from ingestion.knowledge.base import Knowledge, open_knowledge
from workers.settings import WorkerSettings


def new_app(name: str) -> Celery:
    """A Celery app that keeps results in its broker, as Celery's first steps show it."""
    url = os.environ.get("BENCH_BROKER", "redis://127.0.0.1:6379/0")
    app = Celery(name, broker=url, backend=url)
    app.conf.update(
        broker_connection_retry_on_startup=True,
        worker_prefetch_multiplier=1,
        task_acks_late=True,
        worker_hijack_root_logger=False,
    )
    return app


@cache
def _loaded() -> tuple[Work, WorkerSettings, Knowledge, Chat]:
    work = Work(Path(os.environ["BENCH_FOLDER"]))
    settings = work.settings()
    knowledge = open_knowledge(settings)
    knowledge.warm()
    return work, settings, knowledge, Chat(work)


def answer(questions: list[str]) -> list[Answer]:
    """Search for all, then ask the engine for all; returns once the last has ended."""
    work, settings, knowledge, chat = _loaded()
    passages = work.find(knowledge, settings, questions)
    return chat.answer(chat.prompts(questions, passages))

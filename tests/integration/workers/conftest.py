"""A clinic's knowledge base, and the bench that drains over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from tests.drain_bench import Bench
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.settings import WorkerSettings


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    (folder / "docs" / "colonoscopia.md").write_text(
        "# Colonoscopia\n\n## Preparo da colonoscopia\n\nFaça jejum de 8 horas e beba água.\n",
        "utf-8",
    )
    settings = IngestionSettings(data_dir=folder)
    with open_knowledge(settings) as opened:
        ingest_path(folder / "docs", Target("clinica", opened, settings))
        opened.warm()
        yield opened


@pytest.fixture
def settings(queue_settings: QueueSettings) -> WorkerSettings:
    return WorkerSettings(
        redis_url=queue_settings.redis_url,
        heartbeat_seconds=0.2,
        takeover_seconds=0.6,
        grace_seconds=0.4,
        answer_tokens=20,
    )


@pytest.fixture
def store(redis: Redis, settings: WorkerSettings) -> QuestionStore:
    return QuestionStore(redis, settings)


@pytest.fixture
def bench(store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings) -> Bench:
    return Bench(store, knowledge, settings)


@pytest.fixture
def slow_takeover(store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings) -> Bench:
    """Nothing is taken over by its idle time in a test's."""
    return Bench(store, knowledge, settings.model_copy(update={"takeover_seconds": 60.0}))

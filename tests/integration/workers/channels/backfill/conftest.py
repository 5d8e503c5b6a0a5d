"""Backfills on an empty server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge
from tests.drain_bench import Bench
from tests.rounds_bench import Receiver, RoundsBench
from workers.contracts.questions import QuestionStore
from workers.settings import WorkerSettings


@pytest.fixture
def settings(queue_settings: object) -> WorkerSettings:
    assert queue_settings
    return WorkerSettings()


@pytest.fixture
def bench(redis: Redis, settings: WorkerSettings, tmp_path: Path) -> RoundsBench:
    folder = tmp_path / "channels"
    folder.mkdir()
    return RoundsBench(redis, settings, folder)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def drains(redis: Redis, settings: WorkerSettings, knowledge: Knowledge) -> Bench:
    """Drains over a clinic's documents."""
    return Bench(QuestionStore(redis, settings), knowledge, settings)

"""A clinic that bots ask: its API, its key, its callback secret."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from tests.bot_bench import SHORT_WAIT, Drained, running_api
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.settings import QueueSettings
from workers.contracts.signing import callback_secret
from workers.delivery import backoff
from workers.settings import WorkerSettings

CLINIC = "clinica"


@dataclass(frozen=True)
class Clinic:
    """What a bot is given, and the drain that answers it."""

    url: str
    key: str
    secret: str
    drained: Drained

    @property
    def authorization(self) -> dict[str, str]:
        """The header that carries the key."""
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    (folder / "docs" / "colonoscopia.md").write_text(
        "# Colonoscopia\n\n## Preparo da colonoscopia\n\nFaça jejum de 8 horas e beba água.\n",
        "utf-8",
    )
    settings = IngestionSettings(data_dir=folder)
    with open_knowledge(settings) as opened:
        ingest_path(folder / "docs", Target(CLINIC, opened, settings))
        opened.warm()
        yield opened


@pytest.fixture(scope="session")
def api_url(valkey_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("api") / "api.log"
    with running_api(f"redis://127.0.0.1:{valkey_port}/0", log) as url:
        yield url


@pytest.fixture(scope="session")
def impatient_url(valkey_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same API, where an answer is soon late."""
    log = tmp_path_factory.mktemp("impatient") / "api.log"
    with running_api(f"redis://127.0.0.1:{valkey_port}/0", log, SHORT_WAIT) as url:
        yield url


@pytest.fixture
def impatient(clinic: Clinic, impatient_url: str) -> Clinic:
    return replace(clinic, url=impatient_url)


@pytest.fixture
def clinic(
    api_url: str,
    redis: Redis,
    queue_settings: QueueSettings,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Clinic]:
    first, _, *later = backoff.SCHEDULE
    monkeypatch.setattr(backoff, "SCHEDULE", (first, timedelta(seconds=1), *later))
    settings = WorkerSettings(
        redis_url=queue_settings.redis_url, heartbeat_seconds=0.2, answer_tokens=20
    )
    drained = Drained(redis, settings, knowledge)
    key = ApiKeys(redis).create(CLINIC, frozenset({Scope.ASK}), "bot")
    secret = callback_secret(settings.secret.get_secret_value(), CLINIC)
    with drained.running():
        yield Clinic(api_url, key, secret, drained)

"""The intake on an empty server."""

from pathlib import Path

import pytest
from redis import Redis

from tests.intake_bench import IntakeBench
from tests.mail_bench import MailBench
from workers.contracts.settings import QueueSettings


@pytest.fixture
def bench(redis: Redis, queue_settings: QueueSettings, tmp_path: Path) -> IntakeBench:
    return IntakeBench(redis, queue_settings, tmp_path / "channels")


@pytest.fixture
def mails(redis: Redis, queue_settings: QueueSettings, tmp_path: Path) -> MailBench:
    return MailBench(redis, queue_settings, tmp_path / "channels")

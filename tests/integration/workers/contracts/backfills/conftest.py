"""A backfill on an empty server."""

import pytest
from redis import Redis

from tests.filling import Filling
from workers.contracts.settings import QueueSettings


@pytest.fixture
def filling(redis: Redis, queue_settings: QueueSettings) -> Filling:
    return Filling.open(redis, queue_settings)

"""The drill of ambiguous sends, small: senders are killed anywhere, and none sends twice."""

import argparse
from pathlib import Path

import pytest
from redis import Redis

from benchmarks.ambiguous_sends import environment, run
from workers.contracts.settings import QueueSettings
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.graph import StrictGraph

pytestmark = pytest.mark.integration


def test_no_patient_gets_an_answer_twice_and_none_is_forgotten(
    redis: Redis,
    queue_settings: QueueSettings,
    graph: StrictGraph,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert redis.dbsize() == 0
    for name, value in environment(queue_settings.redis_url, tmp_path / "channels").items():
        monkeypatch.setenv(name, value)
    options = argparse.Namespace(answers=15, processes=2, seed=7, minutes=0.04)
    result = run(WorkerSettings(), graph, options)
    assert result.kills > 0
    assert result.ambiguous > 0
    assert (result.twice, result.lost) == (0, 0)
    assert result.messages.total() > 0

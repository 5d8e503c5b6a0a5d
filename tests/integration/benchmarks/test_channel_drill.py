"""The drill of a channel, small: everything is killed and fails, and each patient is heard once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.channel_drill import environment, run
from benchmarks.control_plane import server
from benchmarks.drill import MOST_SETTLING, Plan
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.graph import Options, StrictGraph

pytestmark = [pytest.mark.integration, pytest.mark.drill]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerSettings]:
    with server(tmp_path) as queue:
        for name in [name for name in os.environ if name.startswith("ATENDE_")]:
            monkeypatch.delenv(name)
        for name, value in environment(queue.redis_url, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield WorkerSettings()


def test_while_everything_is_killed_each_bubble_is_asked_once_and_no_answer_comes_twice(
    settings: WorkerSettings,
) -> None:
    plan = Plan(posts=120, contacts=40, kills=3, rate=20.0, minutes=0.15, seed=7)
    with StrictGraph(Options(threads=8)).running() as graph:
        result = run(plan, settings, graph)
    assert result.verdict.faults == {}
    assert result.kills.total() == 3
    assert result.verdict.bubbles > 40
    assert result.verdict.questions["answered"] > 10
    assert result.verdict.messages > 10
    assert result.settling < MOST_SETTLING

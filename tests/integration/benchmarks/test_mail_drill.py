"""The drill of mailboxes, small: everything is killed and fails, and each mail is heard once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.channel_drill import environment
from benchmarks.drill_mailbox import MOST_SETTLING, Plan
from benchmarks.mail_drill import run
from benchmarks.mortal_valkey import MortalValkey
from tests.conftest import running_post_office
from workers.settings import WorkerSettings
from workers.simulation.email.post_office import PostOffice

pytestmark = [pytest.mark.integration, pytest.mark.drill, pytest.mark.timeout(1200)]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with running_post_office() as office:
        yield office


@pytest.fixture
def valkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MortalValkey]:
    with MortalValkey(tmp_path) as server:
        for name in [name for name in os.environ if name.startswith("ATENDE_")]:
            monkeypatch.delenv(name)
        for name, value in environment(server.url, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield server


def test_while_everything_is_killed_each_mail_is_asked_once_and_no_answer_goes_twice(
    office: PostOffice, valkey: MortalValkey
) -> None:
    plan = Plan(mails=120, kills=1, rate=6.0, old=10, outage=10, minutes=0.15, seed=7)
    result = run(plan, WorkerSettings(), office, valkey)
    assert result.verdict.faults == {}
    assert result.kills.total() == 4
    assert result.verdict.taken_for["message"] > 60
    assert result.verdict.questions["answered"] > 40
    assert result.verdict.letters > 40
    assert max(result.settling.values()) < MOST_SETTLING

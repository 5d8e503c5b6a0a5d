"""Real Celery workers, seen and steered as a user does: `celery` and `atende drain`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from workers.contracts.drains import DrainReport, live_drains
from workers.contracts.metrics import Family
from workers.contracts.pauses import ALL, Pauses
from workers.contracts.question import Lane, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.monitor import inspection
from workers.monitor.report import Reporter
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration

NODE, OTHER = "drain@here", "drain@there"


class Site:
    """A queue with workers on it, each with an engine that answers at once."""

    def __init__(self, redis: Redis, settings: QueueSettings, folder: Path) -> None:
        self.redis = redis
        self.store = QuestionStore(redis, settings)
        self.pauses = Pauses(redis)
        self.folder = folder
        self.environment = os.environ | {
            "ATENDE_REDIS_URL": settings.redis_url,
            "ATENDE_DATA_DIR": str(folder),
            "ATENDE_HEARTBEAT_SECONDS": "0.3",
            "ATENDE_ENGINE": "tests.stand_ins:engine",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[4]), *sys.path]),
            "COLUMNS": "200",
        }

    @contextmanager
    def workers(self, *nodes: str) -> Iterator[None]:
        """Celery workers that drain, alive until the end of the block."""
        with ExitStack() as stack:
            logs = [stack.enter_context(self._worker(node)) for node in nodes]
            for node, log in zip(nodes, logs, strict=True):
                until(partial(self.is_up, node, log), log)
            yield

    def is_up(self, node: str, log: Path) -> bool:
        """Whether a worker answers Celery, and its drain reports."""
        return "ready." in log.read_text("utf-8") and self.report(node) is not None

    @contextmanager
    def _worker(self, node: str) -> Iterator[Path]:
        folder = self.folder / node
        folder.mkdir(exist_ok=True)
        log = folder / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "workers.app", "worker"),
                    *("--pool", "threads", "--concurrency", "1", "--queues", "ingest"),
                    *("--without-mingle", "--without-gossip", "--hostname", node),
                ],
                env=self.environment | {"ATENDE_DATA_DIR": str(folder), "ATENDE_DRAIN": "1"},
                stdout=out,
                stderr=out,
            )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(60)

    def report(self, node: str = NODE) -> Any:  # noqa: ANN401 - a report or None
        return next((drain for drain in live_drains(self.redis) if drain.node == node), None)

    def ask(self) -> str:
        request = Request(tenant="clinica", question="Abre?", asked_at=time.time())
        return self.store.enqueue(request).id

    def status(self, question_id: str) -> Status:
        question = self.store.get(question_id)
        assert question is not None
        return question.status

    def expect_answer(self, question_id: str) -> None:
        question = self.store.wait(question_id, 30)
        assert question is not None
        assert question.status == Status.NEEDS_HUMAN  # nothing was ingested

    def celery(self, *arguments: str) -> dict[str, Any]:
        """Each node's reply; asked again where a busy drain only replied that it is busy."""
        for _ in range(5):
            output = self.run(
                *("-m", "celery", "-A", "workers.app", *arguments, "--timeout", "20", "--json")
            )
            nodes = json.loads(output.splitlines()[0])
            replies = {
                node: reply
                for each in (nodes if isinstance(nodes, list) else [nodes])
                for node, reply in each.items()
            }
            if not any("error" in reply for reply in replies.values()):
                return replies
        raise AssertionError(replies)

    def atende(self, *arguments: str) -> str:
        return self.run("-c", "import atende; atende.main()", "drain", *arguments)

    def run(self, *arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout


def until(condition: Callable[[], Any], log: Path | None = None, seconds: float = 120) -> None:
    """Wait for it: a worker starts in seconds, but not on a machine that is busy otherwise."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, log and log.read_text("utf-8")[-3000:]
        time.sleep(0.05)


@pytest.fixture
def site(redis: Redis, queue_settings: QueueSettings, tmp_path: Path) -> Site:
    return Site(redis, queue_settings, tmp_path)


@pytest.mark.drill
def test_a_worker_is_paused_over_its_restart_and_then_the_fleet(site: Site) -> None:
    with site.workers(NODE):
        site.expect_answer(site.ask())
        status = site.celery("inspect", "drain", "-d", NODE)[NODE]
        assert (status["state"], status["slots"]) == ("draining", 4)
        assert status["ended"] == {"needs_human": 1}
        assert status["lanes"]["interactive"] == {"not_ended": 0, "oldest_seconds": 0.0}
        assert f"{NODE} paused" in site.atende("pause", "--worker", NODE)
        waiting = site.ask()
        time.sleep(0.7)  # longer than a heartbeat
        assert site.report().paused_since == site.pauses.all()[NODE]
        assert site.status(waiting) == Status.QUEUED
    with site.workers(NODE):
        until(lambda: site.report().paused_since)
        time.sleep(0.5)
        assert site.status(waiting) == Status.QUEUED
        with site.workers(OTHER):  # it is not paused, so it helps at once
            site.expect_answer(waiting)
            output = site.atende("pause")
            assert "All drains are paused since" in output
            rows = [line.split()[:2] for line in output.splitlines()]
            assert [NODE, "paused"] in rows
            assert [OTHER, "paused"] in rows
            waiting = site.ask()
            assert f"{NODE} resumed" in site.atende("resume", "--worker", NODE)
            status = json.loads(site.atende("status", "--json"))
            assert status["lanes"][Lane.INTERACTIVE]["waiting"] == 1
            assert {drain["state"] for drain in status["drains"]} == {"paused"}
            assert site.status(waiting) == Status.QUEUED
            assert "All drains: resumed" in site.atende("resume")
            site.expect_answer(waiting)


def worker(reporter: Reporter | None) -> SimpleNamespace:
    """As Celery hands its state to a command."""
    controller = SimpleNamespace(reporter=reporter) if reporter else SimpleNamespace()
    return SimpleNamespace(consumer=SimpleNamespace(controller=controller))


def test_a_worker_that_drains_nothing_or_not_yet_says_so(redis: Redis) -> None:
    redis.ping()
    assert "drains nothing" in inspection.drain(worker(None))["ok"]
    assert "is starting" in inspection.drain(worker(Reporter(NODE)))["ok"]


def test_without_redis_an_inspection_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle:
        """A reporter of an idle drain."""

        def status(self, _: float) -> tuple[DrainReport, list[Family]]:
            return DrainReport(worker="w1", at=0.0, model="m", slots=4, in_flight=0), []

    monkeypatch.setenv("ATENDE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    controller = SimpleNamespace(reporter=Idle())
    state = SimpleNamespace(consumer=SimpleNamespace(controller=controller))
    assert "Nothing was changed" in inspection.drain(state)["error"]


def test_a_pause_waits_for_a_node_that_is_not_there(site: Site) -> None:
    output = site.atende("pause", "--worker", "drain@nowhere")
    assert "No live drain is named drain@nowhere" in output
    assert "No drain is alive" in output
    assert "drain@nowhere is paused since" in output
    assert list(site.pauses.all()) == ["drain@nowhere"]
    assert "already" in site.atende("pause", "--worker", "drain@nowhere")
    assert "drain@nowhere resumed" in site.atende("resume", "--worker", "drain@nowhere")
    assert "not paused" in site.atende("resume")
    assert ALL not in site.pauses.all()

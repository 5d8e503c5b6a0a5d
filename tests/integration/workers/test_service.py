"""The drain's thread beside Celery: how it starts, reports itself, stops and leaves."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from workers.contracts.drains import live_drains
from workers.contracts.question import Delivery, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings
from workers.knowledge import close_knowledge
from workers.service import SWITCH_SECONDS, DrainService
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(queue_settings: QueueSettings, tmp_path: Path) -> Iterator[WorkerSettings]:
    yield WorkerSettings(
        redis_url=queue_settings.redis_url,
        data_dir=tmp_path,
        engine="tests.stand_ins:engine",
        heartbeat_seconds=0.2,
        gate_similarity=-1,
    )
    close_knowledge()


class Door:
    """Records with which status the process would have left."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.status: int | None = None

    def __call__(self, status: int) -> None:
        self.status = status
        self.left.set()


def ask(store: QuestionStore, text: str, callback_url: str | None = None) -> str:
    request = Request(
        tenant="clinica",
        question=text,
        asked_at=time.time(),
        reply_to=WebhookAddress(url=callback_url) if callback_url else None,
    )
    return store.enqueue(request).id


def test_it_reports_itself_answers_hints_at_callbacks_and_withdraws(
    redis: Redis, settings: WorkerSettings
) -> None:
    store, door, hint = QuestionStore(redis, settings), Door(), threading.Event()
    service = DrainService(settings, hint=hint.set, leave=door)
    question_id = ask(store, "Precisa de jejum?", "https://bot.example/x")
    service.start()
    question = store.wait(question_id, 60)
    assert question is not None
    # nothing was ingested: a person has to answer
    assert (question.status, question.delivery) == (Status.NEEDS_HUMAN, Delivery.PENDING)
    assert question.outcome is not None
    assert question.outcome.reason == "no_documents"
    assert hint.wait(30)
    (drain,) = live_drains(redis)
    assert (drain.model, drain.slots) == ("stand-in", 4)
    service.stop()
    assert live_drains(redis) == []
    assert door.status is None


def test_a_search_gives_the_interpreter_back_to_the_loop_soon(
    redis: Redis, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = threading.Event()
    intervals: list[float] = []

    def change(seconds: float) -> None:
        intervals.append(seconds)
        changed.set()

    monkeypatch.setattr(sys, "setswitchinterval", change)
    service = DrainService(settings, hint=lambda: None, leave=Door())
    service.start()
    assert changed.wait(10)
    service.stop()
    assert intervals == [SWITCH_SECONDS]
    assert live_drains(redis) == []


def test_a_stop_while_it_starts_ends_it(redis: Redis, settings: WorkerSettings) -> None:
    redis.ping()
    door = Door()
    service = DrainService(settings, hint=lambda: None, leave=door)
    service.start()
    service.stop()
    assert door.status is None


def test_an_engine_that_does_not_start_leaves_with_its_reason_logged(
    redis: Redis, settings: WorkerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    redis.ping()
    door = Door()
    unlucky = settings.model_copy(update={"engine": "tests.stand_ins:engine_that_does_not_start"})
    DrainService(unlucky, hint=lambda: None, leave=door).start()
    assert door.left.wait(60)
    assert door.status == 70
    log = capsys.readouterr()
    assert "too little memory" in log.out + log.err


def test_a_hint_that_fails_stops_nothing(redis: Redis, settings: WorkerSettings) -> None:
    def broken() -> None:
        raise OSError("no broker")

    store, door = QuestionStore(redis, settings), Door()
    service = DrainService(settings, hint=broken, leave=door)
    service.start()
    for text in ("um", "dois"):
        question = store.wait(ask(store, text, "https://bot.example/x"), 60)
        assert question is not None
        assert question.status == Status.NEEDS_HUMAN
        time.sleep(0.1)
    service.stop()
    assert door.status is None

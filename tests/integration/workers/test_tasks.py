"""The Celery tasks, called as a worker calls them, over a real Valkey."""

import importlib
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from celery.signals import worker_ready
from redis import Redis

import workers.app
import workers.tasks
from ingestion.pipeline import Target, ingest_path
from workers.contracts import keys
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.documents import DocumentState, DocumentStore
from workers.contracts.jobs import JobState, JobStore
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.search import QUESTIONS, Search
from workers.knowledge import close_knowledge, held_knowledge

pytestmark = pytest.mark.integration


@pytest.fixture
def tasks(redis: Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The tasks, with settings of the test's server."""
    redis.ping()
    monkeypatch.setenv("ATENDE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ATENDE_CALLBACK_ALLOW_PRIVATE", "true")
    importlib.reload(workers.app)
    yield importlib.reload(workers.tasks)
    close_knowledge()


@pytest.fixture
def store(redis: Redis, queue_settings: QueueSettings) -> QuestionStore:
    return QuestionStore(redis, queue_settings)


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def overdue(store: QuestionStore, callback_url: str) -> str:
    now = time.time()
    request = Request(
        tenant="clinica",
        question="oi",
        asked_at=now - 10,
        expires_at=now - 1,
        reply_to=WebhookAddress(url=callback_url) if callback_url else None,
    )
    return store.enqueue(request).id


def test_a_sweep_expires_what_waited_past_its_deadline_and_its_asker_is_told(
    tasks: ModuleType, store: QuestionStore, receiver: HTTPServer, queue_settings: QueueSettings
) -> None:
    question_id = overdue(store, f"http://127.0.0.1:{receiver.server_port}/x")
    tasks.sweep()
    question = store.get(question_id)
    assert question is not None
    assert (question.status, question.delivery) == (Status.EXPIRED, Delivery.PENDING)
    assert Outbox(store._redis, queue_settings).lease(60, 10) == [question_id]  # noqa: SLF001
    tasks.deliver(question_id)
    question = store.get(question_id)
    assert question is not None
    assert question.delivery == Delivery.DELIVERED


def test_tidying_forgets_a_dead_delivery_whose_record_has_expired(
    tasks: ModuleType, store: QuestionStore, redis: Redis, queue_settings: QueueSettings
) -> None:
    remaining, expired = (overdue(store, "https://bot.example/x") for _ in range(2))
    tasks.sweep()
    outbox = Outbox(redis, queue_settings)
    for question_id in (remaining, expired):
        outbox.record(question_id, Delivery.DEAD, "HTTP 410")
    redis.delete(keys.question(expired))
    tasks.tidy()
    assert outbox.sizes()[Delivery.DEAD] == 1
    assert redis.zrange(keys.DEAD, 0, -1) == [remaining]


def test_a_worker_that_is_ready_asks_for_a_tidying(tasks: ModuleType, redis: Redis) -> None:
    worker_ready.send(sender=None)
    with Redis(port=redis.connection_pool.connection_kwargs["port"], db=1) as broker:
        (message,) = broker.lrange("periodic", 0, -1)
    assert b"workers.tasks.tidy" in message
    assert tasks.tidy.name == "workers.tasks.tidy"


def test_a_dispatch_sends_one_task_for_each_delivery_that_is_due(
    tasks: ModuleType, store: QuestionStore, valkey_port: int
) -> None:
    for _ in range(3):
        overdue(store, "https://bot.example/x")
    tasks.sweep()
    tasks.dispatch()
    tasks.dispatch()  # leased: nobody sends them twice
    broker = Redis(port=valkey_port, db=1)
    assert broker.llen("callbacks") == 3
    broker.close()


def test_an_ingest_job_runs_once_and_leaves_its_report(
    tasks: ModuleType, redis: Redis, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Jejum\n\nJejum de 8 horas.\n", "utf-8")
    jobs = JobStore(redis)
    job = jobs.create("ingest", "clinica", {"path": str(tmp_path / "docs")})
    tasks.work()
    record = jobs.get(job.id)
    assert record is not None
    assert record.state == JobState.DONE
    assert '"a.md"' in record.result
    (tmp_path / "docs" / "b.md").write_text("# Outro\n\nTexto.\n", "utf-8")
    tasks.work()  # a message that came twice
    assert jobs.get(job.id) == record


def test_an_ingest_job_that_cannot_run_says_why(tasks: ModuleType, redis: Redis) -> None:
    jobs = JobStore(redis)
    job = jobs.create("ingest", "clinica", {"path": "/nowhere"})
    tasks.work()
    record = jobs.get(job.id)
    assert record is not None
    assert record.state == JobState.FAILED
    assert "/nowhere" in record.error


def test_an_evaluation_and_a_calibration_are_done_by_the_worker_that_holds_the_vectors(
    tasks: ModuleType, redis: Redis, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Jejum\n\nJejum de 8 horas.\n", "utf-8")
    knowledge = held_knowledge(tasks.settings)
    ingest_path(tmp_path / "docs", Target("clinica", knowledge, tasks.settings))
    jobs = JobStore(redis)
    asked = KnownQuestion(line=2, id="1", question="Quantas horas de jejum?", documents=("a.md",))
    args = {"questions": QUESTIONS.dump_python([asked], mode="json"), "recall": 0.9}
    job = jobs.create("evaluate", "clinica", args)
    tasks.work()
    record = jobs.get(job.id)
    assert record is not None
    search = Search.model_validate_json(record.result)
    assert [hit.targets for hit in search.results[0].hits] == [(0,)]
    job = jobs.create("calibrate", "clinica", args)
    tasks.work()
    record = jobs.get(job.id)
    assert record is not None
    assert record.state == JobState.FAILED
    assert "needs 20 at least" in record.error


def test_a_job_of_another_version_s_kind_fails_and_says_so(tasks: ModuleType, redis: Redis) -> None:
    jobs = JobStore(redis)
    job = jobs.create("from-the-future", "clinica", {})
    tasks.work()
    record = jobs.get(job.id)
    assert record is not None
    assert "same version" in record.error


def test_the_list_of_documents_repairs_itself_after_changes_by_others(
    tasks: ModuleType, redis: Redis, queue_settings: QueueSettings, tmp_path: Path
) -> None:
    ApiKeys(redis).create("clinica", frozenset({Scope.INGEST}), "test")
    documents = DocumentStore(redis, queue_settings)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Jejum\n\nJejum de 8 horas.\n", "utf-8")
    knowledge = held_knowledge(tasks.settings)
    ingest_path(tmp_path / "docs", Target("clinica", knowledge, tasks.settings))
    tasks.mirror()
    (document,) = documents.all("clinica")
    assert (document.name, document.title, document.state) == ("a.md", "Jejum", DocumentState.READY)
    assert documents.version("clinica") == knowledge.store.version("clinica")
    knowledge.delete("clinica", "a.md")
    tasks.mirror()
    assert list(documents.all("clinica")) == []

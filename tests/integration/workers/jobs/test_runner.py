"""Jobs that run: what a stop, a server's absence, a fault or a loss makes of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event as Flag
from threading import Thread

import pytest
from pydantic import BaseModel
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.errors import StoreUnreachableError
from ingestion.settings import IngestionSettings
from workers.contracts.backfills import BackfillStore
from workers.contracts.documents import Document, DocumentState, DocumentStore, Force
from workers.contracts.jobs import Job, JobState, JobStore, documents_subject
from workers.contracts.settings import QueueSettings
from workers.jobs import runner as runner_module
from workers.jobs.kinds import KINDS, Kind
from workers.jobs.runner import JobRunner
from workers.jobs.running_job import Records, RunningJob
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration
LEASE = 0.4


class Text(BaseModel):
    """The progress and the result of this test's jobs."""

    text: str = ""


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    folder = tmp_path_factory.mktemp("knowledge")
    with open_knowledge(IngestionSettings(data_dir=folder)) as opened:
        yield opened


class Bench:
    """A runner whose kinds a test brings."""

    def __init__(self, redis: Redis, settings: QueueSettings, knowledge: Knowledge) -> None:
        self.jobs = JobStore(redis)
        self.documents = DocumentStore(redis, settings)
        self.stopping = Flag()
        self.kinds: dict[str, Kind] = dict(KINDS)
        worker = WorkerSettings(job_lease_seconds=LEASE)
        records = Records(self.documents, BackfillStore(redis, settings))
        self.runner = JobRunner(self.jobs, records, lambda: knowledge, worker, self.stopping)

    def kind(self, name: str, run: Callable[[RunningJob], BaseModel]) -> None:
        self.kinds[name] = Kind(run)

    def read(self, job: Job) -> Job:
        record = self.jobs.get(job.id)
        assert record is not None
        return record

    def document(self) -> Document:
        record = self.documents.get("clinica", "a.md")
        assert record is not None
        return record


@pytest.fixture
def bench(
    redis: Redis,
    queue_settings: QueueSettings,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    bench = Bench(redis, queue_settings, knowledge)
    kinds: Mapping[str, Kind] = bench.kinds
    monkeypatch.setattr(runner_module, "KINDS", kinds)
    return bench


def test_a_job_that_takes_longer_than_its_lease_is_nobody_else_s(bench: Bench) -> None:
    def slow(_: RunningJob) -> BaseModel:
        time.sleep(LEASE * 2.5)
        assert bench.jobs.take(60, 3) is None
        return Text(text="fertig")

    bench.kind("slow", slow)
    job = bench.jobs.create("slow", "clinica", {})
    assert bench.runner.run_all() == 1
    assert (bench.read(job).state, bench.read(job).result) == (JobState.DONE, '{"text":"fertig"}')


def test_a_worker_that_is_asked_to_stop_puts_its_job_back_and_takes_no_other(bench: Bench) -> None:
    begun = Flag()

    def endless(job: RunningJob) -> BaseModel:
        while True:
            begun.set()
            job.note(Text())
            time.sleep(0.01)

    bench.kind("endless", endless)
    job = bench.jobs.create("endless", "clinica", {})
    thread = Thread(target=bench.runner.run_all)
    thread.start()
    assert begun.wait(5)
    bench.stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert (bench.read(job).state, bench.read(job).attempt) == (JobState.QUEUED, 0)
    assert bench.runner.run_all() == 0


def test_a_worker_that_lost_its_job_stops_it_and_writes_nothing(bench: Bench, redis: Redis) -> None:
    def loses(job: RunningJob) -> BaseModel:
        redis.hincrby(f"atende:1:job:{job.id}", "attempt", 1)  # another worker took it
        while True:
            job.note(Text())
            time.sleep(0.01)

    bench.kind("loses", loses)
    job = bench.jobs.create("loses", "clinica", {})
    bench.runner.run_all()
    assert (bench.read(job).state, bench.read(job).attempt) == (JobState.RUNNING, 2)


def away(_: RunningJob) -> BaseModel:
    raise StoreUnreachableError("Qdrant does not answer.")


def breaks(_: RunningJob) -> BaseModel:
    raise ZeroDivisionError


def test_an_upload_waits_for_a_server_that_is_away_and_a_command_is_told(bench: Bench) -> None:
    bench.kind("upload", away)
    bench.kind("ingest", away)
    bench.documents.upload("clinica", "a.md", b"x")
    job = bench.jobs.create("ingest", "outra", {})
    bench.runner.run_all()
    assert (bench.document().state, bench.document().reason) == (
        DocumentState.QUEUED,
        "Qdrant does not answer.",
    )
    assert bench.documents.content(bench.document().job) == b"x"
    assert (bench.read(job).state, bench.read(job).error) == (
        JobState.FAILED,
        "Qdrant does not answer.",
    )


def test_a_fault_of_ours_is_tried_again_and_then_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "_NEXT_TRY_SECONDS", 0.0)
    bench.kind("upload", breaks)
    bench.documents.upload("clinica", "a.md", b"x")
    assert bench.runner.run_all() == 3
    record = bench.document()
    assert record.state is DocumentState.FAILED
    assert "ZeroDivisionError" in record.reason


def test_an_upload_whose_bytes_expired_says_so(bench: Bench, redis: Redis) -> None:
    bench.documents.upload("clinica", "a.md", b"x")
    redis.delete(f"atende:1:upload:{bench.document().job}")
    bench.runner.run_all()
    assert bench.document().state is DocumentState.FAILED
    assert "ATENDE_UPLOAD_HOURS" in bench.document().reason


def test_uploads_become_documents_that_no_folder_forgets(
    bench: Bench, knowledge: Knowledge
) -> None:
    bench.documents.upload("clinica", "exames/a.md", "# Título\n\nJejum de 8 h.\n".encode())
    bench.documents.upload("clinica", "b.xyz", b"x")
    bench.documents.upload("outra", "a.md", b"# Outra")
    bench.runner.run_all()
    (indexed,) = knowledge.store.documents("clinica")
    assert (indexed.name, indexed.title, indexed.origin) == ("exames/a.md", "Título", "upload")
    assert [each.name for each in knowledge.store.documents("outra")] == ["a.md"]
    states = {each.name: each.state for each in bench.documents.all("clinica")}
    assert states == {"exames/a.md": DocumentState.READY, "b.xyz": DocumentState.FAILED}
    bench.documents.remove("clinica", "exames/a.md")
    bench.documents.remove("clinica", "b.xyz")
    bench.runner.run_all()
    assert knowledge.store.documents("clinica") == []
    assert list(bench.documents.all("clinica")) == []


def test_a_retirement_is_a_job_and_the_list_shows_it(bench: Bench, knowledge: Knowledge) -> None:
    bench.documents.upload("clinica", "a.md", b"# A\n\nO Holter custa R$ 90.")
    bench.runner.run_all()
    subject = documents_subject("clinica")
    version = knowledge.store.version("clinica")
    bench.jobs.hand_in("retire", "clinica", {"name": "a.md"}, subject=subject)
    bench.jobs.hand_in("retire", "clinica", {"name": "nada.md"}, subject=subject)
    assert bench.runner.run_all() == 2
    assert (bench.document().state, bench.document().force) == (
        DocumentState.READY,
        Force.RETIRED,
    )
    assert knowledge.search([("clinica", "Quanto custa o Holter?")], 3) == [[]]
    assert knowledge.store.version("clinica") != version
    bench.jobs.hand_in("restore", "clinica", {"name": "a.md"}, subject=subject)
    bench.runner.run_all()
    assert bench.document().force is Force.IN_FORCE
    assert len(knowledge.search([("clinica", "Quanto custa o Holter?")], 3)[0]) == 1
    bench.documents.upload("clinica", "a.md", b"# A", {"valid_until": "2020-12-31"})
    bench.runner.run_all()
    assert (bench.document().force, str(bench.document().force_day)) == (Force.ENDED, "2020-12-31")
    bench.documents.upload("clinica", "a.md", b"# A", {"valid_from": "2021-01-01"})
    bench.runner.run_all()
    assert "is after its last" in bench.document().reason
    bench.documents.remove("clinica", "a.md")
    bench.runner.run_all()


def test_a_retirement_waits_for_a_server_that_is_away(bench: Bench) -> None:
    bench.kind("retire", away)
    job = bench.jobs.hand_in("retire", "clinica", {"name": "a.md"}, subject="")
    bench.runner.run_all()
    assert bench.read(job).state is JobState.QUEUED

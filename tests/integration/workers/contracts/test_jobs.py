"""Jobs and documents on a real server, driven step by step."""

import time

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.documents import Document, DocumentState, DocumentStore, Verdict
from workers.contracts.jobs import Job, JobState, JobStore, UnreadableError
from workers.contracts.naming import document_id
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
CLINIC = "clinica"
LEASE = 0.15


@pytest.fixture
def jobs(redis: Redis) -> JobStore:
    return JobStore(redis)


@pytest.fixture
def documents(redis: Redis, queue_settings: QueueSettings) -> DocumentStore:
    return DocumentStore(redis, queue_settings)


def taken(jobs: JobStore, lease: float = 60) -> Job:
    job = jobs.take(lease, 3)
    assert job is not None
    return job


def read(jobs: JobStore, job: Job) -> Job:
    found = jobs.get(job.id)
    assert found is not None
    return found


def document(documents: DocumentStore, name: str = "a.md") -> Document:
    found = documents.get(CLINIC, name)
    assert found is not None
    return found


READY = {"name": "a.md", "state": "ready", "chunks": "3", "digest": "d", "indexed_at": "5.000"}


# -- jobs ------------------------------------------------------------------------------------------


def test_a_job_s_way(jobs: JobStore, redis: Redis) -> None:
    created = jobs.create("ingest", CLINIC, {"path": "/srv/pregões"})
    job = taken(jobs)
    assert (job.id, job.attempt, job.arguments) == (created.id, 1, {"path": "/srv/pregões"})
    assert jobs.take(60, 3) is None
    assert redis.ttl(keys.job(job.id)) > 6 * 24 * 3600
    assert jobs.renew(job, 60, '{"done": 1}')
    assert read(jobs, job).progress == '{"done": 1}'
    assert jobs.finish(job, '{"rows": []}')
    assert (read(jobs, job).state, read(jobs, job).result) == (JobState.DONE, '{"rows": []}')
    assert jobs.waiting() == 0
    assert 3600 < redis.ttl(keys.job(job.id)) < 24 * 3600
    assert jobs.get("unknown") is None


def test_a_job_whose_worker_died_is_taken_again_and_the_first_worker_can_end_it_no_more(
    jobs: JobStore,
) -> None:
    jobs.create("ingest", CLINIC, {})
    first = taken(jobs, LEASE)
    assert jobs.take(60, 3) is None
    time.sleep(LEASE * 1.3)
    second = taken(jobs)
    assert (second.id, second.attempt) == (first.id, 2)
    assert not jobs.renew(first, 60)
    assert not jobs.finish(first, "{}")
    assert not jobs.release(first, 0, "", counts=False)
    assert read(jobs, first).state is JobState.RUNNING
    assert jobs.finish(second, "{}")
    assert not jobs.fail(second, "twice")


def test_a_job_that_is_renewed_is_nobody_else_s(jobs: JobStore) -> None:
    jobs.create("ingest", CLINIC, {})
    job = taken(jobs, LEASE)
    for _ in range(4):
        time.sleep(LEASE / 2)
        assert jobs.renew(job, LEASE)
        assert jobs.take(60, 3) is None


def test_a_job_that_ends_its_workers_fails_as_poison_and_the_next_goes_on(jobs: JobStore) -> None:
    poison = jobs.create("ingest", "a", {})
    for attempt in (1, 2, 3):
        assert taken(jobs, 0.001).attempt == attempt
        time.sleep(0.01)
    good = jobs.create("ingest", "b", {})
    assert taken(jobs).id == good.id
    assert read(jobs, poison).state is JobState.FAILED
    assert "3 workers ended" in read(jobs, poison).error


def test_a_released_job_is_taken_again_later_and_its_attempt_may_not_count(jobs: JobStore) -> None:
    jobs.create("ingest", CLINIC, {})
    for _ in range(5):
        job = taken(jobs)
        assert job.attempt == 1
        assert jobs.release(job, 0, "Qdrant is away", counts=False)
    assert read(jobs, job).error == "Qdrant is away"
    assert jobs.release(taken(jobs), 60, "", counts=True)
    assert read(jobs, job).attempt == 1
    assert jobs.take(60, 3) is None


def test_jobs_of_one_subject_take_turns_and_others_go_on(jobs: JobStore) -> None:
    jobs.create("ingest", CLINIC, {}, subject="s")
    running = taken(jobs)
    second = jobs.create("ingest", CLINIC, {}, subject="s")
    other = jobs.create("ingest", CLINIC, {}, subject="t")
    assert taken(jobs).id == other.id
    assert jobs.take(60, 3) is None
    jobs.finish(running, "{}")
    assert taken(jobs).id == second.id


def test_a_subject_is_free_again_when_the_worker_that_held_it_died(jobs: JobStore) -> None:
    jobs.create("ingest", CLINIC, {}, subject="s")
    first = taken(jobs, LEASE)
    time.sleep(LEASE * 1.3)
    assert taken(jobs).id == first.id


def test_jobs_that_wait_for_a_subject_keep_their_order_and_one_that_was_replaced_stops_nobody(
    jobs: JobStore, documents: DocumentStore, redis: Redis
) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    running: Job | None = taken(jobs)
    for n in range(30):
        documents.upload(CLINIC, f"{n:02}.md", b"x")
    assert jobs.take(60, 3) is None
    assert len(redis.keys("*parked*")) == 1
    for n in range(30):
        if n % 5:
            documents.upload(CLINIC, f"{n:02}.md", b"y")  # goes to the end of the line
    names = []
    while running:
        jobs.finish(running, "{}", READY | {"name": "x.md"})
        running = jobs.take(60, 3)
        if running:
            names.append(running.arguments["name"])
    assert names == [f"{n:02}.md" for n in sorted(range(30), key=lambda n: (n % 5 > 0, n))]
    assert redis.keys("*parked*") + redis.keys("*running*") + redis.keys("*upload*") == []


def test_a_poisonous_job_frees_those_that_wait_for_it(jobs: JobStore) -> None:
    poison = jobs.create("ingest", CLINIC, {}, subject="s")
    for _ in range(2):
        taken(jobs, 0.001)
        time.sleep(0.01)
    assert taken(jobs, LEASE).attempt == 3
    second = jobs.create("ingest", CLINIC, {}, subject="s")
    assert jobs.take(60, 3) is None
    time.sleep(LEASE * 1.3)
    assert jobs.take(60, 3) is None
    assert read(jobs, poison).state is JobState.FAILED
    assert taken(jobs).id == second.id


def test_what_somebody_waits_for_goes_first(jobs: JobStore) -> None:
    jobs.create("ingest", CLINIC, {})
    asked = jobs.create("documents-list", CLINIC, {}, urgent=True)
    assert taken(jobs).id == asked.id


# -- uploads ---------------------------------------------------------------------------------------


def test_an_upload_s_way(jobs: JobStore, documents: DocumentStore, redis: Redis) -> None:
    data = bytes(range(256))
    assert documents.upload(CLINIC, "a.md", data) is Verdict.ACCEPTED
    assert document(documents).state is DocumentState.QUEUED
    job = taken(jobs)
    assert (job.kind, job.arguments, job.unattended) == ("upload", {"name": "a.md"}, True)
    assert documents.content(job.id) == data
    assert document(documents).state is DocumentState.INGESTING
    assert jobs.finish(job, "{}", READY)
    found = document(documents)
    assert (found.state, found.chunks, found.job) == (DocumentState.READY, 3, "")
    assert documents.content(job.id) is None
    assert redis.keys("*upload*") == []
    assert documents.get("outra", "a.md") is None
    assert documents.get("outra", found.id) is None
    assert documents.get(CLINIC, found.id) == found


def test_the_same_bytes_in_line_are_taken_once(jobs: JobStore, documents: DocumentStore) -> None:
    assert documents.upload(CLINIC, "a.md", b"x") is Verdict.ACCEPTED
    assert documents.upload(CLINIC, "a.md", b"x") is Verdict.REPEATED
    job = taken(jobs)
    assert documents.upload(CLINIC, "a.md", b"x") is Verdict.REPEATED
    assert jobs.finish(job, "{}", READY)
    assert jobs.waiting() == 0
    assert documents.upload(CLINIC, "a.md", b"x") is Verdict.ACCEPTED, "it heals what went since"


def test_bytes_that_expired_in_line_are_taken_again(
    jobs: JobStore, documents: DocumentStore, redis: Redis
) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    redis.delete(keys.upload(document(documents).job))
    assert documents.upload(CLINIC, "a.md", b"x") is Verdict.ACCEPTED
    job = taken(jobs)
    assert documents.content(job.id) == b"x"
    assert jobs.take(60, 3) is None


def test_newer_bytes_take_the_place_of_those_that_wait(
    jobs: JobStore, documents: DocumentStore, redis: Redis
) -> None:
    documents.upload(CLINIC, "a.md", b"old")
    documents.upload(CLINIC, "a.md", b"new")
    job = taken(jobs)
    assert documents.content(job.id) == b"new"
    assert jobs.take(60, 3) is None
    assert len(redis.keys("*upload:*")) == 1


def test_newer_bytes_wait_for_the_older_at_work_and_have_the_last_word(
    jobs: JobStore, documents: DocumentStore
) -> None:
    documents.upload(CLINIC, "a.md", b"old")
    old = taken(jobs)
    documents.upload(CLINIC, "a.md", b"new")
    assert jobs.take(60, 3) is None
    jobs.fail(old, "broken")
    assert document(documents).state is DocumentState.QUEUED
    new = taken(jobs)
    assert documents.content(new.id) == b"new"
    jobs.finish(new, "{}", READY)
    assert document(documents).state is DocumentState.READY


def test_a_failed_upload_keeps_its_reason_and_what_was_known(
    jobs: JobStore, documents: DocumentStore
) -> None:
    documents.upload(CLINIC, "a.md", b"good")
    jobs.finish(taken(jobs), "{}", READY)
    documents.upload(CLINIC, "a.md", b"bad")
    jobs.fail(taken(jobs), "damaged")
    found = document(documents)
    assert (found.state, found.reason, found.chunks) == (DocumentState.FAILED, "damaged", 3)
    documents.put(CLINIC, [READY])  # the mirror sees the same version as before
    assert document(documents) == found
    documents.put(CLINIC, [READY | {"indexed_at": "6.000"}])
    assert (document(documents).state, document(documents).reason) == (DocumentState.READY, "")


def test_a_poisonous_upload_is_listed_as_failed(jobs: JobStore, documents: DocumentStore) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    for _ in range(3):
        taken(jobs, 0.001)
        time.sleep(0.01)
    assert jobs.take(60, 3) is None
    found = document(documents)
    assert found.state is DocumentState.FAILED
    assert "3 workers ended" in found.reason


def test_what_waits_of_one_clinic_is_bounded_and_others_are_not_touched(
    jobs: JobStore, redis: Redis, queue_settings: QueueSettings
) -> None:
    tight = DocumentStore(redis, queue_settings.model_copy(update={"waiting_uploads_mb": 1}))
    assert tight.upload(CLINIC, "a.md", b"x" * 700_000) is Verdict.ACCEPTED
    assert tight.upload(CLINIC, "b.md", b"x" * 700_000) is Verdict.FULL
    assert tight.get(CLINIC, "b.md") is None
    assert tight.upload("outra", "b.md", b"x" * 700_000) is Verdict.ACCEPTED
    assert tight.upload(CLINIC, "a.md", b"y" * 300_000) is Verdict.ACCEPTED, "in its own place"
    jobs.fail(taken(jobs), "")
    jobs.fail(taken(jobs), "")
    assert redis.keys("*upload*") == []
    assert tight.upload(CLINIC, "b.md", b"x" * 700_000) is Verdict.ACCEPTED


def test_tiny_files_are_bounded_too(redis: Redis, queue_settings: QueueSettings) -> None:
    tight = DocumentStore(redis, queue_settings.model_copy(update={"waiting_uploads_mb": 1}))
    taken_in = {tight.upload(CLINIC, f"{at}.md", b"x") for at in range(256)}
    assert taken_in == {Verdict.ACCEPTED}
    assert tight.upload(CLINIC, "more.md", b"x") is Verdict.FULL
    assert tight.get(CLINIC, "more.md") is None


def test_a_removal_drops_the_upload_that_waits_and_ends_as_nothing(
    jobs: JobStore, documents: DocumentStore, redis: Redis
) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    assert documents.remove(CLINIC, "a.md") is Verdict.ACCEPTED
    assert documents.remove(CLINIC, "a.md") is Verdict.REPEATED
    assert document(documents).state is DocumentState.REMOVING
    job = taken(jobs)
    assert job.kind == "remove"
    assert jobs.finish(job, "{}", None)
    assert documents.get(CLINIC, "a.md") is None
    assert list(documents.all(CLINIC)) == []
    assert documents.remove(CLINIC, "a.md") is Verdict.UNKNOWN
    assert redis.keys("*upload*") == []


def test_an_upload_after_a_removal_has_the_last_word(
    jobs: JobStore, documents: DocumentStore
) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    documents.remove(CLINIC, "a.md")
    removal = taken(jobs)
    documents.upload(CLINIC, "a.md", b"y")
    jobs.finish(removal, "{}", None)
    assert document(documents).state is DocumentState.QUEUED


# -- the mirror ------------------------------------------------------------------------------------


def test_pages_are_in_the_order_of_names(documents: DocumentStore) -> None:
    names = [f"{n:03}.md" for n in range(7)]
    documents.put(CLINIC, [READY | {"name": name} for name in reversed(names)])
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = documents.page(CLINIC, 3, after)
        assert len(page.documents) <= 3
        found += [each.name for each in page.documents]
        after = page.after
    assert found == names
    assert [each.name for each in documents.all(CLINIC)] == names


def test_the_mirror_leaves_documents_in_line_to_their_jobs(documents: DocumentStore) -> None:
    documents.upload(CLINIC, "a.md", b"x")
    documents.put(CLINIC, [READY])
    assert document(documents).state is DocumentState.QUEUED
    documents.drop(CLINIC, ["a.md"], documents.now_ms() + 1000)
    assert document(documents).state is DocumentState.QUEUED


def test_the_mirror_drops_nothing_that_changed_after_it_looked(documents: DocumentStore) -> None:
    read_ms = documents.now_ms()
    time.sleep(0.01)
    documents.put(CLINIC, [READY])
    documents.drop(CLINIC, ["a.md"], read_ms)
    assert document(documents).name == "a.md"
    documents.drop(CLINIC, ["a.md"], documents.now_ms() + 1)
    assert documents.get(CLINIC, "a.md") is None


def test_a_record_that_cannot_be_read_hides_no_other(
    documents: DocumentStore, redis: Redis
) -> None:
    documents.put(CLINIC, [READY, READY | {"name": "b.md"}])
    redis.hset(keys.document(document(documents).id), "state", "from-the-future")
    assert [each.name for each in documents.all(CLINIC)] == ["b.md"]
    with pytest.raises(UnreadableError, match="document") as caught:
        documents.get(CLINIC, "a.md")
    assert caught.value.raw["state"] == "from-the-future"


def test_nothing_of_a_document_is_kept_under_another_tenant_s_id(documents: DocumentStore) -> None:
    documents.put("outra", [READY])
    assert documents.get(CLINIC, document_id("outra", "a.md")) is None

"""Drafting over a real Valkey and real knowledge bases; a stand-in for the engine alone."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import load_embedder
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.server.collections import ServerCollections
from ingestion.settings import IngestionSettings
from tests.integration.ingestion.conftest import SharedClient
from tests.stand_ins import StandInEngine
from workers.answering.templates import Templates
from workers.contracts import keys
from workers.contracts.connection import connect_async
from workers.contracts.drains import live_drains
from workers.contracts.question import Lane
from workers.contracts.settings import QueueSettings
from workers.drafting.drafter import MOST_TRIES, Drafter
from workers.drafting.prompt import DraftPrompter
from workers.drain.generating import Generator
from workers.drain.slots import SlotRules, Slots, Turn
from workers.engine.protocol import EngineDeadError
from workers.jobs.documents import show
from workers.jobs.running_job import RunningJob
from workers.knowledge import close_knowledge
from workers.monitor.meters import Meters
from workers.service import DrainService
from workers.settings import WorkerSettings

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]


@pytest.fixture(params=["edge", "memory"])
def knowledge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Knowledge]:
    settings = KnowledgeSettings(data_dir=tmp_path)
    if request.param == "edge":
        with open_knowledge(settings) as opened:
            yield opened
        return
    embedder, collections = load_embedder(settings), ServerCollections(SharedClient(":memory:"))
    store = open_store(collections, embedder, rebuild=False)
    with Knowledge(embedder, store, collections) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.drafting.drafter.NEW_CHUNKS_SECONDS", 0.05)
    monkeypatch.setattr("workers.drafting.drafter.QUIET_SECONDS", 0.02)
    monkeypatch.setattr("workers.drafting.drafter.DOCUMENT_CHANGE_SECONDS", 0.05)


@pytest.fixture
def settings(queue_settings: QueueSettings, redis: Redis) -> WorkerSettings:
    redis.ping()
    return WorkerSettings(redis_url=queue_settings.redis_url, chunk_questions=2)


def put(knowledge: Knowledge, name: str, *texts: str, tenant: str = "clinica") -> None:
    document = IndexedDocument(
        name=name,
        digest=str(texts),
        recipe="1",
        origin="/docs",
        title=name,
        pages=1,
        chunks=len(texts),
        indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    chunks = [Chunk(text, name, order=place) for place, text in enumerate(texts)]
    knowledge.replace(tenant, document, chunks)


def drafts(knowledge: Knowledge, name: str, tenant: str = "clinica") -> list[tuple[str, ...]]:
    return [chunk.drafts for chunk in knowledge.chunks(tenant, name)]


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.01)


async def all_drafted(knowledge: Knowledge) -> None:
    """Until nothing is left to ask for."""
    await until(lambda: not knowledge.store.undrafted(1))


class Bench:
    """Starts drafters beside an engine's slots."""

    def __init__(self, knowledge: Knowledge, settings: WorkerSettings) -> None:
        self.knowledge = knowledge
        self.settings = settings
        self.slots = Slots(SlotRules(total=16, reserved=4))
        self.deaths: list[EngineDeadError] = []

    @asynccontextmanager
    async def drafter(
        self, engine: StandInEngine, model: str = "m", *, redraft: bool = False
    ) -> AsyncIterator[Drafter]:
        settings = self.settings.model_copy(update={"redraft": redraft})
        redis = connect_async(settings)
        prompter = DraftPrompter(Templates.load(), engine.tokenizer, model, settings)
        generator = Generator(engine, self.slots, Meters())
        drafter = Drafter(
            self.knowledge, prompter, generator, self.slots, redis, settings, self.deaths.append
        )
        drafter.start()
        try:
            yield drafter
        finally:
            await drafter.stop()
            await redis.aclose()


@pytest.fixture
def bench(knowledge: Knowledge, settings: WorkerSettings) -> Bench:
    return Bench(knowledge, settings)


def test_each_chunk_gets_its_questions_and_is_asked_for_once(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Temos raio-x.", "Fazemos mamografia.", "Há ultrassom.")
    put(bench.knowledge, "geral.md", "Temos tomografia.", tenant="outra")

    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drafter(engine) as drafter:
            await all_drafted(bench.knowledge)
            await asyncio.sleep(0.2)
            await until(lambda: drafter.tally.chunks == 4)
        assert len(engine.started) == 4
        assert all(each.startswith("2:") for each in engine.started)  # after all questions
        assert engine.most_running <= 2  # an eighth of the slots

    asyncio.run(scene())
    assert drafts(bench.knowledge, "geral.md")[1] == (
        "vocês têm mamografia?",
        "quanto custa mamografia?",
    )
    assert drafts(bench.knowledge, "geral.md", "outra")[0][0] == "vocês têm tomografia?"
    (passages,) = bench.knowledge.search([("clinica", "quanto custa mamografia?")], 1)
    assert "mamografia" in passages[0].text


def test_new_and_changed_chunks_are_asked_for_and_the_others_are_not(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Temos raio-x.", "Fazemos mamografia.")

    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drafter(engine):
            await all_drafted(bench.knowledge)
            put(bench.knowledge, "geral.md", "Há ultrassom.", "Fazemos mamografia.")
            await all_drafted(bench.knowledge)
        assert sorted(each.rpartition(". ")[2] for each in engine.started) == [
            "Fazemos mamografia.",
            "Há ultrassom.",
            "Temos raio-x.",
        ]

    asyncio.run(scene())
    assert [len(each) for each in drafts(bench.knowledge, "geral.md")] == [2, 2]


def test_a_paused_drain_drafts_nothing(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Temos raio-x.")

    async def scene() -> None:
        engine, paused = StandInEngine(), True
        async with bench.drafter(engine) as drafter:
            drafter.paused = lambda: paused
            await asyncio.sleep(0.3)
            assert engine.started == []
            paused = False
            await all_drafted(bench.knowledge)

    asyncio.run(scene())


def test_questions_go_first(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", *(f"Fazemos exame{place}." for place in range(6)))

    async def scene() -> None:
        engine, leave = StandInEngine(), asyncio.Event()

        async def ask() -> None:
            async with bench.slots.take(Turn(Lane.INTERACTIVE)):
                await leave.wait()

        crowd = [asyncio.create_task(ask()) for _ in range(9)]
        await asyncio.sleep(0.01)
        async with bench.drafter(engine):
            await asyncio.sleep(0.3)
            assert engine.started == []
            leave.set()
            await all_drafted(bench.knowledge)
        await asyncio.gather(*crowd)

    asyncio.run(scene())


#: A worker of its own process, whose lease is a second's.
WORKER = """
import os, time
from workers.drafting import drafter
from workers.service import DrainService
from workers.settings import WorkerSettings
drafter.LEASE_SECONDS = 1
DrainService(WorkerSettings(), hint=lambda: None).start()
time.sleep(300)
"""


@pytest.mark.drill
def test_a_worker_that_is_killed_costs_a_repeat_and_nothing_else(
    redis: Redis, queue_settings: QueueSettings, tmp_path: Path
) -> None:
    knowledge_settings = KnowledgeSettings(data_dir=tmp_path)
    with open_knowledge(knowledge_settings) as knowledge:
        put(knowledge, "geral.md", "Temos raio-x.", "Vá devagar à mamografia.")
        slow = next(each for each in knowledge.store.undrafted(9) if "devagar" in each.chunk.text)
    environment = os.environ | {
        "ATENDE_DATA_DIR": str(tmp_path),
        "ATENDE_REDIS_URL": queue_settings.redis_url,
        "ATENDE_ENGINE": "tests.stand_ins:engine",
        "ATENDE_CHUNK_QUESTIONS": "2",
    }
    child = subprocess.Popen([sys.executable, "-c", WORKER], env=environment)
    try:
        asyncio.run(until(lambda: bool(redis.hexists(keys.DRAFT_TRIES, slow.key)), 120))
    finally:
        child.kill()
        child.wait()
    settings = WorkerSettings(redis_url=queue_settings.redis_url, chunk_questions=2)
    with open_knowledge(knowledge_settings) as knowledge:
        assert slow.key in {each.key for each in knowledge.store.undrafted(9)}

        async def again() -> None:
            engine = StandInEngine()
            engine.go.set()
            async with Bench(knowledge, settings).drafter(engine):
                await all_drafted(knowledge)
                await until(lambda: not redis.exists(keys.DRAFT_TRIES))

        asyncio.run(again())
        assert [len(each) for each in drafts(knowledge, "geral.md")] == [2, 2]


def test_a_stop_on_purpose_is_no_failed_try(bench: Bench, redis: Redis) -> None:
    put(bench.knowledge, "geral.md", "Vá devagar à mamografia.")

    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drafter(engine):
            await until(lambda: engine.running == 1)
            assert redis.hlen(keys.DRAFT_TRIES) == 1

    asyncio.run(scene())
    assert len(bench.knowledge.store.undrafted(9)) == 1
    assert not redis.exists(keys.DRAFT_TRIES)
    assert not redis.exists(keys.DRAFTING)


def test_a_chunk_that_goes_while_it_is_asked_for_does_not_come_back(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Vá devagar à mamografia.")

    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drafter(engine):
            await until(lambda: engine.running == 1)
            bench.knowledge.delete("clinica", "geral.md")
            engine.go.set()
            await until(lambda: engine.running == 0)
            await asyncio.sleep(0.2)

    asyncio.run(scene())
    assert bench.knowledge.search([("clinica", "vocês têm mamografia?")], 5) == [[]]
    assert bench.knowledge.store.undrafted(9) == []


def test_a_chunk_that_always_fails_is_left_and_asked_for_again_on_demand(
    bench: Bench,
) -> None:
    put(bench.knowledge, "geral.md", "Isto quebra sempre.", "Temos raio-x.")

    async def scene(*, redraft: bool) -> int:
        engine = StandInEngine()
        async with bench.drafter(engine, redraft=redraft) as drafter:
            if redraft:
                await until(lambda: len(engine.started) >= MOST_TRIES)
            await until(lambda: drafter.tally.chunks > 0)
            await all_drafted(bench.knowledge)
            await asyncio.sleep(0.2)
        return sum("quebra" in each for each in engine.started)

    assert asyncio.run(scene(redraft=False)) == MOST_TRIES
    assert drafts(bench.knowledge, "geral.md") == [(), ("vocês têm x?", "quanto custa x?")]
    assert asyncio.run(scene(redraft=True)) == MOST_TRIES
    assert bench.knowledge.store.undrafted(9) == []


def test_a_chunk_that_kills_engines_is_left_after_three(bench: Bench, redis: Redis) -> None:
    put(bench.knowledge, "geral.md", "Isto mata.", "Temos tomografia.")

    async def scene() -> None:
        async with bench.drafter(StandInEngine()):
            await until(lambda: bool(bench.deaths) or not bench.knowledge.store.undrafted(1))

    for _ in range(MOST_TRIES):
        bench.deaths.clear()
        asyncio.run(scene())
        assert len(bench.deaths) == 1  # the worker leaves, and its supervisor starts another
    bench.deaths.clear()
    asyncio.run(scene())
    assert bench.deaths == []
    assert drafts(bench.knowledge, "geral.md")[0] == ()
    assert redis.hlen(keys.DRAFT_TRIES) <= 1


def test_another_model_asks_again_only_where_that_is_set(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Temos raio-x.", "Fazemos mamografia.")

    async def scene(model: str, *, redraft: bool) -> int:
        engine = StandInEngine()
        async with bench.drafter(engine, model, redraft=redraft):
            await all_drafted(bench.knowledge)
            await asyncio.sleep(0.4)
        return len(engine.started)

    assert asyncio.run(scene("m", redraft=False)) == 2
    assert asyncio.run(scene("n", redraft=False)) == 0
    assert asyncio.run(scene("n", redraft=True)) == 2
    assert asyncio.run(scene("n", redraft=True)) == 0


def test_one_worker_drafts_at_a_time(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", *(f"Fazemos exame{place}." for place in range(6)))

    async def scene() -> None:
        first, second = StandInEngine(), StandInEngine()
        async with bench.drafter(first), bench.drafter(second):
            await all_drafted(bench.knowledge)
        assert sorted([len(first.started), len(second.started)]) == [0, 6]

    asyncio.run(scene())


def test_it_waits_while_documents_are_changed(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Temos raio-x.")

    async def scene() -> None:
        engine = StandInEngine()
        with bench.knowledge.store.exclusive("clinica"):
            async with bench.drafter(engine):
                await until(lambda: len(engine.started) > MOST_TRIES)
        async with bench.drafter(engine):
            await all_drafted(bench.knowledge)

    asyncio.run(scene())
    assert drafts(bench.knowledge, "geral.md") == [("vocês têm x?", "quanto custa x?")]


def test_a_document_is_shown_with_the_questions_that_find_it(bench: Bench) -> None:
    put(bench.knowledge, "geral.md", "Fazemos mamografia.")

    async def scene() -> None:
        async with bench.drafter(StandInEngine()):
            await all_drafted(bench.knowledge)

    asyncio.run(scene())
    job = RunningJob(
        "clinica", {"name": "geral.md"}, bench.knowledge, IngestionSettings(), lambda _: None
    )
    (chunk,) = show(job).chunks
    assert chunk.questions == ("vocês têm mamografia?", "quanto custa mamografia?")


@pytest.mark.parametrize("count", [0, 2])
def test_a_worker_drafts_if_it_is_set_to(
    redis: Redis, queue_settings: QueueSettings, tmp_path: Path, count: int
) -> None:
    with open_knowledge(KnowledgeSettings(data_dir=tmp_path)) as knowledge:
        put(knowledge, "geral.md", "Temos raio-x.")
    settings = WorkerSettings(
        redis_url=queue_settings.redis_url,
        data_dir=tmp_path,
        engine="tests.stand_ins:engine",
        heartbeat_seconds=0.2,
    )
    if count:  # else as it is by default
        settings = settings.model_copy(update={"chunk_questions": count})
    service = DrainService(settings, hint=lambda: None, leave=lambda _: None)
    service.start()
    try:
        asyncio.run(until(lambda: bool(live_drains(redis)), 60))
        if count:
            asyncio.run(until(lambda: live_drains(redis)[0].drafted == 1, 60))
        else:
            time.sleep(0.5)
    finally:
        service.stop()
        close_knowledge()
    with open_knowledge(KnowledgeSettings(data_dir=tmp_path)) as knowledge:
        assert len(drafts(knowledge, "geral.md")[0]) == count
    assert not redis.exists(keys.DRAFTING)

"""The drain over a real Valkey and a real knowledge base; a stand-in for the engine alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.pipeline import ingest
from ingestion.settings import KnowledgeSettings
from tests.stand_ins import StandInEngine
from workers.assembly import Assembly
from workers.contracts.connection import connect_async
from workers.contracts.question import Delivery, Lane, Question, Request, Status
from workers.contracts.settings import QueueSettings
from workers.contracts.store import QuestionStore
from workers.drain import Drain
from workers.engine import EngineDeadError
from workers.settings import WorkerSettings
from workers.templates import Templates

pytestmark = pytest.mark.integration

ABOUT = "preparo da colonoscopia"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "docs").mkdir()
    (folder / "docs" / "colonoscopia.md").write_text(
        "# Colonoscopia\n\n## Preparo da colonoscopia\n\nFaça jejum de 8 horas e beba água.\n",
        "utf-8",
    )
    with open_knowledge(KnowledgeSettings(data_dir=folder)) as opened:
        ingest(folder / "docs", "clinica", opened, lambda _: None)
        yield opened


@pytest.fixture
def settings(queue_settings: QueueSettings) -> WorkerSettings:
    return WorkerSettings(
        redis_url=queue_settings.redis_url,
        heartbeat_seconds=0.2,
        takeover_seconds=0.6,
        grace_seconds=0.4,
        answer_tokens=20,
    )


@pytest.fixture
def store(redis: Redis, settings: WorkerSettings) -> QuestionStore:
    return QuestionStore(redis, settings)


class Bench:
    """Starts drains and asks questions."""

    def __init__(
        self, store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
    ) -> None:
        self.store = store
        self._knowledge = knowledge
        self._settings = settings

    def ask(
        self,
        text: str = ABOUT,
        lane: Lane = Lane.INTERACTIVE,
        callback_url: str | None = None,
        expires_at: float | None = None,
    ) -> str:
        request = Request(
            tenant="clinica",
            question=text,
            lane=lane,
            asked_at=time.time(),
            callback_url=callback_url,
            expires_at=expires_at,
        )
        return self.store.enqueue(request).id

    def get(self, question_id: str) -> Question:
        question = self.store.get(question_id)
        assert question is not None
        return question

    async def ended(self, *ids: str, seconds: float = 10) -> list[Question]:
        found = [
            await asyncio.to_thread(self.store.wait, question_id, seconds) for question_id in ids
        ]
        assert all(question is not None for question in found)
        return [question for question in found if question is not None]

    @asynccontextmanager
    async def drain(
        self, engine: StandInEngine, worker: str = "w1"
    ) -> AsyncIterator[tuple[Drain, "asyncio.Task[None]"]]:
        settings = self._settings
        redis = connect_async(settings)
        made = Assembly(
            redis=redis,
            knowledge=self._knowledge,
            engine=engine,
            templates=Templates.load(),
            settings=settings,
            worker=worker,
        )
        drain = made.drain
        task = asyncio.create_task(drain.run())
        try:
            yield drain, task
        finally:
            drain.stop()
            await asyncio.gather(task, return_exceptions=True)
            made.pipeline.close()
            await redis.aclose()


@pytest.fixture
def bench(store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings) -> Bench:
    return Bench(store, knowledge, settings)


@pytest.fixture
def slow_takeover(store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings) -> Bench:
    """Nothing is taken over by its idle time in a test's."""
    return Bench(store, knowledge, settings.model_copy(update={"takeover_seconds": 60.0}))


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scene(), 60)

    asyncio.run(bounded())


def test_a_question_is_answered_from_the_documents_with_its_source(bench: Bench) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            (question,) = await bench.ended(bench.ask())
        outcome = question.outcome
        assert outcome is not None
        assert question.status == Status.ANSWERED
        assert "jejum de 8 horas" in outcome.text
        assert outcome.citations[0].document == "colonoscopia.md"
        assert outcome.citations[0].heading is not None
        assert "Preparo da colonoscopia" in outcome.citations[0].heading
        assert outcome.usage.completion_tokens == 7
        assert outcome.knowledge_version

    run(scene)


def test_a_question_far_from_every_document_goes_to_a_human_without_asking_the_model(
    bench: Bench,
) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine):
            (question,) = await bench.ended(bench.ask("quem ganhou o jogo do flamengo ontem?"))
        assert question.status == Status.NEEDS_HUMAN
        assert question.outcome is not None
        assert question.outcome.reason == "weak_evidence"
        assert "pessoa da nossa equipe" in question.outcome.text
        assert engine.started == []

    run(scene)


def test_one_failing_question_fails_alone(bench: Bench) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {word}") for word in ("um", "quebra", "dois")]
        async with bench.drain(StandInEngine()):
            questions = await bench.ended(*ids)
        assert [question.status for question in questions] == [
            Status.ANSWERED,
            Status.FAILED,
            Status.ANSWERED,
        ]

    run(scene)


def test_a_slow_question_delays_no_other(bench: Bench) -> None:
    async def scene() -> None:
        slow = bench.ask(f"{ABOUT} devagar")
        others = [bench.ask(f"{ABOUT} {number}") for number in range(20)]
        engine = StandInEngine(slots=2)
        async with bench.drain(engine):
            assert all(question.status.ended for question in await bench.ended(*others))
            assert bench.get(slow).status == Status.CLAIMED
            engine.go.set()
            (question,) = await bench.ended(slow)
            assert question.status == Status.ANSWERED

    run(scene)


def test_the_engine_is_never_given_more_than_its_slots(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=3)
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(30)]
        async with bench.drain(engine):
            await bench.ended(*ids)
        assert engine.most == 3

    run(scene)


def test_interactive_questions_overtake_bulk_ones_that_wait(bench: Bench) -> None:
    async def scene() -> None:
        bulk = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(40)]
        engine = StandInEngine(slots=4)
        async with bench.drain(engine):
            await until(lambda: engine.running == 3)  # one slot is reserved
            interactive = bench.ask(f"{ABOUT} urgente")
            (question,) = await bench.ended(interactive)
            assert question.status == Status.ANSWERED
            assert bench.get(bulk[0]).status == Status.CLAIMED
            engine.go.set()
            await bench.ended(*bulk)

    run(scene)


def test_a_question_with_a_callback_is_put_into_the_outbox_as_it_ends(
    bench: Bench, redis: Redis
) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            (question,) = await bench.ended(bench.ask(callback_url="https://bot.example/x"))
        assert question.delivery == Delivery.PENDING
        assert redis.zrange("atende:1:outbox", 0, -1) == [question.id]

    run(scene)


def test_a_question_past_its_deadline_is_not_answered(bench: Bench) -> None:
    async def scene() -> None:
        late = bench.ask(expires_at=time.time() - 1)
        engine = StandInEngine()
        async with bench.drain(engine):
            (question,) = await bench.ended(late)
        assert question.status == Status.EXPIRED
        assert engine.started == []

    run(scene)


def test_a_question_cancelled_while_it_generates_stops_generating(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine) as (drain, _):
            question_id = bench.ask(f"{ABOUT} devagar")
            await until(lambda: engine.running == 1)
            assert bench.store.cancel(question_id) == Status.CANCELLED
            await until(lambda: engine.running == 0)
            assert len(drain.flights) == 0
        assert bench.get(question_id).status == Status.CANCELLED

    run(scene)


def test_a_stop_lets_questions_in_flight_end(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine) as (drain, task):
            question_id = bench.ask(f"{ABOUT} devagar")
            await until(lambda: engine.running == 1)
            drain.stop()
            waiting = bench.ask(f"{ABOUT} depois")
            engine.go.set()
            await task
        assert bench.get(question_id).status == Status.ANSWERED
        assert bench.get(waiting).status == Status.QUEUED

    run(scene)


def test_a_stop_releases_what_outlasts_the_grace_period_and_the_next_worker_takes_it_at_once(
    slow_takeover: Bench,
) -> None:
    bench = slow_takeover

    async def scene() -> None:
        stuck = StandInEngine()
        question_id = bench.ask(f"{ABOUT} devagar")
        async with bench.drain(stuck) as (drain, task):
            await until(lambda: stuck.running == 1)
            drain.stop()
            await task
        assert len(stuck.cancelled) == 1
        assert bench.get(question_id).status == Status.QUEUED
        fresh = StandInEngine()
        fresh.go.set()
        async with bench.drain(fresh, "w2"):
            (question,) = await bench.ended(question_id)
        assert question.status == Status.ANSWERED

    run(scene)


def test_when_the_engine_dies_the_drain_leaves_and_another_worker_takes_over(
    bench: Bench,
) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} devagar {number}") for number in range(3)]
        engine = StandInEngine()
        async with bench.drain(engine) as (_, task):
            await until(lambda: engine.running == 3)
            killer = bench.ask(f"{ABOUT} mata")
            with pytest.raises(EngineDeadError):
                await task
        bench.store.cancel(killer)
        fresh = StandInEngine()
        fresh.go.set()
        async with bench.drain(fresh, "w2"):
            questions = await bench.ended(*ids)
        assert [(q.status, q.attempt) for q in questions] == [(Status.ANSWERED, 2)] * 3

    run(scene)


def test_a_question_that_kills_every_engine_fails_as_poison(bench: Bench) -> None:
    async def scene() -> None:
        killer = bench.ask(f"{ABOUT} mata")
        ended = asyncio.create_task(bench.ended(killer, seconds=50))
        killed = 0
        while not ended.done():  # a worker that a busy machine holds up may count a claim twice
            async with bench.drain(StandInEngine(), f"victim-{killed}") as (_, task):
                await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
                killed += task.done() and isinstance(task.exception(), EngineDeadError)
        (question,) = await ended
        assert 1 <= killed <= 3
        assert question.status == Status.FAILED
        assert question.outcome is not None
        assert question.outcome.reason == "poison"

    run(scene)


def test_two_workers_share_the_lanes_and_answer_each_question_once(bench: Bench) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(100)]
        one, two = StandInEngine(), StandInEngine()
        async with bench.drain(one, "w1"), bench.drain(two, "w2"):
            questions = await bench.ended(*ids)
        assert {question.attempt for question in questions} == {1}
        assert len(one.started) + len(two.started) == 100
        assert one.started
        assert two.started

    run(scene)


def test_a_busy_worker_asks_redis_less_than_once_a_question(bench: Bench) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(150)]
        async with bench.drain(StandInEngine(slots=16)) as (drain, _):
            await bench.ended(*ids)
            assert drain.claim_calls < 0.5 * drain.claimed

    run(scene)


def test_a_second_interactive_question_finds_its_reserved_slot_beside_a_bulk_backlog(
    bench: Bench,
) -> None:
    async def scene() -> None:
        bulk = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(60)]
        engine = StandInEngine(slots=16)
        async with bench.drain(engine):
            await until(lambda: engine.running == 12)
            slow = [bench.ask(f"{ABOUT} devagar urgente {n}") for n in range(3)]
            await until(lambda: engine.running == 15)
            (question,) = await bench.ended(bench.ask(f"{ABOUT} urgente"))
            assert question.status == Status.ANSWERED
            engine.go.set()
            await bench.ended(*bulk, *slow)

    run(scene)


def test_what_a_dead_worker_left_comes_before_what_is_new(bench: Bench) -> None:
    async def scene() -> None:
        dead = StandInEngine()
        left = [bench.ask(f"{ABOUT} devagar {number}") for number in range(3)]
        async with bench.drain(dead) as (_, task):
            await until(lambda: dead.running == 3)
            killer = bench.ask(f"{ABOUT} mata")
            with pytest.raises(EngineDeadError):
                await task
        bench.store.cancel(killer)
        await asyncio.sleep(0.7)
        backlog = [bench.ask(f"{ABOUT} {number}") for number in range(200)]
        fresh = StandInEngine()
        fresh.go.set()
        async with bench.drain(fresh, "w2"):
            await bench.ended(*left)
            waiting = sum(not bench.get(question_id).status.ended for question_id in backlog)
            assert waiting > 100
            for question_id in backlog:
                bench.store.cancel(question_id)

    run(scene)


def test_a_question_that_kills_engines_takes_no_neighbour_along(bench: Bench) -> None:
    async def scene() -> None:
        killer = bench.ask(f"{ABOUT} mata")
        innocents = [bench.ask(f"{ABOUT} {number}") for number in range(5)]
        for life in range(12):
            async with bench.drain(StandInEngine(slots=8), f"w{life}") as (_, task):
                waiting = [asyncio.create_task(bench.ended(killer, *innocents, seconds=5)), task]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                waiting[0].cancel()
            if all(bench.get(one).status.ended for one in (killer, *innocents)):
                break
        assert bench.get(killer).status == Status.FAILED
        assert {bench.get(one).status for one in innocents} == {Status.ANSWERED}

    run(scene)


def test_a_record_that_cannot_be_read_fails_alone(bench: Bench, redis: Redis) -> None:
    async def scene() -> None:
        bad, good = bench.ask(), bench.ask(f"{ABOUT} dois")
        redis.hset(f"atende:1:question:{bad}", "request", '{"lane": "of a later version"}')
        async with bench.drain(StandInEngine()):
            (question,) = await bench.ended(good)
            assert question.status == Status.ANSWERED
            await until(lambda: redis.hget(f"atende:1:question:{bad}", "status") == "failed")

    run(scene)


def test_writes_that_redis_refuses_for_a_while_are_written_afterwards(
    bench: Bench, redis: Redis
) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        question_id = bench.ask(f"{ABOUT} devagar")
        async with bench.drain(engine):
            await until(lambda: engine.running == 1)
            redis.config_set("maxmemory", "1")
            try:
                engine.go.set()
                await asyncio.sleep(1)
                assert bench.get(question_id).status == Status.CLAIMED
            finally:
                redis.config_set("maxmemory", "0")
            (question,) = await bench.ended(question_id)
        assert question.status == Status.ANSWERED

    run(scene)


def test_a_knowledge_base_that_fails_gives_the_questions_back_and_ends_the_worker(
    bench: Bench, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        question_id = bench.ask()
        with monkeypatch.context() as patch:

            def refuse(_tenant: str) -> str:
                raise EmbeddingMismatchError("one model", "another")

            patch.setattr(knowledge, "version", refuse)
            async with bench.drain(StandInEngine()) as (_, task):
                with pytest.raises(EmbeddingMismatchError):
                    await task
        assert bench.get(question_id).status == Status.QUEUED
        async with bench.drain(StandInEngine(), "w2"):
            (question,) = await bench.ended(question_id)
        assert question.status == Status.ANSWERED

    run(scene)

"""What can go wrong around a shared answer: lost leaders, crowds, documents taken back."""

import asyncio
import threading
from typing import Any

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.stores.store import PointStore
from tests.drain_bench import ABOUT, Bench, followers, run, until
from tests.stand_ins import StandInEngine
from workers.contracts.question import Lane, Shared, Status
from workers.contracts.questions import QuestionStore
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

SLOW = f"{ABOUT} devagar"
#: More than one worker of two slots lets follow.
CROWD = 30


class SlowStore:
    """A store that answers with its version once `go` is set."""

    def __init__(self, store: PointStore) -> None:
        self._store = store
        self.go = threading.Event()
        self.asked = threading.Event()

    def version(self, tenant: str) -> str:
        self.asked.set()
        assert self.go.wait(20)
        return self._store.version(tenant)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        return getattr(self._store, name)


class SlowKnowledge:
    """A knowledge base with such a store."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.store = SlowStore(knowledge.store)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        return getattr(self._knowledge, name)


def test_a_question_that_is_lost_while_it_looks_for_an_answer_holds_no_later_one_up(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        slow, engine = SlowKnowledge(knowledge), StandInEngine()
        bench = Bench(store, slow, settings)  # type: ignore[arg-type]
        async with bench.drain(engine) as (drain, _):
            lost = bench.ask()
            await until(slow.store.asked.is_set)
            bench.store.cancel(lost)
            await until(lambda: len(drain.flights) == 0)  # the heartbeat found out
            slow.store.go.set()
            await asyncio.sleep(0.3)
            (question,) = await bench.wait(bench.ask())
        assert question.status == Status.ANSWERED

    run(scene)


def test_a_worker_full_of_followers_takes_over_what_they_wait_for(bench: Bench) -> None:
    async def scene() -> None:
        engine_1, engine_2 = StandInEngine(slots=2), StandInEngine(slots=2)
        engine_2.go.set()
        async with bench.drain(engine_1, "w1") as (first, dying):
            leader = bench.ask(SLOW, Lane.BULK)
            await until(lambda: engine_1.running == 1)
            first.pause(paused=True)
            async with bench.drain(engine_2, "w2") as (second, _):
                others = [bench.ask(SLOW, Lane.BULK) for _ in range(CROWD)]
                await until(lambda: followers(second) >= 12)
                dying.cancel()  # as SIGKILL leaves it
                questions = await bench.wait(leader, *others)
        assert {question.status for question in questions} == {Status.ANSWERED}
        assert len(engine_2.started) == 1

    run(scene)


def test_a_crowd_of_bulk_followers_keeps_no_live_user_out(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=2)
        async with bench.drain(engine) as (drain, _):
            for _ in range(CROWD):
                bench.ask(SLOW, Lane.BULK)
            await until(lambda: followers(drain) >= 12)
            (question,) = await bench.wait(bench.ask(ABOUT))
            assert question.status == Status.ANSWERED
            engine.go.set()

    run(scene)


def test_cached_answers_without_coalescing_share_nothing_that_runs(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        cached_only = bench.with_settings(coalesce=False)
        async with cached_only.drain(engine):
            ids = [bench.ask(SLOW) for _ in range(3)]
            await until(lambda: engine.running == 3)
            engine.go.set()
            await bench.wait(*ids)
            (later,) = await bench.wait(bench.ask(SLOW))
        assert later.outcome is not None
        assert later.outcome.shared == Shared.CACHED

    run(scene)


def test_an_answer_from_documents_that_were_taken_back_serves_nobody(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        slow, engine = SlowKnowledge(knowledge), StandInEngine()
        bench = Bench(store, slow, settings.model_copy(update={"bulk_yield_seconds": 0.0}))  # type: ignore[arg-type]
        slow.store.go.set()
        async with bench.drain(engine):
            live = bench.ask(SLOW)
            await until(lambda: engine.running == 1)
            bulk = bench.ask(ABOUT, Lane.BULK)  # retrieved when the live user has an answer
            await until(lambda: bench.get(bulk).status == Status.CLAIMED)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(bench.learn, "errado.md", "# Preparo da colonoscopia\n\nNão.\n")
            engine.go.set()
            await bench.wait(live, bulk)
            await asyncio.to_thread(knowledge.delete, "clinica", "errado.md")
            (question,) = await bench.wait(bench.ask(ABOUT))
        assert question.outcome is not None
        assert question.outcome.shared is None

    run(scene)


def test_what_a_live_user_waits_for_is_retrieved_though_other_bulk_waits_for_calm(
    bench: Bench,
) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=4)
        yielding = bench.with_settings(bulk_yield_seconds=0.0)
        async with yielding.drain(engine) as (drain, _):
            live = bench.ask(SLOW)
            await until(lambda: engine.running == 1)
            other = bench.ask(f"{ABOUT} hoje", Lane.BULK)
            await until(lambda: bench.get(other).status == Status.CLAIMED)
            await asyncio.sleep(0.2)
            wanted = bench.ask(f"{ABOUT} agora", Lane.BULK)
            await until(lambda: bench.get(wanted).status == Status.CLAIMED)
            await asyncio.sleep(0.2)
            (question,) = await bench.wait(bench.ask(f"{ABOUT} agora"))
            assert question.status == Status.ANSWERED
            assert bench.get(other).status == Status.CLAIMED
            engine.go.set()
            await bench.wait(live, other, wanted)
        assert drain.claimed == 4

    run(scene)


def test_live_users_find_every_slot_that_bulk_yielded(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=8)
        yielding = bench.with_settings(bulk_yield_seconds=0.0)
        async with yielding.drain(engine) as (drain, _):
            bulk = [bench.ask(f"{SLOW} {n}", Lane.BULK) for n in range(20)]
            await until(lambda: drain.claimed == 12)  # as many as it holds
            live = [bench.ask(f"{SLOW} hoje {n}") for n in range(8)]
            await until(lambda: sum(name.startswith("0:") for name in engine.started) == 8)
            assert engine.running == 8  # they still generate: no slot was left to bulk
            engine.go.set()
            questions = await bench.wait(*live, *bulk)
        assert {question.status for question in questions} == {Status.ANSWERED}

    run(scene)

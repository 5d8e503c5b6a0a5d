"""Identical questions over a real Valkey and real drains; a stand-in for the engine alone."""

import asyncio
from collections.abc import Callable
from datetime import date

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.document import Ruling
from tests.drain_bench import ABOUT, Bench, followers, run, until
from tests.stand_ins import StandInEngine, WordTokenizer
from workers.answering.prepare import Preparer
from workers.answering.prompt import Prompter
from workers.answering.templates import Templates
from workers.contracts import keys
from workers.contracts.question import Lane, Request, Shared, Status
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

SLOW = f"{ABOUT} devagar"


def shared(redis: Redis) -> dict[str, str]:
    """The counters of shared answers."""
    counters: dict[str, str] = redis.hgetall(keys.COUNTERS)  # type: ignore[assignment]
    return {name: count for name, count in counters.items() if name.startswith("shared:")}


def test_identical_questions_that_run_are_answered_once_and_each_gets_its_callback(
    bench: Bench, redis: Redis
) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine) as (drain, _):
            first = bench.ask(SLOW, callback_url="https://a.example/")
            await until(lambda: engine.running == 1)
            others = [
                bench.ask(text, callback_url="https://b.example/")
                for text in (SLOW, f"  {SLOW.upper()}? ", f"{SLOW}.")
            ]
            await until(lambda: followers(drain) == len(others))
            engine.go.set()
            questions = await bench.wait(first, *others)
        assert len(engine.started) == 1
        outcomes = [question.outcome for question in questions if question.outcome]
        assert {outcome.text for outcome in outcomes} == {outcomes[0].text}
        assert [outcome.shared for outcome in outcomes] == [None, *[Shared.COALESCED] * 3]
        assert [outcome.usage.completion_tokens for outcome in outcomes] == [7, 0, 0, 0]
        assert outcomes[1].citations == outcomes[0].citations
        assert set(redis.zrange(keys.OUTBOX, 0, -1)) == {first, *others}
        assert shared(redis) == {"shared:coalesced:interactive": "3"}

    run(scene)


def test_one_that_waited_while_its_twin_was_answered_needs_no_engine(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        ids = [bench.ask(ABOUT, Lane.BULK) for _ in range(40)]  # more than a worker holds
        async with bench.drain(engine):
            questions = await bench.wait(*ids)
        assert len(engine.started) == 1
        assert sum(q.outcome is not None and q.outcome.shared is None for q in questions) == 1

    run(scene)


def test_an_answer_is_kept_for_who_asks_later(bench: Bench, redis: Redis) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine):
            await bench.wait(bench.ask())
        async with bench.drain(engine, "w2"):
            (question,) = await bench.wait(bench.ask())
        assert question.outcome is not None
        assert question.outcome.shared == Shared.CACHED
        assert len(engine.started) == 1
        assert shared(redis) == {"shared:cached:interactive": "1"}

    run(scene)


def test_what_went_to_a_person_is_not_kept_for_who_asks_later(bench: Bench) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            for _ in range(2):
                (question,) = await bench.wait(bench.ask("quem ganhou o jogo de ontem?"))
                assert question.status == Status.NEEDS_HUMAN
                assert question.outcome is not None
                assert question.outcome.shared is None

    run(scene)


@pytest.mark.parametrize(
    "other",
    [
        lambda bench: bench.ask(ABOUT, tenant="outra"),
        lambda bench: bench.ask(ABOUT, conversation_id="c1"),
        lambda bench: bench.ask(f"não {ABOUT}"),
    ],
    ids=["of another clinic", "of a conversation", "with another word"],
)
def test_an_answer_is_never_shared_with_a_question(
    bench: Bench, other: Callable[[Bench], str]
) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            await bench.wait(bench.ask(ABOUT))
            (question,) = await bench.wait(other(bench))
        assert question.outcome is not None
        assert question.outcome.shared is None

    run(scene)


def test_answers_are_not_shared_after_the_documents_changed(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine):
            await bench.wait(bench.ask(ABOUT))
            await asyncio.to_thread(bench.learn, "novo.md", "# Novo\n\nO preparo mudou.\n")
            (question,) = await bench.wait(bench.ask(ABOUT))
        assert question.outcome is not None
        assert question.outcome.shared is None

    run(scene)


def test_no_answer_is_shared_with_another_day_whose_date_its_prompt_did_not_say(
    knowledge: Knowledge, settings: WorkerSettings
) -> None:
    def key(day: date) -> str:
        prompter = Prompter(Templates.load(), WordTokenizer(), settings, lambda: day)
        preparer = Preparer(knowledge, prompter, "m", settings)
        (key,) = preparer.share_keys([Request(tenant="clinica", question=ABOUT, asked_at=0)])
        assert key is not None
        return key.digest

    assert key(date(2026, 11, 26)) == key(date(2026, 11, 26)) != key(date(2026, 11, 27))


def test_answers_are_not_shared_once_something_is_out_of_force(
    bench: Bench, knowledge: Knowledge
) -> None:
    async def scene() -> None:
        bench.learn("aviso.md", "---\nvalid_until: 2099-12-31\n---\n# Aviso\n\nHá vagas.\n")
        today = knowledge.store.today
        async with bench.drain(StandInEngine()):
            await bench.wait(bench.ask(ABOUT))
            shared_by = []
            for change in (
                lambda: None,
                lambda: knowledge.amend("clinica", "aviso.md", ruling=Ruling.RETIRED),
                lambda: knowledge.amend("clinica", "aviso.md", ruling=Ruling.NONE),
                lambda: setattr(knowledge.store, "today", lambda: date(2100, 1, 1)),
            ):
                await asyncio.to_thread(change)
                (question,) = await bench.wait(bench.ask(ABOUT))
                assert question.outcome is not None
                shared_by.append(question.outcome.shared)
        knowledge.store.today = today
        knowledge.delete("clinica", "aviso.md")
        # Back to what was known at first, its answer serves again; a day that passes ends that.
        assert shared_by == [Shared.CACHED, None, Shared.CACHED, None]

    run(scene)


def test_both_ways_of_sharing_can_be_switched_off(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        off = bench.with_settings(coalesce=False, answer_cache_seconds=0.0)
        async with off.drain(engine):
            await bench.wait(*[bench.ask() for _ in range(3)])
        assert len(engine.started) == 3
        only_running = bench.with_settings(answer_cache_seconds=0.0)
        async with only_running.drain(engine, "w2"):
            await bench.wait(bench.ask())
            await bench.wait(bench.ask())
        assert len(engine.started) == 5

    run(scene)


def test_a_failure_is_a_questions_own(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        ids = [bench.ask(f"{ABOUT} quebra") for _ in range(3)]
        async with bench.drain(engine):
            questions = await bench.wait(*ids)
        assert [question.status for question in questions] == [Status.FAILED] * 3
        assert len(engine.started) == 3

    run(scene)


def test_where_the_first_is_cancelled_another_goes_on(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine) as (drain, _):
            first = bench.ask(SLOW)
            await until(lambda: engine.running == 1)
            second = bench.ask(SLOW)
            await until(lambda: followers(drain) == 1)
            bench.store.cancel(first)
            await until(lambda: len(engine.started) == 2)
            engine.go.set()
            (question,) = await bench.wait(second)
        assert question.status == Status.ANSWERED

    run(scene)


def test_two_workers_answer_one_question_once(slow_takeover: Bench) -> None:
    bench = slow_takeover

    async def scene() -> None:
        engine_1, engine_2 = StandInEngine(), StandInEngine()
        async with bench.drain(engine_1, "w1") as (first, _):
            leader = bench.ask(SLOW, Lane.BULK)
            await until(lambda: engine_1.running == 1)
            first.pause(paused=True)
            async with bench.drain(engine_2, "w2") as (second, _):
                follower = bench.ask(SLOW, Lane.BULK)
                await until(lambda: followers(second) == 1)
                engine_1.go.set()
                questions = await bench.wait(leader, follower)
        assert len(engine_1.started) + len(engine_2.started) == 1
        assert questions[1].outcome is not None
        assert questions[1].outcome.shared == Shared.COALESCED

    run(scene)


def test_a_follower_of_a_worker_that_died_is_answered_all_the_same(bench: Bench) -> None:
    async def scene() -> None:
        engine_1, engine_2 = StandInEngine(), StandInEngine()
        async with bench.drain(engine_1, "w1") as (_, dying):
            leader = bench.ask(SLOW, Lane.BULK)
            await until(lambda: engine_1.running == 1)
            dying.cancel()  # as SIGKILL leaves it: claimed, never renewed
            engine_2.go.set()
            async with bench.drain(engine_2, "w2"):
                questions = await bench.wait(bench.ask(SLOW, Lane.BULK), leader)
        assert [question.status for question in questions] == [Status.ANSWERED] * 2
        assert len(engine_2.started) == 1

    run(scene)


def test_a_live_user_waits_for_no_bulk_question_of_another_worker(slow_takeover: Bench) -> None:
    bench = slow_takeover

    async def scene() -> None:
        engine_1, engine_2 = StandInEngine(), StandInEngine()
        engine_2.go.set()
        async with bench.drain(engine_1, "w1") as (first, _):
            bench.ask(SLOW, Lane.BULK)
            await until(lambda: engine_1.running == 1)
            first.pause(paused=True)
            async with bench.drain(engine_2, "w2"):
                (question,) = await bench.wait(bench.ask(SLOW))
                assert question.status == Status.ANSWERED
            engine_1.go.set()

    run(scene)


def test_a_bulk_question_that_a_live_user_waits_for_goes_on_in_the_users_lane(
    bench: Bench,
) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=2)
        yielding = bench.with_settings(bulk_yield_seconds=0.0)
        async with yielding.drain(engine) as (drain, _):
            bulk = bench.ask(SLOW, Lane.BULK)
            await until(lambda: engine.running == 1)
            live = bench.ask(SLOW)
            await until(lambda: followers(drain) == 1)
            other = bench.ask(f"{ABOUT} hoje")
            await bench.wait(other)
            assert engine.aborted == []
            engine.go.set()
            await bench.wait(bulk, live)
        assert len(engine.started) == 2

    run(scene)

"""The drain over a real Valkey and a real knowledge base; a stand-in for the engine alone."""

import asyncio
import time
from contextlib import suppress
from threading import current_thread

import pytest
from redis import Redis

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import EmbeddingMismatchError
from tests.drain_bench import ABOUT, Bench, run, until
from tests.stand_ins import StandInEngine
from workers.answering.language import Language
from workers.answering.triage.triage import FixedReply, Triage
from workers.contracts.claims import ClaimStore
from workers.contracts.question import Delivery, Lane, Status
from workers.engine.protocol import EngineDeadError

pytestmark = pytest.mark.integration


def test_a_question_is_answered_from_the_documents_with_its_source(bench: Bench) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            (question,) = await bench.wait(bench.ask())
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


def test_a_question_far_from_every_document_goes_to_a_person_without_asking_the_model(
    bench: Bench,
) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine):
            (question,) = await bench.wait(bench.ask("quem ganhou o jogo do flamengo ontem?"))
        assert question.status == Status.NEEDS_HUMAN
        assert question.outcome is not None
        assert question.outcome.reason == "weak_evidence"
        assert "pessoa da nossa equipe" in question.outcome.text
        assert engine.started == []

    run(scene)


@pytest.mark.parametrize(
    ("message", "status", "reason", "text"),
    [
        ("quero morrer, não aguento mais", Status.NEEDS_HUMAN, "emergency", "188"),
        ("quero falar com um atendente", Status.NEEDS_HUMAN, "person_asked", "pessoa"),
        ("meu TSH deu 8, é grave?", Status.NEEDS_HUMAN, "personal_health", "profissional"),
        ("boa noite, tudo bem com vcs?", Status.ANSWERED, "greeting", "Como posso ajudar?"),
        ("👍", Status.ANSWERED, "acknowledged", "Certo!"),
    ],
)
def test_a_message_that_is_no_question_gets_a_fixed_text_without_search_and_model(
    bench: Bench, message: str, status: Status, reason: str, text: str
) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine):
            (question,) = await bench.wait(bench.ask(message, tenant="without documents"))
        outcome = question.outcome
        assert outcome is not None
        assert (question.status, outcome.reason) == (status, reason)
        assert text in outcome.text
        assert (outcome.citations, outcome.knowledge_version) == ((), None)
        assert engine.started == []

    run(scene)


def test_messages_are_read_beside_the_loop_each_lane_for_itself(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    read = Triage.of

    def noted(triage: Triage, message: str, default: Language) -> FixedReply | None:
        threads.add(current_thread().name.rpartition("_")[0])
        return read(triage, message, default)

    async def scene() -> None:
        monkeypatch.setattr(Triage, "of", noted)
        ids = [bench.ask(f"{ABOUT} um"), bench.ask(f"{ABOUT} dois", Lane.BULK)]
        async with bench.drain(StandInEngine()):
            await bench.wait(*ids)
        assert threads == {"triage-interactive", "triage-bulk"}

    run(scene)


def test_an_emergency_is_ended_while_the_engine_is_busy(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=1)
        async with bench.drain(engine):
            slow = bench.ask(f"{ABOUT} devagar")
            await until(lambda: bool(engine.started))
            (question,) = await bench.wait(bench.ask("minha mãe desmaiou e não acorda"))
            assert bench.get(slow).status == Status.CLAIMED
            engine.go.set()
        assert question.outcome is not None
        assert question.outcome.reason == "emergency"

    run(scene)


def test_one_failing_question_fails_alone(bench: Bench) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {word}") for word in ("um", "quebra", "dois")]
        async with bench.drain(StandInEngine()):
            questions = await bench.wait(*ids)
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
            assert all(question.status.ended for question in await bench.wait(*others))
            assert bench.get(slow).status == Status.CLAIMED
            engine.go.set()
            (question,) = await bench.wait(slow)
            assert question.status == Status.ANSWERED

    run(scene)


def test_the_engine_is_never_given_more_than_its_slots(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=3)
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(30)]
        async with bench.drain(engine):
            await bench.wait(*ids)
        assert engine.most_running == 3

    run(scene)


def test_interactive_questions_overtake_bulk_ones_that_wait(bench: Bench) -> None:
    async def scene() -> None:
        bulk = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(40)]
        engine = StandInEngine(slots=4)
        async with bench.drain(engine):
            await until(lambda: engine.running == 4)  # bulk has all slots until somebody comes
            interactive = bench.ask(f"{ABOUT} urgente")
            (question,) = await bench.wait(interactive)
            assert question.status == Status.ANSWERED
            assert bench.get(bulk[0]).status == Status.CLAIMED
            engine.go.set()
            await bench.wait(*bulk)

    run(scene)


def test_a_question_with_a_callback_is_put_into_the_outbox_as_it_ends(
    bench: Bench, redis: Redis
) -> None:
    async def scene() -> None:
        async with bench.drain(StandInEngine()):
            (question,) = await bench.wait(bench.ask(callback_url="https://bot.example/x"))
        assert question.delivery == Delivery.PENDING
        assert redis.zrange("atende:1:outbox", 0, -1) == [question.id]

    run(scene)


def test_a_question_past_its_deadline_is_not_answered(bench: Bench) -> None:
    async def scene() -> None:
        late = bench.ask(expires_at=time.time() - 1)
        engine = StandInEngine()
        async with bench.drain(engine):
            (question,) = await bench.wait(late)
        assert question.status == Status.EXPIRED
        assert engine.started == []

    run(scene)


def test_an_emergency_past_its_deadline_gets_its_numbers_all_the_same(bench: Bench) -> None:
    async def scene() -> None:
        late = bench.ask("quero morrer, não aguento mais", expires_at=time.time() - 1)
        async with bench.drain(StandInEngine()):
            (question,) = await bench.wait(late)
        assert question.outcome is not None
        assert question.outcome.reason == "emergency"
        assert "188" in question.outcome.text

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
        async with bench.with_settings(grace_seconds=30.0).drain(engine) as (drain, task):
            question_id = bench.ask(f"{ABOUT} devagar")
            await until(lambda: engine.running == 1)
            drain.stop()
            await asyncio.sleep(0.5)  # a claim that was on its way comes back
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
            (question,) = await bench.wait(question_id)
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
            questions = await bench.wait(*ids)
        assert [(q.status, q.attempt) for q in questions] == [(Status.ANSWERED, 2)] * 3

    run(scene)


def test_a_question_that_kills_every_engine_fails_as_poison(bench: Bench) -> None:
    async def scene() -> None:
        killer = bench.ask(f"{ABOUT} mata")
        end = asyncio.create_task(bench.wait(killer, seconds=50))
        deaths = 0
        while not end.done():  # a worker that a busy machine holds up may count a claim twice
            async with bench.drain(StandInEngine(), f"victim-{deaths}") as (_, task):
                await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
                deaths += task.done() and isinstance(task.exception(), EngineDeadError)
        (question,) = await end
        assert 1 <= deaths <= 3
        assert question.status == Status.FAILED
        assert question.outcome is not None
        assert question.outcome.reason == "poison"

    run(scene)


def test_two_workers_share_the_lanes_and_answer_each_question_once(slow_takeover: Bench) -> None:
    bench = slow_takeover

    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(100)]
        engine_1, engine_2 = StandInEngine(), StandInEngine()
        async with bench.drain(engine_1, "w1"), bench.drain(engine_2, "w2"):
            questions = await bench.wait(*ids)
        assert {question.attempt for question in questions} == {1}
        assert len(engine_1.started) + len(engine_2.started) == 100
        assert engine_1.started
        assert engine_2.started

    run(scene)


def test_a_busy_worker_asks_redis_less_than_once_a_question(bench: Bench) -> None:
    async def scene() -> None:
        ids = [bench.ask(f"{ABOUT} {number}") for number in range(150)]
        async with bench.drain(StandInEngine(slots=16)) as (drain, _):
            await bench.wait(*ids)
            assert drain.claim_calls < 0.5 * drain.claimed

    run(scene)


def test_a_second_interactive_question_finds_its_reserved_slot_beside_a_bulk_backlog(
    bench: Bench,
) -> None:
    async def scene() -> None:
        bulk = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(60)]
        engine = StandInEngine(slots=16)
        async with bench.with_settings(bulk_yield_seconds="never").drain(engine):
            await until(lambda: engine.running == 12)
            slow = [bench.ask(f"{ABOUT} devagar urgente {n}") for n in range(3)]
            await until(lambda: engine.running == 15)
            (question,) = await bench.wait(bench.ask(f"{ABOUT} urgente"))
            assert question.status == Status.ANSWERED
            engine.go.set()
            await bench.wait(*bulk, *slow)

    run(scene)


def test_bulk_fills_every_slot_and_leaves_all_but_its_share_while_live_users_are_answered(
    bench: Bench,
) -> None:
    async def scene() -> None:
        bulk = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(60)]
        engine = StandInEngine(slots=16)
        async with bench.with_settings(bulk_beside=1 / 16).drain(engine):
            await until(lambda: engine.running == 16)
            slow = [bench.ask(f"{ABOUT} devagar urgente {n}") for n in range(3)]
            await until(lambda: len(engine.aborted) == 15 and engine.running == 4)
            (question,) = await bench.wait(bench.ask(f"{ABOUT} urgente"))
            assert question.status == Status.ANSWERED
            assert engine.running == 4
            engine.go.set()
            await bench.wait(*bulk, *slow)
        assert len(engine.resumed) == 15

    run(scene)


def test_what_a_dead_worker_left_comes_before_what_is_new(bench: Bench) -> None:
    async def scene() -> None:
        dead = StandInEngine()
        orphans = [bench.ask(f"{ABOUT} devagar {number}") for number in range(3)]
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
            await bench.wait(*orphans)
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
                ends = asyncio.create_task(bench.wait(killer, *innocents, seconds=5))
                await asyncio.wait({ends, task}, return_when=asyncio.FIRST_COMPLETED)
                ends.cancel()
            if all(bench.get(question).status.ended for question in (killer, *innocents)):
                break
        assert bench.get(killer).status == Status.FAILED
        assert {bench.get(innocent).status for innocent in innocents} == {Status.ANSWERED}

    run(scene)


def test_a_record_that_cannot_be_read_fails_alone(bench: Bench, redis: Redis) -> None:
    async def scene() -> None:
        bad, good = bench.ask(), bench.ask(f"{ABOUT} dois")
        redis.hset(f"atende:1:question:{bad}", "request", '{"lane": "of a later version"}')
        async with bench.drain(StandInEngine()):
            (question,) = await bench.wait(good)
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
            (question,) = await bench.wait(question_id)
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

            patch.setattr(knowledge.store, "version", refuse)
            async with bench.drain(StandInEngine()) as (_, task):
                with pytest.raises(EmbeddingMismatchError):
                    await task
        assert bench.get(question_id).status == Status.QUEUED
        async with bench.drain(StandInEngine(), "w2"):
            (question,) = await bench.wait(question_id)
        assert question.status == Status.ANSWERED

    run(scene)


def test_bulk_in_flight_yields_to_a_live_user_and_goes_on_from_its_tokens(
    bench: Bench,
) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=4)
        async with bench.with_settings(bulk_yield_seconds=0.0).drain(engine):
            slow = [bench.ask(f"{ABOUT} devagar {n}", Lane.BULK) for n in range(2)]
            await until(lambda: engine.running == 2)
            await bench.wait(bench.ask(f"{ABOUT} agora"))
            await until(lambda: len(engine.resumed) == 2)
            assert len(engine.aborted) == 2
            assert [tokens for _, tokens in engine.resumed] == [(0,), (0,)]
            engine.go.set()
            questions = await bench.wait(*slow)
        assert [question.status for question in questions] == [Status.ANSWERED] * 2
        assert all(q.outcome and "jejum de 8 horas" in q.outcome.text for q in questions)

    run(scene)


def test_overdue_bulk_is_answered_while_live_users_fill_the_worker(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine(slots=2)
        impatient = bench.with_settings(bulk_yield_seconds=0.0, bulk_wait_seconds=0.2)
        async with impatient.drain(engine):
            live = [bench.ask(f"{ABOUT} devagar {n}") for n in range(3)]
            await until(lambda: engine.running == 2)
            bulk = bench.ask(f"{ABOUT} ontem", Lane.BULK)
            later = [bench.ask(f"{ABOUT} hoje {n}") for n in range(20)]
            await asyncio.sleep(0.3)
            engine.go.set()
            await bench.wait(bulk)
            assert any(bench.get(each).status == Status.QUEUED for each in later[10:]) or all(
                bench.get(each).status.ended for each in live
            )
            await bench.wait(*live, *later)

    run(scene)


def test_a_paused_drain_ends_what_is_in_flight_and_claims_nothing(bench: Bench) -> None:
    async def scene() -> None:
        engine = StandInEngine()
        async with bench.drain(engine) as (drain, _):
            slow = bench.ask(f"{ABOUT} devagar")
            await until(lambda: engine.running == 1)
            drain.pause(paused=True)
            later = bench.ask(f"{ABOUT} depois")
            engine.go.set()
            await bench.wait(slow)
            await asyncio.sleep(0.5)  # several heartbeats
            assert bench.get(later).status == Status.QUEUED
            drain.pause(paused=False)
            await bench.wait(later)

    run(scene)


def test_no_claim_is_renewed_after_the_end_though_a_cancellation_was_swallowed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        renewals = 0

        async def renew(*_: object) -> set[str]:
            nonlocal renewals
            renewals += 1
            with suppress(asyncio.CancelledError):  # as redis-py does now and then
                await asyncio.sleep(0.3)
            return set()

        monkeypatch.setattr(ClaimStore, "renew", renew)
        async with bench.drain(StandInEngine()) as (_, task):
            await until(lambda: renewals == 1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0.5)
            assert renewals == 1

    run(scene)

"""Backfills beside Celery and drains: real threads, real processes, a stand-in engine alone."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drain_bench import ABOUT, Bench, run, until
from tests.rounds_bench import RoundsBench
from tests.stand_ins import StandInEngine
from workers.channels.backfill.service import BackfillService
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillRow, BackfillState, RowStatus
from workers.contracts.conversation import Turn
from workers.contracts.question import Lane, Shared
from workers.settings import WorkerSettings
from workers.stack.command_lines import commands

pytestmark = pytest.mark.integration
#: One row of each kind, and how it ends.
KINDS = (
    (f"Qual o {ABOUT}?", RowStatus.ANSWERED, None),
    ("quem ganhou o jogo do flamengo ontem?", RowStatus.NEEDS_HUMAN, "weak_evidence"),
    ("quero morrer, não aguento mais", RowStatus.NEEDS_HUMAN, "emergency"),
    ("quebra preparo da colonoscopia", RowStatus.FAILED, "generation_failed"),
)


@contextmanager
def service(settings: WorkerSettings) -> Iterator[BackfillService]:
    running = BackfillService(settings)
    running.start()
    try:
        yield running
    finally:
        running.stop()


async def ended(bench: RoundsBench, backfill: Backfill) -> Backfill:
    await until(lambda: bench.read(backfill).state is BackfillState.DONE, 60)
    return bench.read(backfill)


def wait_for(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def add(bench: RoundsBench, rows: list[BackfillRow]) -> Backfill:
    backfill, _ = bench.store.create("clinica", "x", "x", bench.make(0).plan)
    bench.store.add_rows("clinica", backfill.id, rows)
    return bench.store.seal("clinica", backfill.id)


def test_rows_of_every_kind_go_the_whole_way_and_none_to_a_patient(
    bench: RoundsBench, drains: Bench
) -> None:
    rows = [
        BackfillRow(key=f"{n}", question=f"{KINDS[n % 4][0]}{'!' * (n // 4)} {n // 4}")
        for n in range(40)
    ]
    backfill = add(bench, rows)

    async def scene() -> None:
        async with drains.drain(StandInEngine()):
            with service(bench.settings):
                now = await ended(bench, backfill)
        assert (now.rows, now.answered, now.needs_human, now.failed) == (40, 10, 20, 10)

    run(scene)
    for result in bench.results(backfill):
        _, status, reason = KINDS[result.row % 4]
        assert (result.status, result.reason) == (status, reason)
        if status is RowStatus.ANSWERED:
            assert result.citations[0].document == "colonoscopia.md"
    for kind in ("outbox", "dead*", "send:*", "conversation*", "handoffs:*", "errand*", "bursts"):
        assert list(bench.redis.scan_iter(f"atende:1:{kind}")) == []


def test_the_same_question_twice_is_answered_once_and_has_two_results(
    bench: RoundsBench, drains: Bench
) -> None:
    text = f"Qual o {ABOUT}?"
    backfill = add(bench, [BackfillRow(key=str(n), question=text) for n in range(6)])
    engine = StandInEngine()

    async def scene() -> None:
        async with drains.drain(engine):
            with service(bench.settings):
                await ended(bench, backfill)

    run(scene)
    assert len(engine.started) == 1
    shared = [result.shared for result in bench.results(backfill)]
    assert shared.count(None) == 1
    assert set(shared) <= {None, Shared.COALESCED, Shared.CACHED}


def test_a_row_that_goes_on_from_another_is_searched_with_it(
    bench: RoundsBench, drains: Bench
) -> None:
    last_year = time.time() - 365 * 86400
    turn = Turn(question=f"Qual o {ABOUT}?", answer="Jejum.", at=last_year - 60)
    row = {"question": "e quanto custa?", "asked_at": last_year}
    alone = BackfillRow.model_validate(row | {"key": "a"})
    follow_up = BackfillRow.model_validate(row | {"key": "b", "context": (turn,)})
    long_after = turn.model_copy(update={"at": last_year - 86400})
    late = BackfillRow.model_validate(row | {"key": "c", "context": (long_after,)})
    backfill = add(bench, [alone, follow_up, late])
    searched = {}

    async def scene() -> None:
        async with drains.drain(StandInEngine()):
            with service(bench.settings):
                await ended(bench, backfill)

    run(scene)
    for result in bench.results(backfill):
        outcome = drains.get(result.question_id).outcome
        assert outcome is not None
        searched[result.row] = outcome.searched
    assert searched[1]
    assert ABOUT in " ".join(searched[1])
    assert not searched[0]
    assert not searched[2]


@pytest.mark.drill
def test_two_services_at_once_ask_nothing_twice(bench: RoundsBench, drains: Bench) -> None:
    backfill = bench.make(900)

    async def scene() -> None:
        async with drains.drain(StandInEngine(slots=16)):
            with service(bench.settings), service(bench.settings):
                await ended(bench, backfill)

    run(scene)
    assert sorted(result.row for result in bench.results(backfill)) == list(range(900))
    assert dict(bench.questions.counters())["accepted:bulk"] == 900


def test_a_live_question_passes_all_rows_in_the_lane(bench: RoundsBench, drains: Bench) -> None:
    rows = [BackfillRow(key=f"{n}", question=f"devagar, {ABOUT} {n}") for n in range(600)]
    backfill = add(bench, rows)
    engine = StandInEngine()

    async def scene() -> None:
        async with drains.drain(engine):
            with service(bench.settings):
                await until(lambda: bench.read(backfill).open == bench.settings.backfill_ahead)
                (question,) = await drains.wait(drains.ask(f"Qual o {ABOUT} hoje?"))
                assert question.status.ended
                assert bench.read(backfill).answered == 0
                bench.store.cancel("clinica", backfill.id)
                engine.go.set()

    run(scene)


# -- beside Celery --------------------------------------------------------------------------------


@pytest.fixture
def callbacks(bench: RoundsBench, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {"ATENDE_INTAKE": "1", "ATENDE_CHANNELS_DIR": str(bench.folder)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            commands(tmp_path)["callbacks"], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_callbacks_worker_feeds_and_collects_and_stops_when_it_is_asked_to(
    bench: RoundsBench, callbacks: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    backfill = bench.make(5)
    wait_for(lambda: bench.redis.xlen(keys.lane(Lane.BULK)) == 5)
    bench.answer()
    wait_for(lambda: bench.read(backfill).state is BackfillState.DONE)
    wait_for(lambda: bool(bench.redis.exists(keys.INBOUND)))  # the intake has started, too
    callbacks.send_signal(signal.SIGTERM)
    assert callbacks.wait(20) == 0, (tmp_path / "log").read_text()
    assert "perguntas" not in (tmp_path / "log").read_text().lower()

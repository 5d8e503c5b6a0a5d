"""A drain reported to Redis and to other threads, and steered, on a real Valkey."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from workers.contracts.connection import connect_async
from workers.contracts.drains import DrainReport, drain_metrics, live_drains
from workers.contracts.pauses import ALL, Pauses
from workers.contracts.question import Lane
from workers.contracts.settings import QueueSettings
from workers.monitor.meters import Meters, Stage
from workers.monitor.report import Reporter

pytestmark = pytest.mark.integration


def read() -> tuple[DrainReport, dict[tuple[Lane, str], int]]:
    report = DrainReport(worker="w1", at=time.time(), model="m", slots=4, in_flight=2)
    return report, {(Lane.BULK, Stage.GENERATING): 2}


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own, as the drain's does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def attach(reporter: Reporter) -> None:
    reporter.attach(read, Meters())


def test_a_report_carries_flights_and_pause_and_brings_back_the_switch(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    async def scene() -> None:
        reporter = Reporter("drain@a")
        client = connect_async(queue_settings)
        reporter.attach(read, Meters())
        await reporter.report(client)
        assert not reporter.switch.paused
        (report,) = await asyncio.to_thread(live_drains, redis)
        assert not report.paused  # the report says what came of it, not what was before
        await asyncio.to_thread(Pauses(redis).pause)
        await reporter.report(client)
        assert reporter.switch.paused
        await client.aclose()

    asyncio.run(scene())
    (drain,) = live_drains(redis)
    assert (drain.node, drain.paused) == ("drain@a", True)
    assert drain.paused_since == Pauses(redis).all()[ALL]
    assert drain.flights["bulk"] == {"generating": 2}
    (families,) = drain_metrics(redis, [drain]).values()
    by_name = {family.name: family for family in families}
    assert by_name["atende_drain_flights"].total(lane="bulk", stage="generating") == 2
    assert by_name["atende_drain_paused"].total() == 1


def test_another_thread_reads_the_status(loop: asyncio.AbstractEventLoop) -> None:
    reporter = Reporter("drain@a")
    assert reporter.status(1) is None
    asyncio.run_coroutine_threadsafe(attach(reporter), loop).result(5)
    status = reporter.status(5)
    assert status is not None
    assert status[0].flights["bulk"] == {"generating": 2}
    reporter.detach()
    assert reporter.status(1) is None


def test_a_loop_that_is_busy_is_not_waited_for(loop: asyncio.AbstractEventLoop) -> None:
    reporter, go = Reporter("drain@a"), threading.Event()
    asyncio.run_coroutine_threadsafe(attach(reporter), loop).result(5)
    loop.call_soon_threadsafe(go.wait, 5)
    with pytest.raises(TimeoutError):
        reporter.status(0.1)
    go.set()


def test_a_loop_that_has_ended_reports_nothing() -> None:
    reporter = Reporter("drain@a")
    asyncio.run(attach(reporter))
    assert reporter.status(1) is None

"""A drain seen and steered from other threads, on a real Valkey."""

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
from workers.monitor.report import Sight

pytestmark = pytest.mark.integration


def standing() -> tuple[DrainReport, dict[tuple[Lane, str], int]]:
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


async def attach(sight: Sight) -> None:
    sight.attach(standing, Meters())


def test_a_report_carries_flights_and_pause_and_brings_back_the_switch(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    async def scene() -> None:
        sight = Sight("drain@a")
        client = connect_async(queue_settings)
        sight.attach(standing, Meters())
        await sight.report(client)
        assert not sight.switch.paused
        (told,) = await asyncio.to_thread(live_drains, redis)
        assert not told.paused  # the report says what came of it, not what was before
        await asyncio.to_thread(Pauses(redis).pause)
        await sight.report(client)
        assert sight.switch.paused
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


def test_another_thread_looks(loop: asyncio.AbstractEventLoop) -> None:
    sight = Sight("drain@a")
    assert sight.look(1) is None
    asyncio.run_coroutine_threadsafe(attach(sight), loop).result(5)
    found = sight.look(5)
    assert found is not None
    assert found[0].flights["bulk"] == {"generating": 2}
    sight.detach()
    assert sight.look(1) is None


def test_a_loop_that_is_busy_is_not_waited_for(loop: asyncio.AbstractEventLoop) -> None:
    sight, go = Sight("drain@a"), threading.Event()
    asyncio.run_coroutine_threadsafe(attach(sight), loop).result(5)
    loop.call_soon_threadsafe(go.wait, 5)
    with pytest.raises(TimeoutError):
        sight.look(0.1)
    go.set()


def test_a_loop_that_has_ended_shows_nothing() -> None:
    sight = Sight("drain@a")
    asyncio.run(attach(sight))
    assert sight.look(1) is None

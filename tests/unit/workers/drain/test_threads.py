"""Threads beside the loop: who is next, and what a cancelled wait leaves."""

import asyncio
from threading import Event

import pytest

from workers.contracts.question import Lane
from workers.drain.threads import LaneThreads

SECONDS = 20


class Work:
    """The first piece holds the thread until `go` is set; the order of all is kept."""

    def __init__(self) -> None:
        self.go = Event()
        self.order: list[str] = []

    def do(self, name: str) -> str:
        """In a thread."""
        if name == "first" and not self.go.wait(SECONDS):
            raise TimeoutError
        self.order.append(name)
        return name


def test_live_work_goes_before_bulk_that_waits_longer() -> None:
    async def scenario() -> None:
        threads, work = LaneThreads("test"), Work()
        tasks = [
            asyncio.create_task(threads.run(lane, work.do, name))
            for lane, name in (
                (Lane.BULK, "first"),
                (Lane.BULK, "bulk"),
                (Lane.BULK, "more bulk"),
                (Lane.INTERACTIVE, "live"),
            )
        ]
        await asyncio.sleep(0)
        work.go.set()
        assert await asyncio.gather(*tasks) == ["first", "bulk", "more bulk", "live"]
        assert work.order == ["first", "live", "bulk", "more bulk"]
        threads.close()


def test_a_cancelled_wait_gives_its_turn_to_the_next() -> None:
    async def scenario() -> None:
        threads, work = LaneThreads("test"), Work()
        first, given_up, last = (
            asyncio.create_task(threads.run(Lane.BULK, work.do, name))
            for name in ("first", "given up", "last")
        )
        await asyncio.sleep(0)
        given_up.cancel()
        work.go.set()
        assert [await first, await last] == ["first", "last"]
        assert work.order == ["first", "last"]
        assert await threads.run(Lane.BULK, work.do, "later") == "later"
        threads.close()


def test_a_thread_is_free_again_after_work_that_failed() -> None:
    async def scenario() -> None:
        threads = LaneThreads("test")
        with pytest.raises(ZeroDivisionError):
            await threads.run(Lane.INTERACTIVE, divmod, 1, 0)
        assert await threads.run(Lane.INTERACTIVE, divmod, 7, 2) == (3, 1)
        threads.close()

    asyncio.run(scenario())

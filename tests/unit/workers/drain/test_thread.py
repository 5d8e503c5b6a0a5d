"""A thread beside the loop: who is next, and what a cancelled wait leaves."""

import asyncio
from threading import Event

import pytest

from workers.contracts.question import Lane
from workers.drain.slots import Turn
from workers.drain.thread import LaneThread

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
        thread, work = LaneThread("test"), Work()
        tasks = [
            asyncio.create_task(thread.run(Turn(lane), work.do, name))
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
        thread.close()

    asyncio.run(scenario())


def test_bulk_for_which_a_live_question_waits_by_now_goes_as_live() -> None:
    async def scenario() -> None:
        thread, work = LaneThread("test"), Work()
        raised = Turn(Lane.BULK)
        turns = {"first": Turn(Lane.BULK), "bulk": Turn(Lane.BULK), "raised": raised}
        tasks = [
            asyncio.create_task(thread.run(turn, work.do, name)) for name, turn in turns.items()
        ]
        await asyncio.sleep(0)
        raised.lane = Lane.INTERACTIVE
        work.go.set()
        await asyncio.gather(*tasks)
        assert work.order == ["first", "raised", "bulk"]
        thread.close()

    asyncio.run(scenario())


def test_bulk_has_an_eighth_of_the_turns_however_many_live_questions_come() -> None:
    async def scenario() -> None:
        thread, work = LaneThread("test"), Work()
        lanes = [Lane.INTERACTIVE, Lane.BULK, Lane.BULK, *[Lane.INTERACTIVE] * 13]
        names = ["first", "bulk", "bulk", *["live"] * 13]
        tasks = [
            asyncio.create_task(thread.run(Turn(lane), work.do, name))
            for lane, name in zip(lanes, names, strict=True)
        ]
        await asyncio.sleep(0)
        work.go.set()
        await asyncio.gather(*tasks)
        assert work.order == ["first", *["live"] * 6, "bulk", *["live"] * 7, "bulk"]
        thread.close()

    asyncio.run(scenario())


def test_a_cancelled_wait_gives_its_turn_to_the_next() -> None:
    async def scenario() -> None:
        thread, work = LaneThread("test"), Work()
        first, given_up, last = (
            asyncio.create_task(thread.run(Turn(Lane.BULK), work.do, name))
            for name in ("first", "given up", "last")
        )
        await asyncio.sleep(0)
        given_up.cancel()
        work.go.set()
        assert [await first, await last] == ["first", "last"]
        assert work.order == ["first", "last"]
        assert await thread.run(Turn(Lane.BULK), work.do, "later") == "later"
        thread.close()

    asyncio.run(scenario())


def test_a_thread_is_free_again_after_work_that_failed() -> None:
    async def scenario() -> None:
        thread = LaneThread("test")
        with pytest.raises(ZeroDivisionError):
            await thread.run(Turn(Lane.INTERACTIVE), divmod, 1, 0)
        assert await thread.run(Turn(Lane.INTERACTIVE), divmod, 7, 2) == (3, 1)
        thread.close()

    asyncio.run(scenario())

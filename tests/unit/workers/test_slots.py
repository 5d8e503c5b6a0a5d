import asyncio

from workers.contracts.question import Lane
from workers.slots import Slots


class Crowd:
    """Takers of slots, each holding its slot until it is sent home."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leave: dict[str, asyncio.Event] = {}
        self.inside: list[str] = []

    async def come(self, name: str, lane: Lane) -> None:
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, lane))
        await asyncio.sleep(0.001)

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await self._tasks[name]
        await asyncio.sleep(0.001)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await asyncio.sleep(0.001)

    async def _hold(self, name: str, lane: Lane) -> None:
        async with self._slots.take(lane):
            self.inside.append(name)
            await self._leave[name].wait()
        self.inside.remove(name)


def test_bulk_never_takes_the_slots_reserved_for_interactive() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(total=3, reserved=1))
        for name in ("b1", "b2", "b3"):
            await crowd.come(name, Lane.BULK)
        await crowd.come("i1", Lane.INTERACTIVE)
        return crowd.inside

    assert asyncio.run(scene()) == ["b1", "b2", "i1"]


def test_a_freed_slot_goes_to_interactive_before_bulk_that_waited_longer() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(total=1, reserved=0))
        await crowd.come("first", Lane.BULK)
        await crowd.come("bulk", Lane.BULK)
        await crowd.come("interactive", Lane.INTERACTIVE)
        await crowd.leave("first")
        return crowd.inside

    assert asyncio.run(scene()) == ["interactive"]


def test_a_cancelled_waiter_leaves_its_place_to_the_next() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(total=1, reserved=0))
        await crowd.come("first", Lane.INTERACTIVE)
        await crowd.come("gone", Lane.INTERACTIVE)
        await crowd.come("next", Lane.INTERACTIVE)
        await crowd.cancel("gone")
        await crowd.leave("first")
        return crowd.inside

    assert asyncio.run(scene()) == ["next"]


def test_a_waiter_cancelled_in_the_moment_of_its_turn_gives_the_slot_back() -> None:
    async def scene() -> int:
        slots = Slots(total=1, reserved=0)
        crowd = Crowd(slots)
        await crowd.come("first", Lane.INTERACTIVE)
        await crowd.come("gone", Lane.INTERACTIVE)
        crowd._leave["first"].set()  # noqa: SLF001 - both in one turn of the loop
        await asyncio.sleep(0)
        crowd._tasks["gone"].cancel()  # noqa: SLF001
        await asyncio.sleep(0.01)
        return slots.running(Lane.INTERACTIVE)

    assert asyncio.run(scene()) == 0


def test_one_slot_is_always_left_for_bulk() -> None:
    assert Slots(total=1, reserved=5).reserved == 0


def test_it_is_quiet_while_nobody_waits_and_half_of_the_slots_are_free() -> None:
    async def scene() -> None:
        slots = Slots(total=4, reserved=3)
        crowd = Crowd(slots)
        assert slots.quiet
        await crowd.come("one", Lane.BULK)
        await crowd.come("two", Lane.INTERACTIVE)
        assert slots.quiet
        await crowd.come("waits", Lane.BULK)
        assert not slots.quiet
        await crowd.cancel("waits")
        assert slots.quiet
        await crowd.come("three", Lane.INTERACTIVE)
        assert not slots.quiet
        for name in ("one", "two", "three"):
            await crowd.leave(name)
        assert slots.quiet

    asyncio.run(scene())

import asyncio
import math
from functools import partial

from workers.contracts.question import Lane
from workers.drain.slots import SlotRules, Slots, Turn
from workers.settings import WorkerSettings


class Crowd:
    """Turns, each of which holds its slot until it leaves."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leave: dict[str, asyncio.Event] = {}
        self.inside: list[str] = []
        self.turns: dict[str, Turn] = {}
        #: Who was asked to yield.
        self.asked: list[str] = []

    async def come(self, name: str, lane: Lane, asked_at: float = math.inf) -> None:
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, lane, asked_at))
        await asyncio.sleep(0.001)

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await self._tasks[name]
        await asyncio.sleep(0.001)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await asyncio.sleep(0.001)

    async def _hold(self, name: str, lane: Lane, asked_at: float) -> None:
        turn = self.turns[name] = Turn(lane, asked_at, on_yield=partial(self.asked.append, name))
        async with self._slots.take(turn):
            self.inside.append(name)
            await self._leave[name].wait()
        self.inside.remove(name)


def test_bulk_never_takes_the_slots_reserved_for_interactive() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(SlotRules(total=3, reserved=1)))
        for name in ("b1", "b2", "b3"):
            await crowd.come(name, Lane.BULK)
        await crowd.come("i1", Lane.INTERACTIVE)
        return crowd.inside

    assert asyncio.run(scene()) == ["b1", "b2", "i1"]


def test_a_freed_slot_goes_to_interactive_before_bulk_that_waited_longer() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(SlotRules(total=1, reserved=0)))
        await crowd.come("first", Lane.BULK)
        await crowd.come("bulk", Lane.BULK)
        await crowd.come("interactive", Lane.INTERACTIVE)
        await crowd.leave("first")
        return crowd.inside

    assert asyncio.run(scene()) == ["interactive"]


def test_a_cancelled_waiter_leaves_its_place_to_the_next() -> None:
    async def scene() -> list[str]:
        crowd = Crowd(Slots(SlotRules(total=1, reserved=0)))
        await crowd.come("first", Lane.INTERACTIVE)
        await crowd.come("gone", Lane.INTERACTIVE)
        await crowd.come("next", Lane.INTERACTIVE)
        await crowd.cancel("gone")
        await crowd.leave("first")
        return crowd.inside

    assert asyncio.run(scene()) == ["next"]


def test_a_waiter_cancelled_in_the_moment_of_its_turn_gives_the_slot_back() -> None:
    async def scene() -> int:
        slots = Slots(SlotRules(total=1, reserved=0))
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
    settings = WorkerSettings(interactive_reserve=0.9)
    assert SlotRules.of(1, settings, compute_bound=False).reserved == 0


def test_bulk_has_all_slots_and_yields_at_once_but_for_a_share_on_a_gpu() -> None:
    on_processor = SlotRules.of(64, WorkerSettings(), compute_bound=True)
    on_gpu = SlotRules.of(256, WorkerSettings(), compute_bound=False)
    for rules in (on_processor, on_gpu):
        assert rules.yield_seconds == 0.0
        assert rules.reserved == 0  # its slots are as good as reserved
    assert (on_processor.beside, on_gpu.beside) == (0, 12)
    after_two = WorkerSettings(bulk_yield_seconds=2, bulk_beside=0.5)
    assert SlotRules.of(4, after_two, compute_bound=False).yield_seconds == 2.0
    assert SlotRules.of(4, after_two, compute_bound=True).beside == 2


def test_slots_are_reserved_where_bulk_never_yields() -> None:
    never = WorkerSettings(bulk_yield_seconds="never")
    for compute_bound in (True, False):
        rules = SlotRules.of(4, never, compute_bound=compute_bound)
        assert (rules.yield_seconds, rules.reserved, rules.beside) == (None, 1, 0)


def test_bulk_goes_on_in_its_share_beside_a_live_user_and_gets_all_slots_back() -> None:
    async def scene() -> None:
        slots = Slots(SlotRules(total=4, yield_seconds=0.0, beside=2))
        crowd = Crowd(slots)
        for name in ("b1", "b2", "b3", "b4"):
            await crowd.come(name, Lane.BULK)
        assert crowd.inside == ["b1", "b2", "b3", "b4"]  # nothing is kept free for nobody
        await crowd.come("i1", Lane.INTERACTIVE)
        assert crowd.asked == ["b3", "b4"]  # b1 and b2 are nearest to their end
        await slots.calm([Turn(Lane.BULK, 999)])  # what goes on is retrieved
        await crowd.leave("b3")
        await crowd.leave("b4")
        assert crowd.inside == ["b1", "b2", "i1"]
        await crowd.come("b5", Lane.BULK)
        await crowd.come("b6", Lane.BULK)
        await crowd.leave("b1")
        assert crowd.inside == ["b2", "i1", "b5"]
        await crowd.leave("i1")
        assert crowd.inside == ["b2", "b5", "b6"]

    asyncio.run(scene())


def test_overdue_bulk_that_need_not_yield_counts_among_what_goes_on() -> None:
    async def scene() -> None:
        rules = SlotRules(total=5, floor=1, overdue_seconds=60, yield_seconds=0.0, beside=2)
        crowd = Crowd(Slots(rules, lambda: 1000.0))
        for name, asked_at in (("young", 999), ("younger", 999), ("old", 900), ("older", 800)):
            await crowd.come(name, Lane.BULK, asked_at=asked_at)
        await crowd.come("i1", Lane.INTERACTIVE)
        assert sorted(crowd.asked) == ["old", "younger"]

    asyncio.run(scene())


def test_bulk_in_flight_is_asked_to_yield_and_none_enters_while_a_live_user_is_served() -> None:
    async def scene() -> None:
        crowd = Crowd(Slots(SlotRules(total=4, yield_seconds=0.0)))
        for name in ("b1", "b2"):
            await crowd.come(name, Lane.BULK)
        await crowd.come("i1", Lane.INTERACTIVE)
        assert crowd.asked == ["b1", "b2"]
        await crowd.come("b3", Lane.BULK)
        await crowd.leave("b1")
        assert crowd.inside == ["b2", "i1"]
        await crowd.leave("i1")
        assert crowd.inside == ["b2", "b3"]

    asyncio.run(scene())


def test_bulk_goes_on_beside_a_live_user_for_as_long_as_is_set() -> None:
    async def scene() -> None:
        crowd = Crowd(Slots(SlotRules(total=4, yield_seconds=0.3)))
        await crowd.come("bulk", Lane.BULK)
        await crowd.come("quick", Lane.INTERACTIVE)
        await crowd.leave("quick")
        await asyncio.sleep(0.4)
        assert crowd.asked == []
        await crowd.come("slow", Lane.INTERACTIVE)
        await asyncio.sleep(0.4)
        assert crowd.asked == ["bulk"]

    asyncio.run(scene())


def test_what_yielded_is_the_first_to_go_on() -> None:
    async def scene() -> list[str]:
        slots = Slots(SlotRules(total=1))
        crowd = Crowd(slots)
        await crowd.come("first", Lane.INTERACTIVE)
        await crowd.come("new", Lane.BULK)
        yielded = Turn(Lane.BULK, asked_at=900, yielding=True)
        order = []

        async def resume() -> None:
            async with slots.take(yielded):
                order.append("resumed")

        task = asyncio.create_task(resume())
        await asyncio.sleep(0.001)
        await crowd.leave("first")
        await task
        return [*order, *crowd.inside]

    assert asyncio.run(scene()) == ["resumed", "new"]


def test_a_draft_that_yielded_goes_on_after_the_questions_that_wait() -> None:
    async def scene() -> list[str]:
        slots = Slots(SlotRules(total=1))
        crowd = Crowd(slots)
        await crowd.come("first", Lane.INTERACTIVE)
        await crowd.come("question", Lane.BULK, asked_at=999)

        async def draft() -> None:
            async with slots.take(Turn(Lane.BULK, yielding=True)):
                crowd.inside.append("draft")

        task = asyncio.create_task(draft())
        await asyncio.sleep(0.001)
        await crowd.leave("first")
        inside = list(crowd.inside)
        await crowd.leave("question")
        await task
        return inside

    assert asyncio.run(scene()) == ["question"]


def test_overdue_bulk_gets_its_floor_before_live_users_and_need_not_yield() -> None:
    async def scene() -> None:
        now = 1000.0
        crowd = Crowd(
            Slots(SlotRules(total=2, floor=1, overdue_seconds=60, yield_seconds=0.0), lambda: now)
        )
        await crowd.come("i1", Lane.INTERACTIVE)
        await crowd.come("i2", Lane.INTERACTIVE)
        await crowd.come("i3", Lane.INTERACTIVE)
        await crowd.come("young", Lane.BULK, asked_at=999)
        await crowd.leave("i1")
        assert crowd.inside == ["i2", "i3"]
        await crowd.cancel("young")
        await crowd.come("old", Lane.BULK, asked_at=900)
        await crowd.come("older", Lane.BULK, asked_at=800)
        await crowd.come("i4", Lane.INTERACTIVE)
        await crowd.leave("i2")
        assert crowd.inside == ["i3", "old"]
        await crowd.leave("i3")
        assert crowd.inside == ["old", "i4"]
        assert crowd.asked == []

    asyncio.run(scene())


def test_overdue_bulk_gets_its_floor_though_a_draft_or_a_younger_one_waits_before_it() -> None:
    async def scene() -> None:
        slots = Slots(
            SlotRules(total=2, floor=1, overdue_seconds=60, yield_seconds=0.0), lambda: 1000.0
        )
        crowd = Crowd(slots)
        await crowd.come("i1", Lane.INTERACTIVE)
        await crowd.come("i2", Lane.INTERACTIVE)
        await crowd.come("draft", Lane.BULK)
        await crowd.come("young", Lane.BULK, asked_at=999)
        await crowd.come("overdue", Lane.BULK, asked_at=800)
        await crowd.come("i3", Lane.INTERACTIVE)
        await crowd.leave("i1")
        assert crowd.inside == ["i2", "overdue"]

    asyncio.run(scene())


def test_a_bulk_turn_that_a_live_user_waits_for_goes_before_bulk_and_stays() -> None:
    async def scene() -> None:
        slots = Slots(SlotRules(total=2, reserved=1, yield_seconds=0.0))
        crowd = Crowd(slots)
        await crowd.come("b1", Lane.BULK)
        await crowd.come("b2", Lane.BULK)
        slots.raise_lane(crowd.turns["b2"])
        await asyncio.sleep(0.001)
        assert crowd.inside == ["b1", "b2"]
        assert crowd.asked == ["b1"]
        slots.raise_lane(crowd.turns["b1"])
        assert slots.running(Lane.INTERACTIVE) == 2
        assert slots.running(Lane.BULK) == 0
        for name in ("b1", "b2"):
            await crowd.leave(name)
        assert slots.quiet

    asyncio.run(scene())


def test_bulk_retrieval_waits_for_calm_unless_it_is_overdue_or_raised() -> None:
    async def scene() -> None:
        now = 1000.0
        slots = Slots(SlotRules(total=2, overdue_seconds=60, yield_seconds=0.0), lambda: now)
        crowd = Crowd(slots)
        await slots.calm([Turn(Lane.BULK, 999)])
        await crowd.come("i1", Lane.INTERACTIVE)
        waiting = asyncio.create_task(slots.calm([Turn(Lane.BULK, 999)]))
        await slots.calm([Turn(Lane.BULK, 999), Turn(Lane.BULK, 900)])
        await slots.calm([Turn(Lane.INTERACTIVE, 999)])
        assert not waiting.done()
        await crowd.leave("i1")
        await asyncio.wait_for(waiting, 10)

    asyncio.run(scene())


def test_it_is_quiet_while_nobody_waits_and_half_of_the_slots_are_free() -> None:
    async def scene() -> None:
        slots = Slots(SlotRules(total=4, reserved=3))
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

"""The engine's slots: who may generate now, who waits, and who yields."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from workers.contracts.question import Lane
from workers.settings import WorkerSettings

#: Share of a GPU's slots in which bulk goes on beside interactive questions, unless set otherwise:
#: `benchmarks.gpu_lanes` shows what more and fewer cost either.
GPU_BESIDE = 0.05

#: Seconds between two checks whether a bulk turn has become overdue or interactive.
_TURN_CHANGE_SECONDS = 0.2


def _never_yield() -> None:
    """A turn that cannot leave its slot."""


@dataclass(eq=False, slots=True)
class Turn:
    """One question's right to a slot.

    Attributes:
        lane: whose slots it takes; an interactive question that waits for the same answer raises
            a bulk one to its own lane.
        asked_at: when the question was asked, by the slots' clock; infinite for a draft.
        on_yield: called while it generates, where it has to leave its slot for a while.
        yielding: whether `on_yield` was called for this stay in the slot.
        admitted: resolved as it gets its slot; None outside of `Slots.take`.
    """

    lane: Lane
    asked_at: float = math.inf
    on_yield: Callable[[], None] = _never_yield
    yielding: bool = False
    admitted: "asyncio.Future[None] | None" = field(default=None, init=False)


@dataclass(frozen=True, slots=True)
class SlotRules:
    """How the lanes divide the slots.

    Attributes:
        total: questions that generate at the same time.
        reserved: slots of these that bulk questions never take; at most `total - 1`.
        floor: slots that overdue bulk questions get even before interactive ones.
        overdue_seconds: age above which a bulk question is overdue.
        yield_seconds: how long bulk in flight goes on beside interactive questions before it
            yields; None: it never does.
        beside: bulk questions that go on beside interactive ones all the same.
    """

    total: int
    reserved: int = 0
    floor: int = 0
    overdue_seconds: float = math.inf
    yield_seconds: float | None = None
    beside: int = 0

    @classmethod
    def of(cls, total: int, settings: WorkerSettings, *, compute_bound: bool) -> "SlotRules":
        """As the settings say; `compute_bound`: one generation alone fills the machine."""
        words: dict[str, float | None] = {"auto": 0.0, "never": None}
        setting = settings.bulk_yield_seconds
        seconds = words[setting] if isinstance(setting, str) else setting
        # Where bulk yields at once, its slots are as good as reserved.
        reserve = 0.0 if seconds == 0 else settings.interactive_reserve
        beside = settings.bulk_beside
        if beside is None:
            beside = 0.0 if compute_bound else GPU_BESIDE
        return cls(
            total=total,
            reserved=min(total - 1, math.ceil(total * reserve)),
            floor=math.ceil(total * settings.bulk_floor),
            overdue_seconds=settings.bulk_wait_seconds,
            yield_seconds=seconds,
            beside=0 if seconds is None else int(total * beside),
        )


class Slots:
    """A semaphore with two lanes. Not thread-safe: it lives in one asyncio loop.

    vLLM orders only its waiting queue by priority and preempts nothing at a full batch. Each
    generation slows the others besides: on a processor always, on a GPU by the prompts of those
    that follow it. So bulk questions yield while interactive ones generate, and have all slots
    otherwise. Where they never yield, slots are kept free instead. Overdue bulk questions are
    exempt up to their floor, so interactive ones never starve them.
    """

    def __init__(self, rules: SlotRules, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules
        self._clock = clock
        self._running: dict[Turn, None] = {}  # in the order of their entry
        self._running_in = dict.fromkeys(Lane, 0)  # how many of each lane run
        self._waiting: dict[Lane, deque[Turn]] = {lane: deque() for lane in Lane}
        self._timer: asyncio.TimerHandle | None = None
        self._calm = asyncio.Event()
        self._calm.set()

    @asynccontextmanager
    async def take(self, turn: Turn) -> AsyncIterator[None]:
        """Hold one slot for the length of the block; waits until one is free for this turn."""
        admitted = turn.admitted = asyncio.get_running_loop().create_future()
        if turn.yielding and math.isfinite(turn.asked_at):
            # It yielded: what it has generated is still cached. A draft, for which nobody waits,
            # comes after the questions that wait.
            self._waiting[turn.lane].appendleft(turn)
        else:
            self._waiting[turn.lane].append(turn)
        turn.yielding = False
        self._admit()
        try:
            await admitted
            yield
        finally:
            turn.admitted = None
            if turn in self._running:
                del self._running[turn]
                self._running_in[turn.lane] -= 1
            else:
                self._waiting[turn.lane].remove(turn)
            self._admit()

    def raise_lane(self, turn: Turn) -> None:
        """Let a bulk turn go on as an interactive one."""
        if turn.lane == Lane.INTERACTIVE:
            return
        if turn in self._waiting[Lane.BULK]:
            self._waiting[Lane.BULK].remove(turn)
            self._waiting[Lane.INTERACTIVE].append(turn)
        elif turn in self._running:
            self._running_in[Lane.BULK] -= 1
            self._running_in[Lane.INTERACTIVE] += 1
        turn.lane = Lane.INTERACTIVE
        self._admit()

    async def calm(self, turns: Sequence[Turn]) -> None:
        """Wait while all bulk has to yield: its retrieval would take the same processors.

        Ends at once where one of the turns is overdue or was raised to the interactive lane.
        """
        while not self.may_retrieve(turns):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._calm.wait(), _TURN_CHANGE_SECONDS)

    def may_retrieve(self, turns: Sequence[Turn]) -> bool:
        """Whether these need not wait in `calm`."""
        return self._calm.is_set() or any(
            turn.lane is Lane.INTERACTIVE or self._overdue(turn) for turn in turns
        )

    def running(self, lane: Lane) -> int:
        """Questions of the lane that generate now."""
        return self._running_in[lane]

    def holds(self, turn: Turn) -> bool:
        """Whether the turn has a slot now."""
        return turn in self._running

    @property
    def quiet(self) -> bool:
        """Whether nobody waits for a slot, and at most half of them are taken."""
        return not any(self._waiting.values()) and 2 * len(self._running) <= self.rules.total

    # -- who is next ------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Fill free slots; then see whether bulk has to yield."""
        bulk = self._waiting[Lane.BULK]
        while self._free() and (turn := self._first_overdue()) and self._below_floor():
            bulk.remove(turn)
            self._enter(turn)
        interactive = self._waiting[Lane.INTERACTIVE]
        while interactive and self._free():
            self._enter(interactive.popleft())
        while bulk and self._free() and self._bulk_may_enter():
            self._enter(bulk.popleft())
        self._plan_yielding()

    def _enter(self, turn: Turn) -> None:
        self._running[turn] = None
        self._running_in[turn.lane] += 1
        if turn.admitted is not None and not turn.admitted.done():
            turn.admitted.set_result(None)

    def _free(self) -> bool:
        return len(self._running) < self.rules.total

    def _bulk_may_enter(self) -> bool:
        yields = self._live() and self.rules.yield_seconds is not None
        most = self.rules.beside if yields else self.rules.total - self.rules.reserved
        return self.running(Lane.BULK) < most

    def _live(self) -> bool:
        """Whether a live user waits or is being answered."""
        return bool(self._waiting[Lane.INTERACTIVE]) or self.running(Lane.INTERACTIVE) > 0

    def _overdue(self, turn: Turn) -> bool:
        return self._clock() - turn.asked_at > self.rules.overdue_seconds

    def _first_overdue(self) -> Turn | None:
        """The first overdue bulk turn in line; a younger one or a draft may stand before it."""
        return next(filter(self._overdue, self._waiting[Lane.BULK]), None)

    def _below_floor(self) -> bool:
        overdue = sum(t.lane == Lane.BULK and self._overdue(t) for t in self._running)
        return overdue < self.rules.floor

    # -- who yields -------------------------------------------------------------------------------

    def _plan_yielding(self) -> None:
        if self.rules.yield_seconds is None:
            return
        if not self._live():
            self._calm.set()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        if not self.rules.beside:  # what goes on has to be retrieved, too
            self._calm.clear()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.rules.yield_seconds, self._ask_to_yield)

    def _ask_to_yield(self) -> None:
        """Ask bulk to leave its slots, but for as many as go on beside live users.

        First the overdue, as many as the floor holds; then those nearest to their end.
        """
        bulk = [turn for turn in self._running if turn.lane == Lane.BULK]
        oldest = sorted(filter(self._overdue, bulk), key=lambda turn: turn.asked_at)
        exempt = dict.fromkeys(oldest[: self.rules.floor])
        others = [turn for turn in bulk if turn not in exempt]
        for turn in others[max(0, self.rules.beside - len(exempt)) :]:
            if not turn.yielding:
                turn.yielding = True
                turn.on_yield()

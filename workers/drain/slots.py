"""The engine's slots: who may generate now, who waits, and who makes way."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from workers.contracts.question import Lane
from workers.settings import WorkerSettings

#: Seconds between two looks whether a bulk turn has become overdue or interactive.
_LOOK_AGAIN = 0.2


def _nothing() -> None:
    """Somebody who cannot make way."""


@dataclass(eq=False, slots=True)
class Turn:
    """One question's right to a slot.

    Attributes:
        lane: whose slots it takes; an interactive question that waits for the same answer raises
            a bulk one to its own lane.
        since: when it was asked, in seconds of the slots' clock; infinite for a draft.
        make_way: called while it generates, where it has to leave its slot for a while.
        asked: whether it was called for this stay in the slot.
    """

    lane: Lane
    since: float = math.inf
    make_way: Callable[[], None] = _nothing
    asked: bool = False
    _admitted: "asyncio.Future[None] | None" = field(default=None, init=False)


@dataclass(frozen=True, slots=True)
class Share:
    """How the lanes share the slots.

    Attributes:
        total: questions that generate at the same time.
        reserved: slots of these that bulk questions never take; at most `total - 1`.
        floor: slots that overdue bulk questions get even before interactive ones.
        patience: seconds since it was asked after which a bulk question is overdue.
        yielding: seconds for which bulk in flight goes on beside interactive questions before it
            makes way; None: for ever.
    """

    total: int
    reserved: int = 0
    floor: int = 0
    patience: float = math.inf
    yielding: float | None = None

    @classmethod
    def of(cls, total: int, settings: WorkerSettings, *, compute_bound: bool) -> "Share":
        """As the settings say; `compute_bound`: each generation slows the others."""
        auto = 0.0 if compute_bound else None
        given = settings.bulk_yield_seconds
        named: dict[str, float | None] = {"auto": auto, "never": None}
        yielding = named[given] if isinstance(given, str) else given
        # Where bulk makes way at once, its slots are as good as reserved.
        reserve = 0.0 if yielding == 0 else settings.interactive_reserve
        return cls(
            total=total,
            reserved=min(total - 1, math.ceil(total * reserve)),
            floor=math.ceil(total * settings.bulk_floor),
            patience=settings.bulk_wait_seconds,
            yielding=yielding,
        )


class Slots:
    """A semaphore with two lanes. Not thread-safe: it lives in one asyncio loop.

    vLLM orders only its waiting queue by priority and preempts nothing at a full batch, so the
    slots that interactive questions may need are kept free here. Where each generation slows the
    others, bulk questions make way while interactive ones generate. Overdue bulk questions are
    exempt up to their floor, so interactive ones never starve them.
    """

    def __init__(self, share: Share, clock: Callable[[], float] = time.time) -> None:
        self.share = share
        self._clock = clock
        self._running: dict[Turn, None] = {}  # in the order of their coming
        self._count = dict.fromkeys(Lane, 0)  # of those that run
        self._waiting: dict[Lane, deque[Turn]] = {lane: deque() for lane in Lane}
        self._timer: asyncio.TimerHandle | None = None
        self._calm = asyncio.Event()
        self._calm.set()

    @asynccontextmanager
    async def take(self, turn: Turn) -> AsyncIterator[None]:
        """Hold one slot for the length of the block; waits until one is free for this turn."""
        admitted = turn._admitted = asyncio.get_running_loop().create_future()  # noqa: SLF001
        if turn.asked and math.isfinite(turn.since):
            # It made way: what it has generated is still cached. A draft, which nobody waits for,
            # comes after the questions that wait.
            self._waiting[turn.lane].appendleft(turn)
        else:
            self._waiting[turn.lane].append(turn)
        turn.asked = False
        self._admit()
        try:
            await admitted
            yield
        finally:
            turn._admitted = None  # noqa: SLF001
            if turn in self._running:
                del self._running[turn]
                self._count[turn.lane] -= 1
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
            self._count[Lane.BULK] -= 1
            self._count[Lane.INTERACTIVE] += 1
        turn.lane = Lane.INTERACTIVE
        self._admit()

    async def calm(self, turns: Sequence[Turn]) -> None:
        """Wait while bulk has to make way: its retrieval would take the same processors.

        Where one of the turns is overdue, or was raised to the interactive lane, it waits no more.
        """
        while not self.may_retrieve(turns):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._calm.wait(), _LOOK_AGAIN)

    def may_retrieve(self, turns: Sequence[Turn]) -> bool:
        """Whether these need not wait, as `calm` says."""
        return self._calm.is_set() or any(
            turn.lane is Lane.INTERACTIVE or self._overdue(turn) for turn in turns
        )

    def running(self, lane: Lane) -> int:
        """Questions of the lane that generate now."""
        return self._count[lane]

    def holds(self, turn: Turn) -> bool:
        """Whether the turn has a slot now."""
        return turn in self._running

    @property
    def quiet(self) -> bool:
        """Whether nobody waits for a slot, and at most half of them are taken."""
        return not any(self._waiting.values()) and 2 * len(self._running) <= self.share.total

    # -- who is next ----------------------------------------------------------------------------

    def _admit(self) -> None:
        """Fill free slots; then see whether bulk has to make way."""
        bulk = self._waiting[Lane.BULK]
        while self._free() and (turn := self._overdue_one()) and self._below_floor():
            bulk.remove(turn)
            self._enter(turn)
        interactive = self._waiting[Lane.INTERACTIVE]
        while interactive and self._free():
            self._enter(interactive.popleft())
        while bulk and self._free() and self._bulk_may_enter():
            self._enter(bulk.popleft())
        self._see_who_makes_way()

    def _enter(self, turn: Turn) -> None:
        self._running[turn] = None
        self._count[turn.lane] += 1
        if turn._admitted is not None and not turn._admitted.done():  # noqa: SLF001
            turn._admitted.set_result(None)  # noqa: SLF001

    def _free(self) -> bool:
        return len(self._running) < self.share.total

    def _bulk_may_enter(self) -> bool:
        room = self.running(Lane.BULK) < self.share.total - self.share.reserved
        return room and not (self._live() and self.share.yielding is not None)

    def _live(self) -> bool:
        """Whether a live user waits or is being answered."""
        return bool(self._waiting[Lane.INTERACTIVE]) or self.running(Lane.INTERACTIVE) > 0

    def _overdue(self, turn: Turn) -> bool:
        return self._clock() - turn.since > self.share.patience

    def _overdue_one(self) -> Turn | None:
        """The first overdue bulk turn in line: before it may stand a younger one, or a draft."""
        return next(filter(self._overdue, self._waiting[Lane.BULK]), None)

    def _below_floor(self) -> bool:
        return sum(t.lane == Lane.BULK and self._overdue(t) for t in self._running) < (
            self.share.floor
        )

    # -- making way -----------------------------------------------------------------------------

    def _see_who_makes_way(self) -> None:
        if self.share.yielding is None:
            return
        if not self._live():
            self._calm.set()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        self._calm.clear()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.share.yielding, self._clear)

    def _clear(self) -> None:
        """Ask bulk to leave its slots, but for as much of the overdue as the floor holds."""
        bulk = sorted((t for t in self._running if t.lane == Lane.BULK), key=lambda t: t.since)
        stay = [turn for turn in bulk if self._overdue(turn)][: self.share.floor]
        for turn in bulk:
            if turn not in stay and not turn.asked:
                turn.asked = True
                turn.make_way()

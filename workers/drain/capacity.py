"""How many questions a worker holds, and how many it claims now. Pure."""

import math
from dataclasses import dataclass

from workers.drain.slots import SlotRules
from workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Room:
    """How many questions to claim now.

    Attributes:
        total: in all.
        bulk: of these from the bulk lane.
        overdue: of these from the bulk lane before interactive ones, where they are overdue.
    """

    total: int
    bulk: int
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What a worker holds now: questions on their way, and those that follow another's answer."""

    interactive: int = 0
    bulk: int = 0
    following: int = 0  #: interactive ones
    following_bulk: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a worker holds at most.

    Attributes:
        slots: questions that generate at the same time.
        reserved: slots that bulk questions never take.
        ahead: questions claimed beyond the slots, retrieved while the engine is busy.
        floor: slots that overdue bulk questions get even before interactive ones.
        yields: bulk questions yield to interactive ones, which find their slots free.
    """

    slots: int
    reserved: int
    ahead: int
    floor: int = 0
    yields: bool = False

    @classmethod
    def of(cls, rules: SlotRules, settings: WorkerSettings) -> "Capacity":
        """From the engine's slots and the shares that are set."""
        ahead = math.ceil(rules.total * settings.look_ahead)
        yields = rules.yield_seconds is not None
        return cls(rules.total, rules.reserved, ahead, rules.floor, yields)

    @property
    def following(self) -> int:
        """Most questions of a lane that follow another's answer: they take no slot, only memory."""
        return 4 * (self.slots + self.ahead)

    def room(self, held: Held) -> Room:
        """What to claim with so many in flight: none where too many follow another's answer.

        A crowd of bulk followers keeps no live user out: theirs is another limit.
        """
        if held.following >= self.following:
            return Room(0, 0)
        left = self.left(held)
        return Room(left.total, 0) if held.following_bulk >= self.following else left

    def left(self, held: Held) -> Room:
        """What could be answered beside that, however many follow: room for what others left.

        What the followers wait for may be among it.

        Nothing is claimed until half of the look-ahead is used up, so that a busy worker asks
        Redis once for several questions rather than once for each. An interactive question that
        finds a reserved slot free does not wait for that.
        """
        step = max(1, self.ahead // 2)
        free = self.slots + self.ahead - held.interactive - held.bulk
        total = free + held.bulk if self.yields else free
        least = 1 if held.interactive < self.reserved else step
        if total < least:
            return Room(0, 0)
        most_bulk = max(0, min(free, self.slots - self.reserved + self.ahead - held.bulk))
        overdue = max(0, min(most_bulk, self.floor - held.bulk))
        return Room(total, most_bulk if most_bulk >= step or overdue else 0, overdue)

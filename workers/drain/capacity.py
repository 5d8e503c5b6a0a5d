"""How many questions a worker can hold, and how many it claims now. Pure."""

import math
from dataclasses import dataclass

from workers.drain.slots import SlotRules
from workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Room:
    """How many questions to claim now.

    Attributes:
        total: from both lanes.
        bulk: of these, from the bulk lane at most.
        overdue: of these, from the bulk lane before interactive ones, where they are overdue.
    """

    total: int
    bulk: int
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """Questions that a worker holds now.

    Attributes:
        interactive: to be answered themselves.
        bulk: likewise.
        followers: interactive ones that wait for an identical question's answer.
        bulk_followers: likewise.
    """

    interactive: int = 0
    bulk: int = 0
    followers: int = 0
    bulk_followers: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a worker holds at most.

    Attributes:
        slots: questions that generate at the same time.
        reserved: slots that bulk questions never take.
        look_ahead: questions claimed beyond the slots, retrieved while the engine is busy.
        floor: slots that overdue bulk questions get even before interactive ones.
        yields: bulk questions yield to interactive ones, which find their slots free.
    """

    slots: int
    reserved: int
    look_ahead: int
    floor: int = 0
    yields: bool = False

    @classmethod
    def of(cls, rules: SlotRules, settings: WorkerSettings) -> "Capacity":
        """From the engine's slots, their rules and the settings."""
        look_ahead = math.ceil(rules.total * settings.look_ahead)
        yields = rules.yield_seconds is not None
        return cls(rules.total, rules.reserved, look_ahead, rules.floor, yields)

    @property
    def most_followers(self) -> int:
        """Limit for each lane: followers take no slot, only memory."""
        return 4 * (self.slots + self.look_ahead)

    def room(self, load: Load) -> Room:
        """What to claim beside this load: nothing where too many questions follow.

        A crowd of bulk followers keeps no live user out: each lane has a limit of its own.
        """
        if load.followers >= self.most_followers:
            return Room(0, 0)
        room = self.takeover_room(load)
        return Room(room.total, 0) if load.bulk_followers >= self.most_followers else room

    def takeover_room(self, load: Load) -> Room:
        """What to take over beside this load, however many follow.

        The question that the followers wait for may be among what another worker left.

        Nothing is claimed until half of the look-ahead is used up, so that a busy worker asks
        Redis once for several questions rather than once for each. An interactive question that
        finds a reserved slot free does not wait for that.
        """
        step = max(1, self.look_ahead // 2)
        free = self.slots + self.look_ahead - load.interactive - load.bulk
        total = free + load.bulk if self.yields else free
        fewest = 1 if load.interactive < self.reserved else step
        if total < fewest:
            return Room(0, 0)
        most_bulk = max(0, min(free, self.slots - self.reserved + self.look_ahead - load.bulk))
        overdue = max(0, min(most_bulk, self.floor - load.bulk))
        return Room(total, most_bulk if most_bulk >= step or overdue else 0, overdue)

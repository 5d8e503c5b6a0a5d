"""What a worker has in flight: each claimed question from its claim to its end."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from workers.contracts.claims import Claim
from workers.contracts.question import Lane
from workers.contracts.shared_answers import ShareKey
from workers.drain.capacity import Load
from workers.drain.slots import Turn
from workers.monitor.meters import Stage


@dataclass(eq=False, slots=True)
class Flight:
    """One claimed question on its way.

    Attributes:
        turn: its right to a slot.
        stage: where it stands.
        key: what it shares answers by; None where it shares none.
        rewritten: the question as one that stands alone; empty where the model wrote none.
        task: brings it to its end; None while it is retrieved with its batch.
    """

    claim: Claim
    turn: Turn
    stage: Stage = Stage.RETRIEVAL
    key: ShareKey | None = None
    rewritten: str = ""
    task: "asyncio.Task[None] | None" = None

    @classmethod
    def of(cls, claim: Claim) -> "Flight":
        """The flight of a question just claimed."""
        return cls(claim, Turn(claim.lane, claim.request.asked_at))

    def enter(self, stage: Stage) -> None:
        """Note the stage where it stands now."""
        self.stage = stage


class Flights:
    """The questions in flight, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Flight] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Flight]:
        return iter(list(self._by_id.values()))

    def __contains__(self, flight: Flight) -> bool:
        return self._by_id.get(flight.claim.id) is flight

    def add(self, flight: Flight) -> None:
        """Add one; an older flight of the same question has to be removed before."""
        self._by_id[flight.claim.id] = flight

    def get(self, question_id: str) -> Flight | None:
        """The flight of one question."""
        return self._by_id.get(question_id)

    def remove(self, flight: Flight) -> bool:
        """Remove one; False where it was no longer in flight."""
        if flight not in self:
            return False
        del self._by_id[flight.claim.id]
        return True

    def load(self) -> Load:
        """How many, as the room for more is reckoned."""
        stages = self.stages()
        followers = {lane: stages[lane, Stage.FOLLOWING] for lane in Lane}
        totals = {lane: sum(stages[lane, stage] for stage in Stage) for lane in Lane}
        return Load(
            totals[Lane.INTERACTIVE] - followers[Lane.INTERACTIVE],
            totals[Lane.BULK] - followers[Lane.BULK],
            followers[Lane.INTERACTIVE],
            followers[Lane.BULK],
        )

    def stages(self) -> Counter[tuple[Lane, str]]:
        """How many of each lane and stage."""
        return Counter((flight.claim.lane, flight.stage) for flight in self._by_id.values())

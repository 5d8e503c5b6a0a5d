"""Identical questions are answered once: who leads, who follows, and what answer stands ready."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from redis.exceptions import RedisError

from workers.contracts import logs
from workers.contracts.question import Lane, Outcome, Shared, Status
from workers.contracts.shared_answers import Lookup, Role, SharedAnswer, SharedAnswers, ShareKey
from workers.drain.flights import Flight
from workers.drain.slots import Slots

_log = logs.logger(__name__)
#: Seconds between two looks at what another worker answers.
_LOOK_AGAIN = 0.2
#: Looks after which a question waits no longer for another worker, but is answered for itself.
_LOOKS = 600
#: Outcomes that another question may have as well; a failure is a question's own.
_SHAREABLE = frozenset({Status.ANSWERED, Status.NEEDS_HUMAN})


@dataclass(slots=True)
class _Head:
    """The question of this worker that gets the answer of a key.

    Attributes:
        leading: it is answered here; else it looks for what another worker answers.
        outcome: what its followers wait for.
    """

    flight: Flight
    leading: bool
    outcome: "asyncio.Future[Outcome | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Sharing:
    """Lets identical questions of one clinic share an answer.

    Within this worker followers wait for their head in memory; a head whose question runs in
    another worker looks for its answer in Redis. Nothing here has to survive: a follower is a
    claim like any other, renewed by this worker and taken over from it.

    Args:
        store: answers and leaders of all workers.
        slots: where a bulk question that an interactive one waits for changes its lane.
    """

    def __init__(self, store: SharedAnswers, slots: Slots) -> None:
        self._store = store
        self._slots = slots
        self._heads: dict[ShareKey, _Head] = {}

    @property
    def on(self) -> bool:
        """Whether anything is shared at all."""
        return self._store.on

    async def look(self, flights: Sequence[Flight]) -> list[SharedAnswer | Role]:
        """What each question has to do, in one round trip at most; flights without a key lead."""
        found: dict[int, SharedAnswer | Role] = {}
        asking = []
        for number, flight in enumerate(flights):
            if (look := _look(flight)) is None:
                found[number] = Role.LEAD
            elif (head := self._head(flight)) and head.leading:
                self._raise_lane(head, flight)
                found[number] = Role.FOLLOW
            else:
                asking.append((number, look))
        if asking:
            replies = await self._store.find([look for _, look in asking])
            for (number, _), reply in zip(asking, replies, strict=True):
                found[number] = self._placed(flights[number], reply)
        return [found[number] for number in range(len(flights))]

    async def wait(self, flight: Flight) -> SharedAnswer | Role:
        """For a follower: the answer, or LEAD where it has to be found after all."""
        for looks in count():
            head = self._head(flight)
            if head is None or head.flight is flight:
                found = await self._look_alone(flight)
                if found is not Role.FOLLOW:
                    return found
                if looks > _LOOKS:
                    return self._placed(flight, Role.LEAD)
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                outcome = await asyncio.shield(head.outcome)
                if outcome is not None:
                    return SharedAnswer(Shared.COALESCED, outcome)
        raise AssertionError("the count has no end")

    def tell(self, flight: Flight, outcome: Outcome | None) -> None:
        """Give a head's outcome to its followers, once; of no effect for others.

        Where it cannot be shared, one of them becomes the head.
        """
        head = self._head(flight)
        if flight.key is None or head is None or head.flight is not flight:
            return
        del self._heads[flight.key]
        usable = outcome is not None and outcome.status in _SHAREABLE
        if not head.outcome.done():
            head.outcome.set_result(outcome if usable else None)

    def _head(self, flight: Flight) -> _Head | None:
        return self._heads.get(flight.key) if flight.key is not None else None

    async def _look_alone(self, flight: Flight) -> SharedAnswer | Role:
        """One look of a follower; the answer of a head is told to its followers."""
        look = _look(flight)
        if look is None:
            return Role.LEAD
        try:
            (reply,) = await self._store.find([look])
        except RedisError as error:
            _log.warning("sharing_missed", error=type(error).__name__)
            return Role.FOLLOW
        found = self._placed(flight, reply)
        if isinstance(found, SharedAnswer):
            self.tell(flight, found.outcome)
        return found

    def _placed(self, flight: Flight, reply: SharedAnswer | Role) -> SharedAnswer | Role:
        """Take note of who leads here; two that looked at the same time agree on one head."""
        if isinstance(reply, SharedAnswer) or flight.key is None or not self._store.coalesce:
            return reply  # nobody follows here
        head, leads = self._head(flight), reply is Role.LEAD
        if head is None:
            self._heads[flight.key] = _Head(flight, leads)
            return reply
        if head.flight is flight or (leads and not head.leading):
            # What the head was looking for was left to this worker: its followers stay.
            head.flight, head.leading = flight, leads
            return reply
        self._raise_lane(head, flight)
        return Role.FOLLOW

    def _raise_lane(self, head: _Head, flight: Flight) -> None:
        if flight.turn.lane == Lane.INTERACTIVE:
            self._slots.raise_lane(head.flight.turn)


def _look(flight: Flight) -> Lookup | None:
    claim = flight.claim
    if flight.key is None:
        return None
    return Lookup(flight.key, claim.id, flight.turn.lane, claim.request.asked_at)

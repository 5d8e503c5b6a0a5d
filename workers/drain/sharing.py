"""Identical questions are answered once: who leads, who follows, which answer is there already."""

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
#: Seconds between two looks for another worker's answer.
_REMOTE_ANSWER_SECONDS = 0.2
#: Looks after which a question no longer waits for another worker, but is answered by this one.
_REMOTE_ANSWER_LOOKS = 600
#: Outcomes that another question may have as well; a failure is a question's own.
_SHAREABLE = frozenset({Status.ANSWERED, Status.NEEDS_HUMAN})


@dataclass(slots=True)
class _Head:
    """The question of this worker that gets the answer of a key.

    Attributes:
        leads: it is answered by this worker; else it looks for another worker's answer.
        outcome: its followers wait for it; None where they get none.
    """

    flight: Flight
    leads: bool
    outcome: "asyncio.Future[Outcome | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Sharing:
    """Lets identical questions of one clinic share an answer.

    Within this worker followers wait for their head in memory; a head whose question runs in
    another worker looks for its answer in Redis. None of this has to survive: a follower is a
    claim like any other, renewed by this worker and taken over from it.

    Args:
        store: answers and leaders of all workers.
        slots: where a bulk question for which an interactive one waits changes its lane.
    """

    def __init__(self, store: SharedAnswers, slots: Slots) -> None:
        self._store = store
        self._slots = slots
        self._heads: dict[ShareKey, _Head] = {}

    @property
    def on(self) -> bool:
        """Whether anything is shared at all."""
        return self._store.on

    async def roles(self, flights: Sequence[Flight]) -> list[SharedAnswer | Role]:
        """The role of each question or its answer, in one round trip at most.

        A flight without a key leads.
        """
        roles: dict[int, SharedAnswer | Role] = {}
        looks = []
        for number, flight in enumerate(flights):
            if (look := _look(flight)) is None:
                roles[number] = Role.LEAD
            elif (head := self._head(flight)) and head.leads:
                self._raise_lane(head, flight)
                roles[number] = Role.FOLLOW
            else:
                looks.append((number, look))
        if looks:
            replies = await self._store.find([look for _, look in looks])
            for (number, _), reply in zip(looks, replies, strict=True):
                roles[number] = self._assign(flights[number], reply)
        return [roles[number] for number in range(len(flights))]

    async def wait(self, flight: Flight) -> SharedAnswer | Role:
        """For a follower: the answer, or LEAD where it has to be answered itself after all."""
        for looks in count():
            head = self._head(flight)
            if head is None or head.flight is flight:
                role = await self._look_once(flight)
                if role is not Role.FOLLOW:
                    return role
                if looks > _REMOTE_ANSWER_LOOKS:
                    return self._assign(flight, Role.LEAD)
                await asyncio.sleep(_REMOTE_ANSWER_SECONDS)
            else:
                outcome = await asyncio.shield(head.outcome)
                if outcome is not None:
                    return SharedAnswer(Shared.COALESCED, outcome)
        raise AssertionError("the count has no end")

    def pass_on(self, flight: Flight, outcome: Outcome | None) -> None:
        """Give a head's outcome to its followers, once; of no effect for other flights.

        Where there is none that may be shared, one of the followers becomes the head.
        """
        head = self._head(flight)
        if flight.key is None or head is None or head.flight is not flight:
            return
        del self._heads[flight.key]
        shareable = outcome is not None and outcome.status in _SHAREABLE
        if not head.outcome.done():
            head.outcome.set_result(outcome if shareable else None)

    def _head(self, flight: Flight) -> _Head | None:
        return self._heads.get(flight.key) if flight.key is not None else None

    async def _look_once(self, flight: Flight) -> SharedAnswer | Role:
        """Look for another worker's answer; a head passes it on to its followers."""
        look = _look(flight)
        if look is None:
            return Role.LEAD
        try:
            (reply,) = await self._store.find([look])
        except RedisError as error:
            _log.warning("sharing_missed", error=type(error).__name__)
            return Role.FOLLOW
        role = self._assign(flight, reply)
        if isinstance(role, SharedAnswer):
            self.pass_on(flight, role.outcome)
        return role

    def _assign(self, flight: Flight, reply: SharedAnswer | Role) -> SharedAnswer | Role:
        """Note the head of this worker; two that looked at the same time agree on one."""
        if isinstance(reply, SharedAnswer) or flight.key is None or not self._store.coalesce:
            return reply  # nobody follows
        head, leads = self._head(flight), reply is Role.LEAD
        if head is None:
            self._heads[flight.key] = _Head(flight, leads)
            return reply
        if head.flight is flight or (leads and not head.leads):
            # The answer that the head looked for is now this worker's to give: its followers stay.
            head.flight, head.leads = flight, leads
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

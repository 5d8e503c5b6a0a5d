"""A drain's side of the queue: claim, renew, take over, settle, release. For asyncio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from redis.exceptions import RedisError, ResponseError

from workers.contracts import keys, scripts
from workers.contracts.question import Lane, Outcome, Request

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from workers.contracts.settings import QueueSettings


#: Claims without an end after which a question is a suspect, taken over alone.
SUSPECT_CLAIMS = 2
#: Stands for "for ever" where a script compares ages.
_FOR_EVER_SECONDS = 10.0**9


@dataclass(frozen=True, slots=True)
class Claim:
    """One question that this worker has to answer.

    Attributes:
        entry: its id in the lane's stream.
        attempt: the fence: a settle with an older attempt changes nothing.
        claims: how often it was claimed without being settled or released; 1 at first.
        request: what was asked; a blank one where `readable` is False.
        readable: whether the stored request could be read by this version of the code.
    """

    lane: Lane
    entry: str
    id: str
    attempt: int
    claims: int
    request: Request
    readable: bool = True

    @property
    def suspect(self) -> bool:
        """Whether it was in flight in two workers that died: it may be what killed them."""
        return self.claims > SUSPECT_CLAIMS


@dataclass(frozen=True, slots=True)
class Settlement:
    """A claim and what came of it."""

    claim: Claim
    outcome: Outcome


@dataclass(slots=True)
class LaneCursor:
    """The last entry of each lane that the group was given: what comes after it is new."""

    seen: dict[Lane, str] = field(default_factory=dict)


class ClaimStore:
    """The lanes, for one worker."""

    def __init__(self, redis: "Redis", settings: "QueueSettings", worker: str) -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600
        self._worker = worker
        self._lanes = [keys.lane(Lane.INTERACTIVE), keys.lane(Lane.BULK)]
        self._claim = redis.register_script(scripts.source("claim"))
        self._takeover = redis.register_script(scripts.source("takeover"))
        self._renew = redis.register_script(scripts.source("renew"))
        self._settle = redis.register_script(scripts.source("settle"))
        self._release = redis.register_script(scripts.source("release"))

    async def open(self) -> None:
        """Create the lanes and their consumer group, where they do not exist yet."""
        for lane in self._lanes:
            try:
                await self._redis.xgroup_create(lane, keys.GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def claim(
        self,
        most: int,
        most_bulk: int,
        cursor: LaneCursor,
        *,
        overdue: int = 0,
        patience: float = 0.0,
    ) -> list[Claim]:
        """Claim up to `most` questions, interactive ones first.

        Args:
            most: questions in all.
            most_bulk: questions of the bulk lane.
            cursor: set to what the group was given last.
            overdue: bulk questions to take even before interactive ones, where the oldest bulk one
                has waited for longer than `patience`.
            patience: in seconds.
        """
        patience_ms = int(min(patience, _FOR_EVER_SECONDS) * 1000)
        claims, *last = await self._claim(
            keys=self._lanes,
            args=[keys.GROUP, self._worker, most, max(0, most_bulk), overdue, patience_ms],
        )
        cursor.seen = dict(zip((Lane.INTERACTIVE, Lane.BULK), last, strict=True))
        return [_claim(row) for row in claims]

    async def wait(self, cursor: LaneCursor, lanes: Sequence[Lane], milliseconds: int) -> bool:
        """Sleep until a lane holds a question that nobody was given; False: none came."""
        streams = {keys.lane(lane): cursor.seen.get(lane, "0") for lane in lanes}
        return bool(await self._redis.xread(cast("Any", streams), count=1, block=milliseconds))

    async def take_over(
        self, most: int, most_bulk: int, idle_seconds: float, *, suspects: int
    ) -> list[Claim]:
        """Claim what other workers hold and have not renewed for `idle_seconds`.

        Args:
            most: questions in all.
            most_bulk: questions of the bulk lane.
            idle_seconds: age of a claim that counts as left.
            suspects: of these, questions that were in flight in two workers that died. Few at a
                time: one that kills workers must not make poison of its neighbours.
        """
        idle = int(idle_seconds * 1000)
        rows = await self._takeover(
            keys=self._lanes,
            args=[
                keys.GROUP,
                self._worker,
                most,
                max(0, most_bulk),
                idle,
                suspects,
                SUSPECT_CLAIMS,
            ],
        )
        return [_claim(row) for row in rows]

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Keep claims alive; returns the ids that are no longer this worker's."""
        if not claims:
            return set()
        args: list[str | int] = [keys.GROUP, self._worker]
        for claim in claims:
            args += [claim.lane.value, claim.entry, claim.id, claim.attempt]
        return set(await self._renew(keys=[], args=args))

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool | RedisError]:
        """End questions in one round trip.

        Returns:
            For each, True; False where the claim was no longer this worker's; the server's error
            where it refused the write.
        """
        args: list[str | int] = [keys.GROUP, self._retention]
        for settlement in settlements:
            claim, outcome = settlement.claim, settlement.outcome
            usage = outcome.usage
            args += [
                claim.id,
                claim.attempt,
                outcome.status.value,
                outcome.model_dump_json(exclude_defaults=True),
                usage.prompt_tokens,
                usage.completion_tokens,
                usage.cached_tokens,
                outcome.shared or "",
            ]
        replies = await self._settle(keys=[], args=args)
        return [
            ResponseError(reply) if isinstance(reply, str) else bool(reply) for reply in replies
        ]

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give claims back unanswered, so that any worker can take them at once."""
        pipe = self._redis.pipeline(transaction=False)
        for claim in claims:
            await self._release(
                keys=[keys.question(claim.id), keys.lane(claim.lane)],
                args=[keys.GROUP, self._worker, claim.entry, claim.attempt],
                client=pipe,
            )
        await pipe.execute()


def _claim(row: list[Any]) -> Claim:
    lane, entry, question_id, attempt, claims, raw = row
    try:
        request, readable = Request.model_validate_json(raw), True
    except ValidationError:
        # One record from another version must not stop those that were claimed beside it.
        accepted_at = int(entry.partition("-")[0]) / 1000  # ages are counted from it
        request, readable = Request(tenant="", question="", asked_at=accepted_at), False
    return Claim(
        lane=Lane(lane),
        entry=entry,
        id=question_id,
        attempt=int(attempt),
        claims=int(claims),
        request=request,
        readable=readable,
    )

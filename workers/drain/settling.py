"""Writes outcomes in batches: all that ended in one turn of the loop share a round trip."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from workers.contracts import logs
from workers.contracts.claims import Claim, ClaimStore, Settlement
from workers.contracts.question import Outcome
from workers.monitor.meters import Meters

_log = logs.logger(__name__)
#: Most settlements of one round trip.
_BATCH = 512
#: Refused writes of one outcome before its claim is given up: about two minutes. What is refused
#: for longer is a damaged record, and counts as poison once its claim was taken over often enough.
_REFUSALS = 60
#: Seconds before a refused write is tried again: doubled each time, up to the second figure.
_FIRST, _LONGEST = 0.1, 2.0


@dataclass(slots=True)
class _Waiting:
    """An outcome to write, and who waits for it."""

    settlement: Settlement
    done: asyncio.Future[bool]
    refusals: int = 0

    @property
    def again_in(self) -> float:
        """Seconds until the write is tried again."""
        return min(_LONGEST, _FIRST * 2.0 ** (self.refusals - 1))

    def end(self, *, ours: bool) -> None:
        """Tell who waits, if it still does."""
        if not ours:
            claim = self.settlement.claim.id
            _log.warning("claim_lost", question=claim, refusals=self.refusals)
        if not self.done.done():
            self.done.set_result(ours)


class Settler:
    """Queues outcomes and settles them together; an unreachable Redis is waited for.

    A write that Redis refuses is tried again for itself: the others are settled meanwhile.

    Args:
        store: the lanes.
        on_settled: called with what was written of each batch.
        meters: told how long each took.
    """

    def __init__(
        self,
        store: ClaimStore,
        on_settled: Callable[[Sequence[Settlement]], None],
        meters: Meters,
    ) -> None:
        self._store = store
        self._on_settled = on_settled
        self._meters = meters
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()

    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Write one outcome; False where the claim was no longer this worker's, or given up."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(Settlement(claim, outcome), done))
        return await done

    async def run(self) -> None:
        """Write what is queued, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            begun = time.perf_counter()
            replies = await self._write([each.settlement for each in batch])
            seconds = time.perf_counter() - begun
            written, refused = [], []
            for waiting, reply in zip(batch, replies, strict=True):
                if isinstance(reply, RedisError):
                    refused.append((waiting, reply))
                else:
                    written.append(waiting.settlement)
                    waiting.end(ours=reply)
            self._meters.settled(len(written), seconds)
            self._put_back(refused)
            self._on_settled(written)

    async def _write(self, settlements: Sequence[Settlement]) -> list[bool | RedisError]:
        """One round trip, repeated while Redis answers none of it; see `ClaimStore.settle`."""
        # The scripts are fenced, so a batch whose reply was lost may be sent again: what it
        # already ended answers 0, which reads as a lost claim and harms nothing.
        patiently = AsyncRetrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            before_sleep=lambda state: _log.warning(
                "settle_retried", attempt=state.attempt_number, waiting=len(settlements)
            ),
        )
        return await patiently(self._store.settle, settlements)

    def _put_back(self, refused: Sequence[tuple[_Waiting, RedisError]]) -> None:
        """Queue refused writes again a little later; none of them holds up another outcome."""
        if not refused:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()  # one for all: those of one batch come back as one batch
        for waiting, _ in refused:
            waiting.refusals += 1
            if waiting.refusals < _REFUSALS:
                loop.call_at(now + waiting.again_in, self._again, waiting)
            else:
                waiting.end(ours=False)
        # The kind of error alone: a full disk, a failover, a damaged record.
        kinds = sorted({str(error).partition(" ")[0] for _, error in refused})
        _log.warning("settles_refused", questions=len(refused), errors=kinds)

    def _again(self, waiting: _Waiting) -> None:
        if not waiting.done.done():  # cancelled: the claim was lost or given back meanwhile
            self._queue.put_nowait(waiting)

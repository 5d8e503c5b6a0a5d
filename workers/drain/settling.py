"""Settles in batches: all questions that end in one turn of the loop share a round trip."""

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
_BATCH_SIZE = 512
#: Refused writes of one outcome before its claim is given up: about two minutes. What is refused
#: for longer is a damaged record, and counts as poison once its claim was taken over often enough.
_MOST_REFUSALS = 60
#: Seconds before a refused write is tried again: doubled each time, up to the longest.
_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 0.1, 2.0


@dataclass(slots=True)
class _Write:
    """A settlement to write.

    Attributes:
        result: what `settle` waits for; cancelled where it waits no more.
        refusals: how often Redis refused it.
    """

    settlement: Settlement
    result: asyncio.Future[bool]
    refusals: int = 0

    @property
    def retry_seconds(self) -> float:
        """Seconds until it is tried again."""
        return min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** (self.refusals - 1))

    def end(self, *, settled: bool) -> None:
        """Resolve the result, unless it was cancelled."""
        if not settled:
            question_id = self.settlement.claim.id
            _log.warning("claim_lost", question=question_id, refusals=self.refusals)
        if not self.result.done():
            self.result.set_result(settled)


class Settler:
    """Queues outcomes and settles them together; it waits for a Redis that cannot be reached.

    A write that Redis refuses is tried again alone: the others are settled meanwhile.

    Args:
        store: the lanes.
        on_settled: called with the settlements that were written of each batch.
        meters: count them, and the time of each round trip.
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
        self._queue: asyncio.Queue[_Write] = asyncio.Queue()

    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Settle one question; False where its claim was lost or, after refusals, given up."""
        result: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Write(Settlement(claim, outcome), result))
        return await result

    async def run(self) -> None:
        """Settle what is queued, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH_SIZE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            start = time.perf_counter()
            replies = await self._write([write.settlement for write in batch])
            seconds = time.perf_counter() - start
            settlements, refusals = [], []
            for write, reply in zip(batch, replies, strict=True):
                if isinstance(reply, RedisError):
                    refusals.append((write, reply))
                else:
                    settlements.append(write.settlement)
                    write.end(settled=reply)
            self._meters.settled(len(settlements), seconds)
            self._put_back(refusals)
            self._on_settled(settlements)

    async def _write(self, settlements: Sequence[Settlement]) -> list[bool | RedisError]:
        """One round trip, repeated while Redis answers none of it; see `ClaimStore.settle`."""
        # The scripts are fenced, so a batch whose reply was lost may be sent again: for what it
        # already ended they answer 0, which reads as a lost claim and does no harm.
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            before_sleep=lambda state: _log.warning(
                "settle_retried", attempt=state.attempt_number, waiting=len(settlements)
            ),
        )
        return await retrying(self._store.settle, settlements)

    def _put_back(self, refusals: Sequence[tuple[_Write, RedisError]]) -> None:
        """Queue refused writes again a little later; none of them holds up another outcome."""
        if not refusals:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()  # one for all: those of one batch come back as one batch
        for write, _ in refusals:
            write.refusals += 1
            if write.refusals < _MOST_REFUSALS:
                loop.call_at(now + write.retry_seconds, self._queue_again, write)
            else:
                write.end(settled=False)
        # The kind of error alone: a full disk, a failover, a damaged record.
        kinds = sorted({str(error).partition(" ")[0] for _, error in refusals})
        _log.warning("settles_refused", questions=len(refusals), errors=kinds)

    def _queue_again(self, write: _Write) -> None:
        if not write.result.done():  # else cancelled: the claim was lost or released meanwhile
            self._queue.put_nowait(write)

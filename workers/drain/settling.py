"""Writes outcomes in batches: all that ended in one turn of the loop share a round trip."""

import asyncio
import time
from collections.abc import Callable, Sequence

from redis.exceptions import RedisError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from workers.contracts import logs
from workers.contracts.claims import Claim, ClaimStore, Settlement
from workers.contracts.question import Outcome
from workers.monitor.meters import Meters

_log = logs.logger(__name__)
#: Most settlements of one round trip.
_BATCH = 512
#: Refused writes of one batch before its claims are given up: about two minutes. What is refused
#: for longer is a damaged record, and counts as poison once its claim was taken over often enough.
_REFUSALS = 60


class Settler:
    """Queues outcomes and settles them together; an unreachable Redis is waited for.

    Args:
        store: the lanes.
        on_settled: called with each written batch.
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
        self._queue: asyncio.Queue[tuple[Settlement, asyncio.Future[bool]]] = asyncio.Queue()

    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Write one outcome; False where the claim was no longer this worker's."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((Settlement(claim, outcome), done))
        return await done

    async def run(self) -> None:
        """Write what is queued, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            settlements = [settlement for settlement, _ in batch]
            begun = time.perf_counter()
            written = await self._write(settlements)
            self._meters.settled(len(batch), time.perf_counter() - begun)
            for (settlement, done), ours in zip(batch, written, strict=True):
                if not ours:
                    _log.warning("claim_lost", question=settlement.claim.id)
                if not done.done():
                    done.set_result(ours)
            self._on_settled(settlements)

    async def _write(self, settlements: Sequence[Settlement]) -> list[bool]:
        # The scripts are fenced, so a batch whose reply was lost may be sent again: what it
        # already ended answers 0, which reads as a lost claim and harms nothing.
        written: dict[int, bool] = {}
        refusals = 0
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            before_sleep=lambda state: _log.warning(
                "settle_retried", attempt=state.attempt_number, waiting=len(settlements)
            ),
        ):
            with attempt:
                left = [n for n in range(len(settlements)) if n not in written]
                replies = await self._store.settle([settlements[n] for n in left])
                refused = None
                for number, reply in zip(left, replies, strict=True):
                    if isinstance(reply, RedisError):
                        refused = reply
                    else:
                        written[number] = reply
                refusals += refused is not None
                if refused is not None and refusals < _REFUSALS:
                    raise refused  # a full disk, a failover: it passes
        return [written.get(number, False) for number in range(len(settlements))]
